"""Write tiny random models as GGUF files, with what llama.cpp's converter changes, in any type of ggml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

LAYERS = 2
HEADS, GROUPS, D_MODEL = 4, 2, 64
_LETTERS = [chr(97 + number) for number in range(26)] + [str(number) for number in range(10)]
TOKENS = ["<s>", "</s>", *_LETTERS, *(f"w{letter}" for letter in "abcdefghij")]
_SIZES = {
    "hidden_size": D_MODEL,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "intermediate_size": 96,
    "max_position_embeddings": 40,
    "rms_norm_eps": 1e-5,
}
_GROUPED = {**_SIZES, "num_key_value_heads": GROUPS}
SCALES = {
    "Q2_K": (80, 82), "Q3_K": (108,), "Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,),
    "IQ4_XS": (0,), "IQ4_NL": (0,), "IQ3_S": (0,), "IQ2_XXS": (0,),
}  # fmt: skip
"""Where a block of each type has its numbers in float16; all its other bytes may be anything."""


@dataclass(frozen=True)
class TinyGguf:
    """One architecture: the model type and config of transformers, and what its file says and stores otherwise.

    `change` maps the name of a tensor in the file and a matrix of transformers to the matrix of the file.
    """

    model_type: str
    options: Mapping[str, object]
    metadata: Mapping[str, int] = field(default_factory=dict)
    change: Callable[[str, np.ndarray], np.ndarray] = lambda name, matrix: matrix


def _pairs(name: str, matrix: np.ndarray) -> np.ndarray:
    """The rows of Q and K as llama.cpp orders them: row i and row i + half of a head side by side."""
    heads = {"attn_q": HEADS, "attn_k": GROUPS}.get(name.split(".")[-2])
    if heads is None:
        return matrix
    first, second = np.split(matrix.reshape(heads, -1, *matrix.shape[1:]), 2, axis=1)
    return np.stack([first, second], axis=2).reshape(matrix.shape)


def _all_queries_first(name: str, matrix: np.ndarray) -> np.ndarray:
    """Bloom's rows, which go head by head, as all queries, then all keys, then all values."""
    if "attn_qkv" not in name:
        return matrix
    return np.concatenate([matrix.reshape(HEADS, 3, -1, *matrix.shape[1:])[:, part] for part in range(3)]).reshape(
        matrix.shape
    )


def _plus_one(name: str, matrix: np.ndarray) -> np.ndarray:
    return matrix + 1 if "norm.weight" in name else matrix


def _transposed(name: str, matrix: np.ndarray) -> np.ndarray:
    return matrix.T if name.startswith("blk") and matrix.ndim == 2 else matrix


_GEMMA = {**_GROUPED, "head_dim": 32}
TINY_GGUF: dict[str, TinyGguf] = {
    "llama": TinyGguf("llama", {**_GROUPED, "head_dim": 24}, {"rope.dimension_count": 24}, _pairs),
    "qwen2": TinyGguf("qwen2", _GROUPED),
    "qwen3": TinyGguf("qwen3", {**_GROUPED, "head_dim": 128}),
    "phi3": TinyGguf("phi3", _GROUPED),
    "stablelm": TinyGguf("stablelm", _GROUPED),
    "starcoder2": TinyGguf("starcoder2", _GROUPED),
    "gemma2": TinyGguf("gemma2", _GEMMA, {"attention.key_length": 32}, _plus_one),
    "gemma3": TinyGguf("gemma3_text", _GEMMA, {"attention.key_length": 32}, _plus_one),
    "falcon": TinyGguf("falcon", {**_SIZES, "ffn_hidden_size": 256}, {"attention.head_count_kv": 1}),
    "bloom": TinyGguf("bloom", {"hidden_size": D_MODEL, "n_layer": LAYERS, "n_head": HEADS}, {}, _all_queries_first),
    "gpt2": TinyGguf(
        "gpt2", {"n_embd": D_MODEL, "n_head": HEADS, "n_layer": LAYERS, "n_positions": 1024}, {}, _transposed
    ),
}


def tiny_model(name: str) -> PreTrainedModel:
    """The model of an architecture, every parameter random."""
    torch.manual_seed(0)
    tiny = TINY_GGUF[name]
    tokens = {"vocab_size": len(TOKENS), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(tiny.model_type, **tiny.options, **tokens)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.2)
    return model


def write_gguf(path: Path, name: str = "llama", kind: str = "F32", **changes: object) -> Path:
    """A file of a tiny model with its matrices in a type of ggml; `changes` replace or (None) remove metadata."""
    tiny, model = TINY_GGUF[name], tiny_model(name)
    writer = gguf.GGUFWriter(path, name)
    for key, value in {**_metadata(name, model), **{k.replace("__", "."): v for k, v in changes.items()}}.items():
        if value is not None:
            _add(writer, key, value)
    for tensor_name, matrix in _tensors(name, model):
        changed = np.ascontiguousarray(tiny.change(tensor_name, matrix))
        if changed.ndim < 2 or changed.shape[-1] % gguf.GGML_QUANT_SIZES[Kind[kind]][0]:
            writer.add_tensor(tensor_name, changed)
        else:
            writer.add_tensor(tensor_name, blocks(changed, kind), raw_dtype=Kind[kind])
    _finish(writer)
    return path


def write_bare(path: Path, architecture: str, metadata: Mapping[str, object], tensors: int = 0) -> Path:
    """A file of any architecture with this metadata and some tensors of 32 numbers."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in metadata.items():
        _add(writer, key, value)
    for number in range(tensors):
        writer.add_tensor(f"v.blk.{number}.weight", np.zeros(32, np.float32))
    _finish(writer)
    return path


def blocks(matrix: np.ndarray, kind: str) -> np.ndarray:
    """A matrix in a type of ggml; random blocks of its shape where the library cannot make blocks of that type."""
    if kind not in SCALES:
        return gguf.quants.quantize(matrix, Kind[kind])
    length, size = gguf.GGML_QUANT_SIZES[Kind[kind]]
    generator = np.random.default_rng(matrix.size)
    rows = generator.integers(0, 256, (matrix.size // length, size), dtype=np.uint8)
    for start in SCALES[kind]:
        scales = generator.uniform(-0.01, 0.01, (len(rows), 1)).astype(np.float16)
        rows[:, start : start + 2] = scales.view(np.uint8)
    return rows.reshape(*matrix.shape[:-1], -1)


def _tensors(name: str, model: PreTrainedModel) -> list[tuple[str, np.ndarray]]:
    """Every parameter under its name in the file; tied weights once."""
    architecture = {value: key for key, value in gguf.MODEL_ARCH_NAMES.items()}[name]
    names, tensors = gguf.get_tensor_name_map(architecture, LAYERS), []
    for parameter_name, parameter in model.named_parameters():
        tensor_name = names.get_name(parameter_name, (".weight", ".bias")) or names.get_name(
            parameter_name.removeprefix("transformer."), (".weight", ".bias")
        )
        assert tensor_name is not None, parameter_name
        tensors.append((tensor_name, parameter.detach().numpy()))
    return tensors


def _metadata(name: str, model: PreTrainedModel) -> dict[str, object]:
    tiny, config = TINY_GGUF[name], model.config
    sizes: dict[str, object] = {
        "block_count": LAYERS,
        "embedding_length": D_MODEL,
        "context_length": 40,
        "attention.head_count": HEADS,
        "feed_forward_length": 4 * D_MODEL if name in {"bloom", "gpt2", "falcon"} else 96,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "attention.layer_norm_epsilon": 1e-5,
        "vocab_size": len(TOKENS),
    }
    if hasattr(config, "num_key_value_heads"):
        sizes["attention.head_count_kv"] = GROUPS
    tokenizer = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": [3, 3, *[1] * (len(TOKENS) - 2)],
        "tokenizer.ggml.merges": [f"w {letter}" for letter in "abcdefghij"],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.padding_token_id": 1,
    }
    return {**{f"{name}.{key}": value for key, value in {**sizes, **tiny.metadata}.items()}, **tokenizer}


def _add(writer: gguf.GGUFWriter, key: str, value: object) -> None:
    if isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_uint32(key, value)


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
