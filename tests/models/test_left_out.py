"""Weights that a config has no place for: without them the model that is loaded is not the one that was saved."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.other_contents import SINGLE_FILE
from tests.models.broken_models import change_config, change_weights
from tests.models.tiny_models import saved_model, with_tokenizer

_BIASES = {"attention_bias": "self_attn.k_proj.bias", "mlp_bias": "mlp.down_proj.bias"}


def _folder(path, name="llama", **weights):
    folder = with_tokenizer(saved_model(name, path))
    change_weights(folder, lambda stored: stored.update(weights))
    return folder


@pytest.mark.parametrize("key", _BIASES)
def test_biases_that_the_config_denies_are_named(key, tmp_path):
    name = f"model.layers.1.{_BIASES[key]}"
    folder = _folder(tmp_path, **{name: torch.ones(32)})
    change_config(folder, **{key: False})
    with pytest.raises(CheckpointError, match=f"got none for `{name}`"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        ("llama", "model.layers.0.self_attn.q_norm.weight"),
        ("gpt2", "transformer.h.2.attn.q_norm.weight"),
        ("bert", "bert.encoder.layer.1.attention.self.distance_embedding.weight"),
    ],
)
def test_weights_of_another_architecture_in_a_layer_are_named(name, weight, tmp_path):
    folder = _folder(tmp_path, name, **{weight: torch.ones(8)})
    with pytest.raises(CheckpointError, match=f"got none for `{weight}`"):
        load_model(str(folder), "cpu")


def test_behind_a_wrapper_they_are_named_too(tmp_path):
    folder = _folder(tmp_path, **{"model.layers.0.self_attn.q_proj.bias": torch.ones(32)})
    names = load_file(folder / SINGLE_FILE)
    change_weights(folder, lambda stored: [stored.update({f"module.{name}": stored.pop(name)}) for name in names])
    with pytest.raises(CheckpointError, match="a place for every weight of the layers"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize(
    "name", ["model.layers.0.self_attn.rotary_emb.inv_freq", "model.layers.0.self_attn.rotary_emb.cos_cached", "head.w"]
)
def test_buffers_and_what_lies_outside_the_layers_may_be_left_out(name, tmp_path):
    load_model(str(_folder(tmp_path, **{name: torch.ones(4)})), "cpu")


def test_a_config_of_fewer_layers_is_refused_before_anything_is_loaded(tmp_path):
    folder = _folder(tmp_path)
    change_config(folder, num_hidden_layers=2)
    with pytest.raises(CheckpointError, match="Expected the tensors of 2 layers"):
        open_checkpoint(str(folder))
