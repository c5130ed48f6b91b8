from __future__ import annotations

import pytest

from tensorllm_core.models.headers import TensorEntry
from tensorllm_core.models.parameter_counts import KINDS, parameter_counts


def counts(name, shape, attention=(), blocks="model.layers."):
    return parameter_counts([TensorEntry(name, "F32", shape, "model.safetensors", 0, 0)], attention, blocks)


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("model.embed_tokens.weight", (10, 4), "embeddings"),
        ("lm_head.weight", (10, 4), "embeddings"),
        ("transformer.wte.weight", (10, 4), "embeddings"),
        ("transformer.wpe.weight", (10, 4), "embeddings"),
        ("bert.embeddings.word_embeddings.weight", (10, 4), "embeddings"),
        ("bert.embeddings.LayerNorm.weight", (4,), "norms and biases"),
        ("cls.predictions.transform.dense.weight", (4, 4), "other"),
        ("cls.predictions.decoder.weight", (10, 4), "embeddings"),
        ("lm_head.dense.weight", (4, 4), "other"),
        ("lm_head.decoder.weight", (10, 4), "embeddings"),
        ("bert.pooler.dense.weight", (4, 4), "other"),
        ("model.layers.0.mlp.up_proj.weight", (8, 4), "feed-forward"),
        ("model.layers.0.self_attn.q_proj.weight", (4, 4), "attention"),
        ("model.layers.0.self_attn.q_proj.bias", (4,), "norms and biases"),
    ],
)
def test_each_tensor_is_counted_by_what_it_does(name, shape, kind):
    by_kind = counts(name, shape, attention={"model.layers.0.self_attn.q_proj.weight"})
    assert tuple(by_kind) == KINDS
    assert {which for which, count in by_kind.items() if count} == {kind}


@pytest.mark.parametrize(
    "name",
    [
        "transformer.h.0.attn.bias",
        "h.0.attn.masked_bias",
        "model.layers.0.self_attn.rotary_emb.inv_freq",
        "bert.embeddings.position_ids",
    ],
)
def test_buffers_that_were_never_trained_are_not_counted(name):
    assert sum(counts(name, (1, 1, 8, 8)).values()) == 0
