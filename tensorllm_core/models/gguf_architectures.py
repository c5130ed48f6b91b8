"""The architectures of GGUF files: their model types, and how llama.cpp stores what it does not store as transformers.

The model types, the keys of the sizes and the changes of the matrices are those of transformers
(`integrations/ggml.py` and `modeling_gguf_pytorch_utils.py`), so that a layer read here is the layer of a loaded model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorllm_core.errors import CheckpointError, UnknownArchitectureError
from tensorllm_core.models.family import Family, Fused
from tensorllm_core.models.gguf_header import GgufHeader

__all__ = ["ARCHITECTURES", "SPLIT_FILE", "Architecture", "architecture_of", "leaves", "split_file_error"]

SPLIT_FILE = re.compile(r".+-\d{5}-of-(\d{5})\.gguf", re.IGNORECASE | re.ASCII)
"""The names of the parts of a model that is split into several files."""

_TRANSPOSED = "rows columns -> columns rows"
_PAIRED = "({heads} half two) d_model -> ({heads} two half) d_model"
"""llama.cpp puts the two entries that the rotary embedding turns into each other side by side."""
_FEED_FORWARD = {"gate": "ffn_gate", "up": "ffn_up", "in": "ffn_up", "down": "ffn_down", "out": "ffn_down"}


@dataclass(frozen=True)
class Architecture:
    """One architecture of GGUF files.

    Args:
        model_type: the model type of transformers.
        d_head: the key of the head width; None where transformers does not read it.
        layouts: the pattern that brings a matrix of the file to the matrix of transformers, by the name of the tensor
            in its block. `head`, `group` and `part` stand for the numbers of heads, of groups, and 3.
        needs_groups: whether the matrices cannot be read without the number of groups.
        groups: the only number of groups that transformers reads; None where it reads any.
        tied: whether transformers takes the embeddings for the output layer even where the file has an output layer.
    """

    model_type: str
    d_head: str | None = None
    layouts: Mapping[str, str] = field(default_factory=dict)
    needs_groups: bool = False
    groups: int | None = None
    tied: bool = False


ARCHITECTURES: dict[str, Architecture] = {
    "bloom": Architecture(
        "bloom", layouts={"attn_qkv": "(part head d_head) d_model -> (head part d_head) d_model"}, tied=True
    ),
    "falcon": Architecture("falcon", groups=1, tied=True),
    "gemma2": Architecture("gemma2", d_head="attention.key_length"),
    "gemma3": Architecture("gemma3_text", d_head="attention.key_length"),
    "gpt2": Architecture("gpt2", layouts=dict.fromkeys(("attn_qkv", "attn_output", "ffn_up", "ffn_down"), _TRANSPOSED)),
    "llama": Architecture(
        "llama",
        d_head="rope.dimension_count",
        layouts={"attn_q": _PAIRED.format(heads="head"), "attn_k": _PAIRED.format(heads="group")},
        needs_groups=True,
    ),
    "phi3": Architecture("phi3"),
    "qwen2": Architecture("qwen2"),
    "qwen3": Architecture("qwen3"),
    "stablelm": Architecture("stablelm"),
    "starcoder2": Architecture("starcoder2"),
}
"""By the name that llama.cpp gives them."""


def leaves(family: Family) -> dict[str, str]:
    """The path of a matrix below its block, by the name that GGUF files give it in a block.

    >>> from tensorllm_core.models.families import FAMILIES
    >>> leaves(FAMILIES["gpt2"])
    {'attn_qkv': 'attn.c_attn', 'attn_output': 'attn.c_proj', 'ffn_up': 'mlp.c_fc', 'ffn_down': 'mlp.c_proj'}
    """
    qkv = family.qkv
    attention = (
        {"attn_qkv": qkv.path}
        if isinstance(qkv, Fused)
        else {"attn_q": qkv.q.path, "attn_k": qkv.k.path, "attn_v": qkv.v.path}
    )
    return (
        attention
        | {"attn_output": family.o.path}
        | {_FEED_FORWARD[dense.names[-1]]: dense.path for dense in family.feed_forward}
    )


def architecture_of(header: GgufHeader, file: str) -> Architecture:
    """How the architecture of a file is read.

    Raises:
        CheckpointError: the file is a part of a split model, or holds no model.
        UnknownArchitectureError: transformers does not read this architecture, or no family describes it.
    """
    metadata = header.metadata
    parts = metadata.get("split.count", 1)
    if SPLIT_FILE.fullmatch(file) or (isinstance(parts, int) and parts > 1):
        raise split_file_error(file)
    if header.architecture == "clip" or metadata.get("general.type") in {"mmproj", "adapter"}:
        what = "a LoRA adapter" if metadata.get("general.type") == "adapter" else "a projector of pictures (mmproj)"
        raise CheckpointError(
            f"Expected a GGUF file of a language model, got {file}, which holds only {what}; give the "
            "file of the language model."
        )
    if not header.tensors:
        raise CheckpointError(
            f"Expected a GGUF file with weights, got {file}, which holds none (a tokenizer only?); give "
            "the file of the whole model."
        )
    experts = metadata.get(f"{header.architecture}.expert_count")
    if header.architecture not in ARCHITECTURES or experts:
        named = f"`{header.architecture}`{' with experts' if experts else ''}" if header.architecture else "none"
        raise UnknownArchitectureError(
            f"Expected a GGUF file of an architecture that can be read ({', '.join(ARCHITECTURES)}), got {named} "
            f"in {file}; choose the model's safetensors files."
        )
    return ARCHITECTURES[header.architecture]


def split_file_error(file: str) -> CheckpointError:
    """Our error for one part of a model that is split into several files."""
    return CheckpointError(
        f"Expected a model in one GGUF file, got {file}, one part of a split model; join the parts with "
        "`llama-gguf-split --merge FIRST_PART NEW_FILE` and give the new file."
    )
