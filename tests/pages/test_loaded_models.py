"""Loaded models are shared, few, told apart by device and type, and unloaded when somebody says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn

from pages.work.loaded_models import LoadedModels
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.runs.plan import ModelPlan

KEY = ModelPlan("demo-decoder", "abc", "cpu", "float32")


def loaded(entries: int = 10) -> LoadedModel:
    model = nn.Module()
    model.weight = nn.Parameter(torch.zeros(entries))
    return LoadedModel(model, None, open_checkpoint("demo-decoder"))


def test_a_model_is_loaded_once() -> None:
    models, first = LoadedModels(), loaded()
    assert models.get(KEY, lambda: first) is first
    assert models.get(KEY, loaded) is first
    assert models.holds(KEY)


def test_another_device_type_or_revision_is_another_model() -> None:
    models = LoadedModels()
    others = [KEY, replace(KEY, device="cuda:1"), replace(KEY, dtype="bfloat16"), replace(KEY, revision="def")]
    loaded_models = [models.get(key, loaded) for key in others]
    assert len({id(model) for model in loaded_models}) == len(others)
    assert [held.key for held in models.held()] == others


def test_two_who_ask_at_once_wait_for_one_loading() -> None:
    models, calls = LoadedModels(), []

    def load() -> LoadedModel:
        calls.append(1)
        return loaded()

    with ThreadPoolExecutor(4) as pool:
        loaded_models = list(pool.map(lambda _: models.get(KEY, load), range(4)))
    assert len(calls) == 1
    assert len({id(model) for model in loaded_models}) == 1


def test_the_oldest_leaves_before_one_too_many_is_loaded() -> None:
    models = LoadedModels(most=2)
    keys = [replace(KEY, revision=str(number)) for number in range(3)]
    held_while_loading = []
    for key in keys:
        models.get(key, lambda: held_while_loading.append(len(models.held())) or loaded())
    assert held_while_loading == [0, 1, 1]
    assert [models.holds(key) for key in keys] == [False, True, True]


def test_an_unloaded_model_is_gone_and_can_come_back() -> None:
    models = LoadedModels()
    models.get(KEY, lambda: loaded(1000))
    assert models.held()[0].nbytes == 4000
    models.unload(KEY)
    models.unload(KEY)
    assert models.held() == ()
    assert models.get(KEY, loaded) is not None


def test_a_loading_that_fails_holds_nothing_and_can_be_tried_again() -> None:
    models = LoadedModels()
    with pytest.raises(ZeroDivisionError):
        models.get(KEY, lambda: 1 / 0)
    assert not models.holds(KEY)
    assert models.get(KEY, loaded) is not None
