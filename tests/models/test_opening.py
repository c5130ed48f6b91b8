from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from tensorllm_core.errors import CheckpointError, RequestError, UnknownArchitectureError
from tensorllm_core.models.headers import SINGLE_FILE
from tensorllm_core.models.opening import load_model
from tests.models.tiny_models import TINY, VOCABULARY, logits, saved_model, tiny_model


def with_tokenizer(folder):
    words = Tokenizer(WordLevel({f"w{number}": number for number in range(VOCABULARY)}, unk_token="w0"))
    PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0").save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", TINY)
def test_a_loaded_model_gives_the_logits_of_the_saved_one(name, tmp_path):
    loaded = load_model(str(with_tokenizer(saved_model(name, tmp_path))), device="cpu")
    assert not loaded.model.training
    assert loaded.checkpoint.model_type == TINY[name].model_type
    torch.testing.assert_close(logits(loaded.model), logits(tiny_model(name)))


def test_the_tokenizer_is_the_saved_one(tmp_path):
    loaded = load_model(str(with_tokenizer(saved_model("llama", tmp_path))), device="cpu")
    assert loaded.tokenizer("w7")["input_ids"] == [7]


def test_the_dtype_is_the_one_asked_for(tmp_path):
    folder = with_tokenizer(saved_model("gpt2", tmp_path))
    assert load_model(str(folder), "cpu", torch.bfloat16).model.dtype is torch.bfloat16


def test_a_folder_without_tokenizer_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="Expected a tokenizer"):
        load_model(str(saved_model("llama", tmp_path)), "cpu")


def test_a_checkpoint_without_its_output_layer_is_refused_rather_than_filled_with_noise(tmp_path):
    tiny_model("bert").base_model.save_pretrained(with_tokenizer(tmp_path))
    with pytest.raises(CheckpointError, match=r"Expected the weight `cls\."):
        load_model(str(tmp_path), "cpu")


def test_weights_that_do_not_fit_the_config_are_refused(tmp_path):
    folder = with_tokenizer(saved_model("llama", tmp_path))
    weights = load_file(folder / SINGLE_FILE)
    weights["model.norm.weight"] = torch.ones(7)
    save_file(weights, folder / SINGLE_FILE, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="transformers refuses"):
        load_model(str(folder), "cpu")


def test_code_that_comes_with_a_model_never_runs(tmp_path):
    folder = with_tokenizer(saved_model("llama", tmp_path))
    config = (folder / "config.json").read_text()
    mapped = '{"auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"},'
    (folder / "config.json").write_text(config.replace("{", mapped, 1))
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    assert load_model(str(folder), "cpu").model.__class__.__name__ == "LlamaForCausalLM"


def test_the_device_and_the_architecture_are_checked_before_anything_is_loaded(tmp_path):
    folder = saved_model("llama", tmp_path)
    with pytest.raises(RequestError, match="`tpu`"):
        load_model(str(folder), device="tpu")
    (folder / "config.json").write_text('{"model_type": "mamba"}')
    with pytest.raises(UnknownArchitectureError):
        load_model(str(folder))


def test_exploring_a_checkpoint_imports_neither_transformers_nor_the_hub_client():
    program = (
        "import sys; from tensorllm_core.__main__ import main; main(['inspect', '--model', 'demo-decoder', '--json']); "
        "import tensorllm_core.models.opening, tensorllm_core.models.editing; "
        "print(sorted({'transformers', 'huggingface_hub', 'safetensors', 'pandas', 'tensorly'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "[]"
