"""The device is part of what a decomposition is remembered by, and a full one hands over to the CPU."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pages.session.scene import Scene
from pages.shared import analysis as analyses
from pages.shared.analysis import analyse, analysis_key
from pages.shared.reasoning import make_plan, model_key
from tensorllm_core.models.checkpoint import open_checkpoint
from tests.models.tiny_models import saved_model

SCENE = Scene(model="demo-decoder", layer=2)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def test_a_choice_of_device_is_never_answered_from_the_cache_of_another(two_gpus) -> None:
    checkpoint = open_checkpoint(SCENE.model)
    devices = ("cpu", "cuda:0", "cuda:1")
    scenes = [replace(SCENE, device=device) for device in devices]
    assert len({analysis_key(scene, checkpoint) for scene in scenes}) == 3
    assert len({make_plan(scene, checkpoint, None).key for scene in scenes}) == 3
    assert len({model_key(scene, checkpoint.revision) for scene in scenes}) == 3
    assert analysis_key(replace(SCENE, device="auto"), checkpoint) == analysis_key(scenes[1], checkpoint)


def test_another_type_of_weights_is_another_run_but_the_same_decomposition() -> None:
    checkpoint = open_checkpoint(SCENE.model)
    half = replace(SCENE, dtype="bfloat16")
    assert analysis_key(half, checkpoint) == analysis_key(SCENE, checkpoint)
    assert make_plan(half, checkpoint, None).key != make_plan(SCENE, checkpoint, None).key


def test_a_layer_that_does_not_fit_on_the_gpu_is_decomposed_on_the_cpu_and_says_so(monkeypatch, two_gpus) -> None:
    read, notices = analyses.read_attention, []

    def full(checkpoint, layer, device):
        if torch.device(device).type == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return read(checkpoint, layer, device)

    monkeypatch.setattr(analyses, "read_attention", full)
    monkeypatch.setattr(analyses, "bounded_cache", analyses.bounded_cache.__wrapped__)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(analyses.state, "notify", notices.extend)
    scene = replace(SCENE, device="cuda:1")
    found = analyse(scene, open_checkpoint(SCENE.model), lambda share, message: True)
    assert found.full_device == "cuda:1"
    assert found.tensor.data.device.type == "cpu"
    analyses.in_order(scene, found)
    assert notices == ["The memory of `cuda:1` did not suffice for this layer: the CPU decomposed it."]


@pytest.mark.parametrize("name", ["llama-grouped-wide", "falcon-multi-query", "phi3", "albert"])
def test_any_folder_is_explored_groups_and_all(name, tmp_path) -> None:
    """Other explorers take models from a list in their config, and cut grouped attention wrongly or not at all."""
    checkpoint = open_checkpoint(str(saved_model(name, tmp_path)))
    found = analyse(Scene(model=str(tmp_path), layer=1), checkpoint, lambda share, message: True)
    assert found.shape.group == checkpoint.groups
    assert found.shape.entries == checkpoint.sizes.entries
    assert found.unit == ("head" if checkpoint.groups == checkpoint.heads else "group")
