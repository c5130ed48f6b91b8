"""Loaded models are shared, few, told apart by device and type, and unloaded when somebody says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn

from pages.work.loaded_models import ModelKey, Shelf
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.loaded_model import LoadedModel

KEY = ModelKey("demo-decoder", "abc", "cpu", "float32")


def loaded(entries: int = 10) -> LoadedModel:
    model = nn.Module()
    model.weight = nn.Parameter(torch.zeros(entries))
    return LoadedModel(model, None, open_checkpoint("demo-decoder"))


def test_a_model_is_loaded_once() -> None:
    shelf, first = Shelf(), loaded()
    assert shelf.get(KEY, lambda: first) is first
    assert shelf.get(KEY, loaded) is first
    assert shelf.holds(KEY)


def test_another_device_type_or_revision_is_another_model() -> None:
    shelf = Shelf()
    others = [KEY, replace(KEY, device="cuda:1"), replace(KEY, dtype="bfloat16"), replace(KEY, revision="def")]
    found = [shelf.get(key, loaded) for key in others]
    assert len({id(model) for model in found}) == len(others)
    assert [held.key for held in shelf.held()] == others


def test_two_who_ask_at_once_wait_for_one_loading() -> None:
    shelf, calls = Shelf(), []

    def load() -> LoadedModel:
        calls.append(1)
        return loaded()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shelf.get(KEY, load), range(4)))
    assert len(calls) == 1
    assert len({id(model) for model in found}) == 1


def test_the_oldest_leaves_before_one_too_many_is_loaded() -> None:
    shelf = Shelf(most=2)
    keys = [replace(KEY, revision=str(number)) for number in range(3)]
    held_while_loading = []
    for key in keys:
        shelf.get(key, lambda: held_while_loading.append(len(shelf.held())) or loaded())
    assert held_while_loading == [0, 1, 1]
    assert [shelf.holds(key) for key in keys] == [False, True, True]


def test_an_unloaded_model_is_gone_and_can_come_back() -> None:
    shelf = Shelf()
    shelf.get(KEY, lambda: loaded(1000))
    assert shelf.held()[0].nbytes == 4000
    shelf.unload(KEY)
    shelf.unload(KEY)
    assert shelf.held() == ()
    assert shelf.get(KEY, loaded) is not None


def test_a_loading_that_fails_holds_nothing_and_can_be_tried_again() -> None:
    shelf = Shelf()
    with pytest.raises(ZeroDivisionError):
        shelf.get(KEY, lambda: 1 / 0)
    assert not shelf.holds(KEY)
    assert shelf.get(KEY, loaded) is not None
