"""Whether a model fits, against memories of any size that a test needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.devices import SPREAD
from tensorllm_core.models.fit import Memory, Option, bytes_text, check_fit, device_memories, fit_text, needed_bytes
from tests.models.gguf_models import tiny_model as gguf_model
from tests.models.gguf_models import write_gguf
from tests.models.tiny_models import saved_model, tiny_model

GIB = 2**30


@pytest.fixture
def checkpoint():
    return open_checkpoint("demo-decoder")


def gpu_and_main(gpu: int | None, main: int, second: int | None = None) -> list[Memory]:
    gpus = [Memory(f"cuda:{number}", 80 * GIB, free) for number, free in enumerate((gpu, second)) if free is not None]
    return [*gpus, Memory("cpu", 64 * GIB, main)]


def test_the_header_says_what_a_model_holds(tmp_path):
    folder = saved_model("llama", tmp_path)
    fit = check_fit(open_checkpoint(str(folder)))
    model = tiny_model("llama")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert fit.parameters == parameters
    assert fit.bytes_by_dtype == {"F32": 4 * parameters}
    assert fit.attention_share == pytest.approx(3 * 4 * 32 * 32 / parameters)


def test_room_for_one_batch_counts(checkpoint):
    assert needed_bytes(checkpoint.parameters, "float32") > 4 * checkpoint.parameters
    assert needed_bytes(10**10, "float16") == 22 * 10**9


def test_a_gpu_with_room_comes_first_then_the_cpu(checkpoint):
    fit = check_fit(checkpoint, gpu_and_main(gpu=GIB, main=GIB))
    assert (fit.best.device, fit.best.dtype) == ("cuda:0", "float32")
    fit = check_fit(checkpoint, gpu_and_main(gpu=1000, main=GIB))
    assert (fit.best.device, fit.best.dtype) == ("cpu", "float32")
    assert fit_text(fit, fit.option("cuda:0", "float32")).endswith("choose float32 on cpu.")


def test_half_precision_is_proposed_where_only_that_fits(checkpoint):
    half, full = (needed_bytes(10**9, dtype) for dtype in ("bfloat16", "float32"))
    middle = (half + full) // 2
    fit = check_fit(_of_size(checkpoint, 10**9), gpu_and_main(gpu=None, main=middle))
    assert (fit.best.device, fit.best.dtype) == ("cpu", "bfloat16")
    assert fit.smaller_than(fit.option("cpu", "float32")) == fit.best


def test_several_devices_together_are_proposed_when_none_has_room_alone(checkpoint):
    need = needed_bytes(10**9, "bfloat16")
    fit = check_fit(_of_size(checkpoint, 10**9), gpu_and_main(gpu=need // 2, second=need // 2, main=need // 2))
    assert (fit.best.device, fit.best.dtype) == (SPREAD, "bfloat16")


def test_a_model_that_fits_nowhere_is_explored_layer_by_layer(checkpoint):
    fit = check_fit(_of_size(checkpoint, 70 * 10**9), gpu_and_main(gpu=GIB, main=16 * GIB))
    assert fit.best is None
    assert "Explore its layers without loading it" in fit_text(fit)
    assert fit.smaller_than(fit.options[0]) is None


def test_the_memory_of_this_machine_is_plausible():
    memories = device_memories()
    assert memories[-1].device == "cpu"
    assert len(memories) == 1 + torch.cuda.device_count() + torch.backends.mps.is_available()
    assert all(0 < memory.free <= memory.total and 0 <= memory.used_share < 1 for memory in memories)


def test_an_option_fits_when_there_is_just_enough():
    assert Option("cpu", "float32", 10, 10).fits
    assert not Option("cpu", "float32", 11, 10).fits


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1024, "1.0 KiB"), (150 * 2**20, "150 MiB"), (3 * 2**40, "3.0 TiB"), (5000 * 2**40, "5000 TiB")],
)
def test_bytes_are_written_in_a_unit_that_people_read(count, text):
    assert bytes_text(count) == text


def _of_size(checkpoint, parameters):
    """The same checkpoint with about so many parameters."""
    factor = parameters // checkpoint.parameters
    tensors = {
        name: replace(entry, shape=(entry.shape[0] * factor, *entry.shape[1:]))
        for name, entry in checkpoint.tensors.items()
    }
    return replace(checkpoint, tensors=tensors)


def test_a_gguf_file_needs_the_bytes_of_its_dequantised_weights(tmp_path):
    checkpoint = open_checkpoint(str(write_gguf(tmp_path / "x.gguf", "llama", "Q4_0")))
    model = gguf_model("llama")
    assert checkpoint.parameters == sum(parameter.numel() for parameter in model.parameters())
    fit = check_fit(checkpoint, gpu_and_main(gpu=GIB, main=GIB))
    assert fit.option("cpu", "float32").needed == needed_bytes(checkpoint.parameters, "float32")
    assert sum(fit.bytes_by_dtype.values()) < 4 * checkpoint.parameters / 2


def test_the_main_memory_must_do_for_dequantising_the_largest_tensor(tmp_path):
    """A vocabulary of a quarter of a million tokens needs more in float32 than the whole model in 16 bits."""
    checkpoint = open_checkpoint(str(write_gguf(tmp_path / "x.gguf", "llama", "Q4_0")))
    entry = replace(checkpoint.tensors["embed_tokens.weight"], shape=(250_000, 2_304))
    wide = replace(checkpoint, tensors={"embed_tokens.weight": entry})
    fit = check_fit(wide, gpu_and_main(gpu=GIB, main=GIB))
    assert fit.option("cpu", "bfloat16").needed == 3 * 4 * 250_000 * 2_304
    assert fit.option("cuda:0", "bfloat16").needed == needed_bytes(wide.parameters, "bfloat16")
