"""Open a GGUF file by its header alone, under the names and in the shapes of transformers; dequantise one matrix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import torch
from einops import EinopsError, rearrange
from torch import Tensor

from tensorllm_core.errors import CheckpointError, UnknownArchitectureError
from tensorllm_core.models.families import family_of
from tensorllm_core.models.family import Family
from tensorllm_core.models.gguf_architectures import Architecture, architecture_of, leaves
from tensorllm_core.models.gguf_header import GgufHeader, GgufTensor, read_gguf_header
from tensorllm_core.models.gguf_settings import ROTARY_FACTORS, unread_notice, unread_settings
from tensorllm_core.models.headers import TensorEntry
from tensorllm_core.models.sizes import AttentionSizes
from tensorllm_core.models.storage import Storage

__all__ = ["GgufEntry", "GgufFile"]

_OUTSIDE = {"token_embd": "embed_tokens", "position_embd": "embed_positions", "output": "lm_head"}
"""Tensors outside the blocks under the names by which they are counted."""


@dataclass(frozen=True)
class GgufEntry(TensorEntry):
    """A tensor of a GGUF file.

    `stored_shape` is its shape in the file; `pattern`, with the lengths `axes`, brings it to `shape`. Both are empty
    where the file has the matrix as transformers has it.
    """

    stored_shape: tuple[int, ...] = ()
    pattern: str = ""
    axes: tuple[tuple[str, int], ...] = ()

    def check_type(self) -> None:
        """Accept the tensor: types that cannot be read were refused when the file was opened."""

    def decode(self, data: bytearray) -> Tensor:
        """The numbers that the data of the tensor stands for, in float32."""
        # Imported here, because the import takes a third of a second, and most models are not GGUF.
        import numpy as np
        from gguf import GGMLQuantizationType, dequantize

        rows = np.frombuffer(data, dtype=np.uint8).reshape(*self.stored_shape[:-1], -1)
        # Scales of a damaged file may overflow; whoever reads the matrix checks that it is finite.
        with np.errstate(all="ignore"):
            matrix = torch.from_numpy(dequantize(rows, GGMLQuantizationType[self.dtype]))
        return rearrange(matrix, self.pattern, **dict(self.axes)) if self.pattern else matrix


@dataclass(frozen=True)
class GgufFile:
    """A file that holds a whole model: sizes, tokenizer and weights.

    Every method raises FileAccessError where the file may not be read, and CheckpointError where it is no GGUF, is cut
    short, or contradicts itself.
    """

    storage: Storage
    gguf_file: str

    @property
    def declared_in(self) -> str:
        """Where the sizes stand, for messages."""
        return f"the metadata of {self.gguf_file}"

    def read_notices(self) -> tuple[str, ...]:
        """In what a loaded model differs from the file: one sentence, or none."""
        settings = unread_settings(self._header)
        return (unread_notice(settings),) if settings else ()

    def read_config(self) -> dict[str, object]:
        """The model type and the sizes of the attention, under the keys of config.json that the family names.

        Raises:
            CheckpointError: the file is a part of a split model or holds no model, or a size is missing or impossible.
            UnknownArchitectureError: transformers does not read this architecture, or no family describes it.
        """
        architecture = self._architecture()
        names = family_of(architecture.model_type).size_names
        heads, d_model = self._size("attention.head_count"), self._size("embedding_length")
        sizes = {names.layers: self._size("block_count"), names.heads: heads, names.d_model: d_model}
        # Asking needs one width for all layers.
        self._optional_size("feed_forward_length")
        groups = self._optional_size("attention.head_count_kv")
        if groups is None and architecture.needs_groups:
            groups = self._size("attention.head_count_kv")
        if groups is not None and names.groups is not None:
            sizes[names.groups] = groups
        if names.d_head is not None and architecture.d_head is not None:
            d_head = self._optional_size(architecture.d_head)
            sizes |= {} if d_head is None else {names.d_head: d_head}
        if heads % (groups or heads) or (names.d_head is None and d_model % heads):
            raise CheckpointError(
                f"Expected sizes that divide each other in {self.declared_in}, got {heads} heads, {groups or heads} "
                f"key heads and d_model {d_model}; copy or download the file again."
            )
        if architecture.groups is not None and groups not in {architecture.groups, None}:
            raise UnknownArchitectureError(
                f"Expected a `{self._header.architecture}` model with {architecture.groups} key head, as transformers "
                f"reads it from GGUF, got {groups} in {self.gguf_file}; choose the model's safetensors files."
            )
        return {"model_type": architecture.model_type, **sizes}

    def read_tensors(self, family: Family, sizes: AttentionSizes) -> dict[str, TensorEntry]:
        """Every parameter by its name in transformers, without a prefix.

        Raises:
            CheckpointError: a matrix of a layer is missing, or has an impossible shape or a type that cannot be read.
        """
        architecture, paths = self._architecture(), leaves(family)
        axes = {"head": sizes.heads, "group": sizes.groups, "part": 3, "two": 2}
        entries: dict[str, TensorEntry] = {}
        for tensor in self._header.tensors:
            if tensor.name.startswith(ROTARY_FACTORS) or (architecture.tied and tensor.name == "output.weight"):
                continue
            pattern = architecture.layouts.get(_leaf(tensor.name), "")
            used = tuple((axis, length) for axis, length in axes.items() if re.search(rf"\b{axis}\b", pattern))
            entry = self._entry(tensor, _name(tensor.name, family, paths), pattern, used)
            entries[entry.name] = entry
        for layer in range(sizes.blocks):
            for leaf in paths:
                if f"{family.blocks}.{layer}.{paths[leaf]}.weight" not in entries:
                    raise CheckpointError(
                        f"Expected the tensor `blk.{layer}.{leaf}.weight`, as {self.declared_in} declares "
                        f"{sizes.layers} layers of `{family.name}`, got none; copy or download the file again."
                    )
        return entries

    @cached_property
    def _header(self) -> GgufHeader:
        return read_gguf_header(self.storage, self.gguf_file)

    def _architecture(self) -> Architecture:
        return architecture_of(self._header, self.gguf_file)

    def _entry(self, tensor: GgufTensor, name: str, pattern: str, axes: tuple[tuple[str, int], ...]) -> GgufEntry:
        if not _is_readable(tensor.type):
            raise CheckpointError(
                f"Expected `{tensor.name}` of {self.gguf_file} in a type that can be dequantised, got {tensor.type}; "
                "choose another quantisation of this model."
            )
        shape = tensor.shape
        if pattern:
            try:
                shape = tuple(rearrange(torch.empty(shape, device="meta"), pattern, **dict(axes)).shape)
            except (EinopsError, RuntimeError):
                raise CheckpointError(
                    f"Expected `{tensor.name}` of {self.gguf_file} in a shape that fits the heads of its metadata "
                    f"({', '.join(f'{axis} {length}' for axis, length in axes)}), got {shape}; copy or download the "
                    "file again."
                ) from None
        place = (self.gguf_file, tensor.start, tensor.size)
        return GgufEntry(name, tensor.type, shape, *place, tensor.shape, pattern, axes)

    def _size(self, key: str) -> int:
        size = self._optional_size(key)
        if size is None:
            raise CheckpointError(
                f"Expected `{self._header.architecture}.{key}` in {self.declared_in}, got none; copy or download the "
                "file again."
            )
        return size

    def _optional_size(self, key: str) -> int | None:
        key = f"{self._header.architecture}.{key}"
        size = self._header.metadata.get(key)
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
            raise CheckpointError(
                f"Expected one positive whole number for `{key}` in {self.declared_in}, got `{size}`; choose a model "
                "whose layers all have the same sizes."
            )
        return size


@cache
def _is_readable(kind: str) -> bool:
    """Whether the library dequantises a type of ggml: it does not know those that only appear during computation."""
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize

    _, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType[kind]]
    try:
        dequantize(np.zeros((1, block_bytes), np.uint8), GGMLQuantizationType[kind])
    except NotImplementedError:
        return False
    return True


def _leaf(name: str) -> str:
    """The name of a matrix in its block; empty for what is no matrix of a block.

    >>> _leaf("blk.3.attn_q.weight"), _leaf("blk.3.attn_q.bias")
    ('attn_q', '')
    """
    match = re.fullmatch(r"blk\.\d+\.(\w+)\.weight", name, re.ASCII)
    return match[1] if match else ""


def _name(name: str, family: Family, paths: Mapping[str, str]) -> str:
    """The name of a tensor in transformers; one that is not described keeps its own within its block."""
    block = re.fullmatch(r"blk\.(\d+)\.(\w+)(\..+)?", name, re.ASCII)
    if block:
        return f"{family.blocks}.{block[1]}.{paths.get(block[2], block[2])}{block[3] or ''}"
    stem, dot, ending = name.partition(".")
    return f"{_OUTSIDE.get(stem, stem)}{dot}{ending}"
