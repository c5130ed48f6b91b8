"""Whole models are loaded as they were saved; where the memory is too small, the message says what would fit."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file

from tensorllm_core.errors import CheckpointError, RequestError, UnknownArchitectureError
from tensorllm_core.models import loaded_model
from tensorllm_core.models.devices import SPREAD
from tensorllm_core.models.fit import Memory, check_fit, needed_bytes
from tensorllm_core.models.loaded_model import load_model, load_where_it_fits
from tensorllm_core.models.module_weights import read_module_attention
from tensorllm_core.models.other_contents import SINGLE_FILE
from tests.models.tiny_models import TINY, logits, saved_model, tiny_model, with_tokenizer

MODEL = "demo-decoder"


@pytest.mark.parametrize("name", TINY)
def test_a_loaded_model_gives_the_logits_of_the_saved_one(name, tmp_path):
    loaded = load_model(str(with_tokenizer(saved_model(name, tmp_path))), device="cpu")
    assert not loaded.model.training
    assert loaded.checkpoint.model_type == TINY[name].model_type
    torch.testing.assert_close(logits(loaded.model), logits(tiny_model(name)))


def test_the_tokenizer_is_the_saved_one(tmp_path):
    loaded = load_model(str(with_tokenizer(saved_model("llama", tmp_path))), device="cpu")
    assert loaded.tokenizer("w7")["input_ids"] == [7]


def test_the_dtype_is_the_given_one(tmp_path):
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
    with pytest.raises(CheckpointError, match=r"Expected `model\.norm\.weight` of shape \(32,\).*got \(7,\)"):
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
        "import tensorllm_core.models.loaded_model, tensorllm_core.models.edit; "
        "print(sorted({'transformers', 'huggingface_hub', 'safetensors', 'pandas', 'tensorly'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "[]"


def full(*_arguments):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")


def test_a_model_is_loaded_in_the_given_type():
    loaded = load_where_it_fits(MODEL, "cpu", "bfloat16")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}


def test_a_model_that_is_divided_over_all_devices_gives_the_same_logits():
    on_cpu, divided = (load_where_it_fits(MODEL, device) for device in ("cpu", SPREAD))
    tokens = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        # Where one device has room for all of it, accelerate leaves the tokens where they are.
        logits_when_divided = divided.model(tokens.to(divided.model.device)).logits.cpu()
        torch.testing.assert_close(logits_when_divided, on_cpu.model(tokens).logits, rtol=1e-4, atol=1e-4)
    assert read_module_attention(divided.model, divided.checkpoint.family, 0).q.shape == (128, 16, 8)


def test_weights_that_were_put_aside_are_not_edited():
    loaded = load_where_it_fits(MODEL, "cpu")
    with pytest.raises(RequestError, match="layer 1 on a device, got weights that were moved off it"):
        read_module_attention(loaded.model.to("meta"), loaded.checkpoint.family, 1)


def test_the_next_smaller_option_is_offered_when_memory_runs_out(monkeypatch):
    releases = []
    monkeypatch.setattr(loaded_model, "release_memory", lambda: releases.append(1))
    no_gpu = [Memory("cpu", 2**40, 2**39)]
    monkeypatch.setattr(loaded_model, "check_fit", lambda checkpoint: check_fit(checkpoint, no_gpu))
    message = r"^Expected memory of 203 MiB .* choose bfloat16 on cpu, which needs"
    with pytest.raises(RequestError, match=message) as refused:
        load_where_it_fits(MODEL, "cpu", "float32", load=full)
    assert releases == [1]
    assert refused.value.__context__ is None


def test_without_anything_smaller_the_layers_can_still_be_explored(monkeypatch):
    def nearly_nothing(checkpoint):
        return check_fit(checkpoint, [Memory("cpu", 2**30, needed_bytes(checkpoint.parameters, "bfloat16") - 1)])

    monkeypatch.setattr(loaded_model, "check_fit", nearly_nothing)
    with pytest.raises(RequestError, match="explore its layers without loading it"):
        load_where_it_fits(MODEL, "cpu", "float32", load=full)


def test_other_errors_are_not_taken_for_full_memory():
    def bug(*_arguments):
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        load_where_it_fits(MODEL, "cpu", "float32", load=bug)


def test_an_unknown_type_is_refused():
    with pytest.raises(RequestError, match="float32, bfloat16, float16, got `int3`"):
        load_where_it_fits(MODEL, "cpu", "int3")
