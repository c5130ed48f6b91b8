"""Settings of a GGUF file that transformers does not read are said; those that it reads, and usual ones, are not."""

from __future__ import annotations

import pytest
from transformers import AutoConfig

from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.gguf_header import GgufHeader, GgufTensor
from tensorllm_core.models.gguf_settings import unread_settings
from tests.models.gguf_models import TINY_GGUF, write_gguf

UNREAD = [
    ("llama", {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}, "scaled rotary positions"),
    ("llama", {"rope.scaling.factor": 4.0}, "scaled rotary positions"),
    ("qwen2", {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0}, "scaled rotary positions"),
    ("gemma3", {"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}, "scaled rotary positions"),
    ("starcoder2", {"rope.freq_base": 999999.4375}, "another base of its rotary positions"),
    ("stablelm", {"rope.freq_base": 500000.0}, "another base of its rotary positions"),
    ("stablelm", {"rope.dimension_count": 8}, "rotary positions in another part of each head"),
    ("stablelm", {"use_parallel_residual": True}, "attention and feed-forward side by side"),
    ("phi3", {"rope.dimension_count": 12}, "rotary positions in another part of each head"),
    ("phi3", {"attention.sliding_window": 8}, "a window of 8 tokens"),
    ("gemma2", {"attn_logit_softcapping": 20.0}, "other caps of its scores"),
    ("gemma3", {"final_logit_softcapping": 30.0}, "caps of its scores"),
    ("gemma3", {"attention.sliding_window_pattern": 2}, "windows in other layers"),
    ("gemma3", {"rope.freq_base_swa": 500.0}, "another base of its rotary positions"),
    ("qwen2", {"rope.dimension_count": 8}, "rotary positions in another part of each head"),
    ("qwen2", {"attention.sliding_window": 4}, "a window of 4 tokens"),
    ("qwen3", {"attention.causal": False}, "attention that sees what follows"),
    ("falcon", {"attention.layer_norm_epsilon": 0.5}, "another epsilon of its norms"),
    ("llama", {"attention.scale": 0.5}, "another scale of its attention scores"),
    ("llama", {"attention.clamp_kqv": 8.0}, "queries, keys and values within bounds"),
    ("llama", {"logit_scale": 0.5, "rope.scaling.attn_factor": 1.0}, "another scale of its scores"),
    ("bloom", {"residual_scale": 0.5}, "another scale of its layers"),
    ("gpt2", {"embedding_scale": 2.0}, "another scale of its embeddings"),
    ("llama", {"rope.scaling.attn_factor": 2.0}, "scaled rotary positions"),
]
USUAL = [
    ("llama", {"rope.scaling.type": "none", "rope.scaling.factor": 4.0}),
    ("llama", {"rope.scaling.type": "linear", "rope.scaling.factor": 1.0}),
    ("llama", {"rope.freq_base": 500000.0}),
    ("llama", {"attention.scale": 0.0, "attention.causal": True, "attention.sliding_window": 40}),
    ("gemma3", {"rope.freq_base_swa": 10000.0, "attention.sliding_window_pattern": 6}),
    ("qwen3", {"attention.key_length": 128, "rope.dimension_count": 128}),
    ("qwen2", {"rope.freq_base": 1000000.0}),
    ("starcoder2", {"rope.freq_base": 10000.0}),
    ("stablelm", {"rope.dimension_count": 4, "use_parallel_residual": False}),
    ("phi3", {"rope.dimension_count": 16, "attention.sliding_window": 40}),
    ("gemma2", {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "attention.sliding_window": 8}),
]


def keyed(name, settings):
    return {f"{name}.{key}": value for key, value in settings.items()}


def config(path):
    read = AutoConfig.from_pretrained(path.parent, gguf_file=path.name).to_dict()
    return {key: value for key, value in read.items() if key != "_name_or_path"}


@pytest.mark.parametrize(("name", "settings", "said"), UNREAD)
def test_what_transformers_does_not_read_is_said(name, settings, said, tmp_path):
    for folder in ("with", "without"):
        (tmp_path / folder).mkdir()
    path = write_gguf(tmp_path / "with" / "model.gguf", name, **keyed(name, settings))
    plain = write_gguf(tmp_path / "without" / "model.gguf", name)
    assert config(path) == config(plain), "transformers reads it: say it no longer"
    (sentence,) = open_checkpoint(str(path)).notices
    assert sentence == (
        f"This file asks for {said}, which transformers does not read from GGUF: its answers may differ from those of "
        "other programs."
    )


@pytest.mark.parametrize(("name", "settings"), USUAL)
def test_usual_settings_are_no_news(name, settings, tmp_path):
    assert open_checkpoint(str(write_gguf(tmp_path / "model.gguf", name, **keyed(name, settings)))).notices == ()


@pytest.mark.parametrize("name", TINY_GGUF)
def test_no_notice_for_a_plain_file(name, tmp_path):
    assert open_checkpoint(str(write_gguf(tmp_path / "model.gguf", name))).notices == ()


@pytest.mark.parametrize("tensor", ["rope_freqs.weight", "rope_factors_long.weight"])
def test_factors_in_a_tensor_are_said(tensor):
    header = GgufHeader({"general.architecture": "llama"}, (GgufTensor(tensor, "F32", (4,), 0, 16),))
    assert unread_settings(header) == ("scaled rotary positions",)


@pytest.mark.parametrize(("name", "layers"), [("gemma2", 46), ("gemma3", 62)])
def test_the_largest_gemma_models_scale_their_scores_otherwise(name, layers):
    def said(count):
        return unread_settings(GgufHeader({"general.architecture": name, f"{name}.block_count": count}, ()))

    assert said(layers) == ("another scale of its attention scores",)
    assert said(layers - 1) == ()


@pytest.mark.parametrize("odd", ["x", -1, 0, [1], [], 2.5, True, 10**30])
@pytest.mark.parametrize("name", TINY_GGUF)
def test_odd_values_are_no_traceback(name, odd):
    keys = [
        *("rope.scaling.type", "rope.scaling.factor", "rope.scale_linear", "rope.freq_base", "rope.dimension_count"),
        *("embedding_length", "attention.head_count", "attention.sliding_window", "context_length", "block_count"),
        *("use_parallel_residual", "attn_logit_softcapping", "attention.key_length", "attention.scale"),
    ]
    metadata = {"general.architecture": name} | {f"{name}.{key}": odd for key in keys}
    assert all(len(said) < 80 for said in unread_settings(GgufHeader(metadata, ())))
