"""A layer that is explored in a GGUF file is the layer of the model that transformers loads from it, to the bit."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Kind

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.feed_forward import read_feed_forward, read_module_feed_forward
from tensorllm_core.models.gguf_architectures import ARCHITECTURES
from tensorllm_core.models.gguf_file import GgufEntry
from tensorllm_core.models.gguf_header import read_gguf_header
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.module_weights import module_sizes, read_module_attention
from tensorllm_core.models.storage import LocalFolder
from tests.models.gguf_models import LAYERS, SCALES, TINY_GGUF, TOKENS, blocks, tiny_model, write_gguf

KINDS = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "MXFP4", *SCALES]


def assert_same(explored, loaded) -> None:
    for layer in range(LAYERS):
        first = read_attention(explored, layer)
        second = read_module_attention(loaded.model, explored.family, layer)
        for part in "qkvo":
            assert torch.equal(getattr(first, part), getattr(second, part)), (layer, part)
        dense = read_module_feed_forward(loaded.model, explored.family, layer)
        for name, matrix in read_feed_forward(explored, layer).items():
            assert torch.equal(matrix, dense[name]), (layer, name)


def test_every_architecture_has_a_tiny_model():
    assert set(TINY_GGUF) == set(ARCHITECTURES)


@pytest.mark.parametrize("kind", ["F32", "Q8_0"])
@pytest.mark.parametrize("name", TINY_GGUF)
def test_exploring_and_loading_give_the_same_weights(name, kind, tmp_path):
    path = write_gguf(tmp_path / "model.gguf", name, kind)
    checkpoint, loaded = open_checkpoint(str(path)), load_model(str(path), "cpu")
    assert checkpoint.sizes == module_sizes(loaded.model, checkpoint.family)
    assert_same(checkpoint, loaded)
    assert checkpoint.parameters == sum(parameter.numel() for parameter in loaded.model.parameters())
    assert loaded.tokenizer("wbwc")["input_ids"] == [TOKENS.index("wb"), TOKENS.index("wc")]


@pytest.mark.parametrize("name", TINY_GGUF)
def test_a_file_in_float32_is_the_model_that_was_converted(name, tmp_path):
    """The oracle is the model before its conversion; the conversion is written in these tests."""
    model = tiny_model(name)
    loaded = load_model(str(write_gguf(tmp_path / "model.gguf", name)), "cpu")
    checkpoint = loaded.checkpoint
    for layer in range(LAYERS):
        explored, original = read_attention(checkpoint, layer), read_module_attention(model, checkpoint.family, layer)
        assert all(torch.equal(getattr(explored, part), getattr(original, part)) for part in "qkvo")
    tokens = torch.arange(14).reshape(2, 7) + 5
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(input_ids=tokens).logits, model(input_ids=tokens).logits)


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_ggml_is_read_as_transformers_reads_it(kind, tmp_path, monkeypatch):
    wide = {"hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 4, "num_hidden_layers": LAYERS}
    options = TINY_GGUF["qwen2"].options | wide
    tiny = TINY_GGUF["qwen2"].__class__("qwen2", options, {"embedding_length": 256, "feed_forward_length": 256})
    monkeypatch.setitem(TINY_GGUF, "qwen2", tiny)
    path = write_gguf(tmp_path / "model.gguf", "qwen2", kind)
    checkpoint = open_checkpoint(str(path))
    assert {checkpoint.tensors[name].dtype for name in checkpoint.weight_names.attention(0).values()} == {kind}
    assert_same(checkpoint, load_model(str(path), "cpu"))


def six_bits(block: bytes) -> list[float]:
    """A block of Q6_K: 256 numbers of 6 bits less 32, in 16 groups with a scale of 8 bits, and one float16 for all."""
    low, high, scales = block[:128], block[128:192], np.frombuffer(block[192:208], np.int8)
    (scale,) = np.frombuffer(block[208:], np.float16).astype(float)
    numbers = []
    for index in range(256):
        half, quarter, column = index // 128, index % 128 // 32, index % 32
        nibble = low[64 * half + 32 * (quarter % 2) + column] >> (4 if quarter >= 2 else 0) & 15
        upper = high[32 * half + column] >> (2 * quarter) & 3
        numbers.append(scale * scales[index // 16] * (nibble + 16 * upper - 32))
    return numbers


def four_bits(block: bytes) -> list[float]:
    """A block of Q4_K: 256 numbers of 4 bits, in 8 groups with a scale and an offset of 6 bits each."""
    scale, offset = np.frombuffer(block[:4], np.float16).astype(float)
    packed, nibbles = block[4:16], block[16:]
    numbers = []
    for index in range(256):
        group = index // 32
        if group < 4:
            group_scale, group_offset = packed[group] & 63, packed[group + 4] & 63
        else:
            group_scale = packed[group + 4] & 15 | packed[group - 4] >> 6 << 4
            group_offset = packed[group + 4] >> 4 | packed[group] >> 6 << 4
        nibble = nibbles[32 * (group // 2) + index % 32] >> (4 * (group % 2)) & 15
        numbers.append(scale * group_scale * nibble - offset * group_offset)
    return numbers


@pytest.mark.parametrize(("kind", "formula"), [("Q6_K", six_bits), ("Q4_K", four_bits)])
def test_blocks_of_k_types_are_read_by_the_formula_of_their_layout(kind, formula, tmp_path):
    _, size = gguf.GGML_QUANT_SIZES[Kind[kind]]
    data = blocks(np.zeros((3, 512)), kind).tobytes()
    expected = [number for start in range(0, len(data), size) for number in formula(data[start : start + size])]
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "llama")
    writer.add_tensor("blk.0.attn_v.weight", np.frombuffer(data, np.uint8).reshape(3, -1), raw_dtype=Kind[kind])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (tensor,) = read_gguf_header(LocalFolder(tmp_path), "x.gguf").tensors
    entry = GgufEntry("v", tensor.type, tensor.shape, "x.gguf", tensor.start, tensor.size, tensor.shape)
    matrix = entry.decode(LocalFolder(tmp_path).read("x.gguf", tensor.start, tensor.size))
    assert matrix.shape == (3, 512)
    assert matrix.dtype is torch.float32
    torch.testing.assert_close(matrix.flatten(), torch.tensor(expected, dtype=torch.float32))


def test_opening_reads_the_header_and_a_layer_its_own_bytes_alone(tmp_path, monkeypatch):
    path = write_gguf(tmp_path / "model.gguf", "llama", "Q8_0")
    count, read = 0, LocalFolder.read

    def counting(storage, name, start, size):
        nonlocal count
        count += size
        return read(storage, name, start, size)

    monkeypatch.setattr(LocalFolder, "read", counting)
    checkpoint = open_checkpoint(str(path))
    count = 0
    read_attention(checkpoint, 1)
    names = checkpoint.weight_names.attention(1).values()
    assert count == sum(checkpoint.tensors[name].size for name in names)
    assert count < checkpoint.sizes.entries * 1.1


def test_the_asked_dtype_is_the_one_of_the_model(tmp_path):
    path = write_gguf(tmp_path / "model.gguf", "qwen2", "Q4_0")
    assert load_model(str(path), "cpu", torch.bfloat16).model.dtype is torch.bfloat16


def test_loading_draws_no_bars(tmp_path, capfd):
    load_model(str(write_gguf(tmp_path / "model.gguf")), "cpu")
    printed = capfd.readouterr()
    assert "%|" not in printed.out + printed.err


def test_files_of_another_model_beside_the_gguf_file_are_not_read(tmp_path, monkeypatch):
    path = write_gguf(tmp_path / "model.gguf")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "elsewhere").mkdir()
    write_gguf(tmp_path / "elsewhere" / "model.gguf", "gpt2")
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = load_model(str(path), "cpu")
    assert loaded.model.config.model_type == "llama"
    assert loaded.tokenizer("wb")["input_ids"] == [TOKENS.index("wb")]


def test_layers_of_different_widths_are_refused_with_their_key(tmp_path):
    path = write_gguf(tmp_path / "model.gguf", llama__feed_forward_length=[96, 64])
    with pytest.raises(CheckpointError, match=r"whole number for `llama.feed_forward_length` .* got `\[96, 64\]`"):
        open_checkpoint(str(path))
