"""Loaded models: shared, bounded in number, different for each device and type, unloaded on request."""

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

PLAN = ModelPlan("demo-decoder", "abc", "cpu", "float32")


def loaded(entries: int = 10) -> LoadedModel:
    model = nn.Module()
    model.weight = nn.Parameter(torch.zeros(entries))
    return LoadedModel(model, None, open_checkpoint("demo-decoder"))


def test_a_model_is_loaded_once() -> None:
    models, first = LoadedModels(), loaded()
    assert models.get(PLAN, lambda: first) is first
    assert models.get(PLAN, loaded) is first
    assert models.holds(PLAN)


def test_another_device_type_or_revision_is_another_model() -> None:
    models = LoadedModels()
    others = [PLAN, replace(PLAN, device="cuda:1"), replace(PLAN, dtype="bfloat16"), replace(PLAN, revision="def")]
    loaded_models = [models.get(plan, loaded) for plan in others]
    assert len({id(model) for model in loaded_models}) == len(others)
    assert [entry.plan for entry in models.in_memory()] == others


def test_two_threads_that_ask_at_once_wait_for_one_loading() -> None:
    models, calls = LoadedModels(), []

    def load() -> LoadedModel:
        calls.append(1)
        return loaded()

    with ThreadPoolExecutor(4) as pool:
        loaded_models = list(pool.map(lambda _: models.get(PLAN, load), range(4)))
    assert len(calls) == 1
    assert len({id(model) for model in loaded_models}) == 1


def test_the_oldest_leaves_before_one_too_many_is_loaded() -> None:
    models = LoadedModels(most=2)
    plans = [replace(PLAN, revision=str(number)) for number in range(3)]
    counts = []
    for plan in plans:
        models.get(plan, lambda: counts.append(len(models.in_memory())) or loaded())
    assert counts == [0, 1, 1]
    assert [models.holds(plan) for plan in plans] == [False, True, True]


def test_an_unloaded_model_is_gone_and_can_come_back() -> None:
    models = LoadedModels()
    models.get(PLAN, lambda: loaded(1000))
    assert models.in_memory()[0].nbytes == 4000
    models.unload(PLAN)
    models.unload(PLAN)
    assert models.in_memory() == ()
    assert models.get(PLAN, loaded) is not None


def test_a_loading_that_fails_holds_nothing_and_can_be_tried_again() -> None:
    models = LoadedModels()
    with pytest.raises(ZeroDivisionError):
        models.get(PLAN, lambda: 1 / 0)
    assert not models.holds(PLAN)
    assert models.get(PLAN, loaded) is not None
