"""Whatever transformers finds wrong is one sentence; names that a wrapper left behind load as the model inside it."""

from __future__ import annotations

import json
import re

import pytest
import torch
import transformers

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.from_pretrained import reason
from tensorllm_core.models.loaded_model import load_model
from tests.models.broken_models import change_config, change_weights
from tests.models.tiny_models import logits, saved_model, tiny_model, with_tokenizer


@pytest.fixture
def folder(tmp_path):
    return with_tokenizer(saved_model("llama", tmp_path / "model"))


def refusal(folder):
    """The message with which the folder is refused; empty where it loads, as the model that was saved there."""
    try:
        loaded = load_model(str(folder), "cpu")
    except CheckpointError as error:
        return str(error)
    torch.testing.assert_close(logits(loaded.model), logits(tiny_model("llama")))
    return ""


ROPE = {"rope_parameters": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_act": "my_gelu"},
        {"hidden_act": None},
        {"hidden_act": 3},
        ROPE | {"rope_scaling": {"type": "su", "short_factor": [1.0] * 4, "long_factor": [1.0] * 4}},
        ROPE | {"rope_scaling": {"type": "yarn9", "factor": 2.0}},
        ROPE | {"rope_scaling": {"rope_type": "linear"}},
        ROPE | {"rope_scaling": {"rope_type": "linear", "factor": "2"}},
        ROPE
        | {
            "rope_scaling": {
                "rope_type": "longrope",
                "short_factor": [1.0, 1.0],
                "long_factor": [1.0, 1.0],
                "factor": 2.0,
            }
        },
        ROPE | {"rope_scaling": "linear"},
        {"rope_parameters": {"rope_type": "default", "rope_theta": "10000"}},
        {"_attn_implementation": "flash_attention_2"},
        {"_attn_implementation": "no_such_attention"},
        {"rms_norm_eps": "1e-6"},
        {"max_position_embeddings": None},
        {"dtype": "bfloat17"},
        {"torch_dtype": "int4"},
        {"pad_token_id": 4096},
        {"vocab_size": -1},
        {"vocab_size": 49},
        {"intermediate_size": "48"},
        {"intermediate_size": 7},
        {"num_key_value_heads": 4.0},
        {"tie_word_embeddings": "yes"},
        {"attention_bias": [1]},
        {"layer_types": ["full_attention"]},
        {"id2label": 3},
    ],
    ids=str,
)
def test_a_config_that_transformers_refuses_is_one_sentence_or_loads_as_the_model_that_it_is(folder, changes):
    change_config(folder, **changes)
    message = refusal(folder)
    assert re.fullmatch("Expected [^\n]*", message) or not message


@pytest.mark.parametrize("changes", [{"hidden_act": "my_gelu"}, {"rms_norm_eps": "1e-6"}, {"dtype": "bfloat17"}])
def test_the_sentence_says_why_and_what_to_correct(folder, changes):
    change_config(folder, **changes)
    value = re.escape(str(next(iter(changes.values()))))
    with pytest.raises(CheckpointError, match=rf"{value}.*correct its config\.json"):
        load_model(str(folder), "cpu")


def test_labels_without_end_are_refused_before_they_fill_the_memory(folder):
    change_config(folder, num_labels=10**9)
    with pytest.raises(CheckpointError, match="1,000,000 for `num_labels`"):
        load_model(str(folder), "cpu")


def _tokenizer(**changes):
    def spoil(folder):
        path = folder / "tokenizer.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        _tokenizer(pre_tokenizer={"type": "FutureSplit"}),
        _tokenizer(model={"type": "BPE"}),
        _tokenizer(normalizer=3),
        lambda folder: (folder / "tokenizer.json").write_text("{"),
        lambda folder: (folder / "tokenizer.json").write_text(""),
        lambda folder: (folder / "tokenizer.json").write_bytes(b"\xff\xfe\x00"),
        lambda folder: (folder / "tokenizer_config.json").write_text("[]"),
        lambda folder: (folder / "tokenizer_config.json").write_text("{"),
        lambda folder: (folder / "tokenizer.json").unlink(),
    ],
    ids=range(9),
)
def test_a_tokenizer_that_transformers_refuses_is_one_sentence(folder, spoil):
    spoil(folder)
    with pytest.raises(CheckpointError, match=r"^Expected a tokenizer in \S+ that opens, got .*; copy or download"):
        load_model(str(folder), "cpu")


def test_a_model_that_cannot_run_is_refused_when_it_is_loaded(folder, monkeypatch):
    def fail(*_arguments, **_options):
        raise IndexError("index out of range in self")

    monkeypatch.setattr(transformers.LlamaForCausalLM, "forward", fail)
    with pytest.raises(CheckpointError, match=r"that runs, got one that transformers refuses .index out of range"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory"), KeyboardInterrupt(), SystemExit()]
)
def test_full_memory_and_an_interrupt_are_not_the_files_fault(folder, monkeypatch, error):
    def fail(*_arguments, **_options):
        raise error

    monkeypatch.setattr(transformers.LlamaForCausalLM, "from_pretrained", fail)
    with pytest.raises(type(error)):
        load_model(str(folder), "cpu")


def rename(folder, old, new):
    def change(weights):
        for name in list(weights):
            if name.startswith(old):
                weights[new + name.removeprefix(old)] = weights.pop(name)

    change_weights(folder, change)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "_orig_mod."),
        ("", "module."),
        ("", "base_model.model."),
        ("", "module._orig_mod."),
        ("", "language_model."),
        ("", "state.dict[0]."),
        ("model.", "model.language_model."),
        ("model.", "transformer."),
        ("model.", ""),
    ],
)
def test_a_wrapper_around_the_names_changes_no_logit(folder, old, new):
    rename(folder, old, new)
    torch.testing.assert_close(logits(load_model(str(folder), "cpu").model), logits(tiny_model("llama")))


@pytest.mark.parametrize("name", ["gpt2", "bert", "opt", "falcon-grouped", "albert"])
def test_a_wrapper_around_another_family_changes_no_logit(tmp_path, name):
    folder = with_tokenizer(saved_model(name, tmp_path))
    rename(folder, "", "_orig_mod.module.")
    torch.testing.assert_close(logits(load_model(str(folder), "cpu").model), logits(tiny_model(name)))


def test_half_a_wrapped_model_is_refused(folder):
    rename(folder, "", "module.")
    change_weights(folder, lambda weights: weights.pop("module.model.layers.1.mlp.up_proj.weight"))
    with pytest.raises(CheckpointError, match=r"Expected the weight `model\.layers\.1\.mlp\.up_proj\.weight`"):
        load_model(str(folder), "cpu")


@pytest.mark.parametrize("endings", [(".lora_A.weight", ".lora_B.weight"), (".lora_A.default.weight",)])
def test_an_adapter_within_the_model_is_refused_rather_than_left_out(folder, endings):
    projection = "model.layers.1.self_attn.q_proj"
    change_weights(folder, lambda weights: weights.update({projection + end: torch.ones(2, 2) for end in endings}))
    with pytest.raises(CheckpointError, match=r"an adapter .LoRA. beside them .*merge_and_unload"):
        load_model(str(folder), "cpu")


def test_an_error_in_many_words_is_cut():
    assert reason(ValueError("word " * 1000)).endswith("...")
