"""Passes that start at a layer give the same logits, bit by bit, and leave the model as it was."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import blocks_of, recording, resumed
from tests.models.tiny_models import LAYERS, TINY, logits, saved_model, tiny_model


@pytest.fixture(params=[name for name, tiny in TINY.items() if not tiny.shares_layers])
def loaded(request, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(request.param, tmp_path)))
    return LoadedModel(tiny_model(request.param), None, checkpoint)


@pytest.mark.parametrize("layer", range(1, LAYERS))
def test_resumed_passes_are_bit_identical(loaded, layer):
    blocks = blocks_of(loaded)
    assert len(blocks) == LAYERS
    with recording(blocks, layer) as inputs:
        expected = logits(loaded.model)
    (layer_input,) = inputs
    for block in blocks[:layer]:
        # The layers below must not run: if one did, these weights would show.
        for parameter in block.parameters():
            parameter.data.fill_(float("nan"))
    with resumed(blocks, layer, layer_input):
        assert torch.equal(logits(loaded.model), expected)


def test_resumed_passes_see_an_edit_above(loaded):
    blocks = blocks_of(loaded)
    edit = Edit(removed=frozenset({LAYERS - 1}))
    with recording(blocks, LAYERS - 1) as inputs:
        before = logits(loaded.model)
    with edited(loaded, edit):
        expected = logits(loaded.model)
        with resumed(blocks, LAYERS - 1, inputs[0]):
            assert torch.equal(logits(loaded.model), expected)
    assert not torch.equal(before, expected)


def test_everything_is_taken_out_again_also_after_an_error(loaded):
    blocks = blocks_of(loaded)
    with recording(blocks, 1) as inputs:
        expected = logits(loaded.model)
    with pytest.raises(KeyboardInterrupt), resumed(blocks, 1, inputs[0]), recording(blocks, 2):
        raise KeyboardInterrupt
    assert not any("forward" in vars(block) or block._forward_hooks for block in blocks)
    assert torch.equal(logits(loaded.model), expected)
    assert len(inputs) == 1
