"""The device is part of what a decomposition is known by, and a full one hands over to the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tensorllm_core.linalg.slices import slice_errors
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs import layer_decomposition
from tensorllm_core.runs.layer_analysis import (
    errors_of_slices,
    rank_result,
    refine_layer,
    tensor_shape,
)
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import plan_layer, plan_model
from tensorllm_core.types import Layout, Ranks
from tests.models.tiny_models import saved_model


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def test_a_choice_of_device_is_never_answered_from_the_cache_of_another(two_gpus) -> None:
    checkpoint = open_checkpoint("demo-decoder")
    devices = ("cpu", "cuda:0", "cuda:1")
    assert len({plan_layer(checkpoint, 2, device=device).key for device in devices}) == 3
    assert len({plan_model(checkpoint, device).key for device in devices}) == 3
    assert plan_layer(checkpoint, 2, device="auto") == plan_layer(checkpoint, 2, device="cuda:0")


def test_a_layer_that_does_not_fit_on_the_gpu_is_decomposed_on_the_cpu_and_says_so(monkeypatch, two_gpus) -> None:
    read = layer_decomposition.read_attention

    def full(checkpoint, layer, device):
        if torch.device(device).type == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return read(checkpoint, layer, device)

    monkeypatch.setattr(layer_decomposition, "read_attention", full)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    checkpoint = open_checkpoint("demo-decoder")
    analysis = analyse_layer(plan_layer(checkpoint, 2, device="cuda:1"), checkpoint)
    assert analysis.tensor.data.device.type == "cpu"
    assert analysis.notices == ("The memory of `cuda:1` did not suffice for this layer: the CPU decomposed it.",)


@pytest.mark.parametrize("name", ["llama-grouped-wide", "falcon-multi-query", "phi3", "albert"])
def test_any_folder_is_explored_groups_and_all(name, tmp_path) -> None:
    """Other explorers take models from a list in their config, and cut grouped attention wrongly or not at all."""
    checkpoint = open_checkpoint(str(saved_model(name, tmp_path)))
    analysis = analyse_layer(plan_layer(checkpoint, 1), checkpoint)
    assert analysis.shape.group == checkpoint.groups
    assert analysis.shape.entries == checkpoint.sizes.entries
    assert analysis.shape == tensor_shape(checkpoint)
    assert analysis.unit == ("head" if checkpoint.groups == checkpoint.heads else "group")


@pytest.mark.parametrize("layout", Layout)
def test_looked_up_errors_are_those_of_the_reconstruction_refined_or_not(layout) -> None:
    checkpoint, ranks = open_checkpoint("demo-encoder"), Ranks(20, 9, 3)
    analysis = analyse_layer(plan_layer(checkpoint, 3, layout), checkpoint)
    truncated = rank_result(analysis, ranks)
    refined = rank_result(analysis, ranks, refine_layer(analysis, ranks))
    assert truncated.lower <= refined.relative_error <= truncated.relative_error <= truncated.upper
    for result in (truncated, refined):
        direct = slice_errors(analysis.tensor.data, result.tucker)
        per_slice = errors_of_slices(analysis, result)
        np.testing.assert_allclose(per_slice.by_part_and_group(), direct.by_part_and_group(), atol=2e-6)
        energy = np.sqrt((direct.by_part_and_group() ** 2 * direct.energy).sum() / direct.energy.sum())
        assert result.relative_error == pytest.approx(energy, abs=2e-6)
