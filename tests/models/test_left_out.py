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
        ("llama", "model.norm.bias"),
        ("llama", "lm_head.bias"),
        ("mistral", "model.embed_tokens.bias"),
        ("gpt2", "lm_head.bias"),
    ],
)
def test_weights_of_another_architecture_are_named(name, weight, tmp_path):
    folder = _folder(tmp_path, name, **{weight: torch.ones(8)})
    with pytest.raises(CheckpointError, match=f"got none for `{weight}`"):
        load_model(str(folder), "cpu")


def test_behind_a_wrapper_they_are_named_too(tmp_path):
    folder = _folder(tmp_path, **{"model.layers.0.self_attn.q_proj.bias": torch.ones(32)})
    names = load_file(folder / SINGLE_FILE)
    change_weights(folder, lambda stored: [stored.update({f"module.{name}": stored.pop(name)}) for name in names])
    with pytest.raises(CheckpointError, match="a place for every weight of the model"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("llama", "model.layers.0.self_attn.rotary_emb.inv_freq"),
        ("llama", "model.layers.0.self_attn.rotary_emb.cos_cached"),
        ("llama", "head.w"),
        ("llama", "v_head.summary.weight"),
        ("bert", "bert.embeddings.position_ids"),
        ("bert", "bert.pooler.dense.weight"),
        ("bert", "cls.seq_relationship.weight"),
        ("gpt2", "transformer.h.0.attn.bias"),
    ],
)
def test_buffers_and_parts_that_answers_do_not_need_may_be_left_out(model, name, tmp_path):
    load_model(str(_folder(tmp_path, model, **{name: torch.ones(4)})), "cpu")


@pytest.mark.parametrize(
    ("model", "prefix", "path"),
    [
        ("llama", "model.", "layers.1.self_attn.q_proj.weight"),
        ("llama", "model.", "layers.2.mlp.down_proj.weight"),
        ("gpt2", "transformer.", "h.1.attn.c_attn.weight"),
        ("bert", "bert.", "encoder.layer.1.attention.self.key.weight"),
    ],
)
def test_a_weight_under_two_names_is_refused(model, prefix, path, tmp_path):
    folder = with_tokenizer(saved_model(model, tmp_path))
    change_weights(folder, lambda stored: stored.update({path: stored[prefix + path] + 1}))
    with pytest.raises(CheckpointError, match=f"got `{path}` and `{prefix}{path}`"):
        open_checkpoint(str(folder))


def test_a_config_of_fewer_layers_is_refused_before_anything_is_loaded(tmp_path):
    folder = _folder(tmp_path)
    change_config(folder, num_hidden_layers=2)
    with pytest.raises(CheckpointError, match="Expected the tensors of 2 layers"):
        open_checkpoint(str(folder))
