"""What a GGUF file says of the model's computation, and transformers does not read from it.

The keys that it reads are those of `GGUF_CONFIG_MAPPING` in its `integrations/ggml.py`. For every other setting it
takes the default of the model type, so that the model it loads computes otherwise than the file says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tensorllm_core.models.gguf_header import GgufHeader

__all__ = ["ROTARY_FACTORS", "unread_notice", "unread_settings"]

ROTARY_FACTORS = "rope_"
"""So begin the names of tensors with factors of the rotary embedding, which are no parameters of the model."""
_PART = "rotary positions in another part of each head"
_TAKEN: dict[str, tuple[str, float | int]] = {
    "attention.causal": ("attention that sees what follows", True),
    "attention.clamp_kqv": ("queries, keys and values within bounds", 0),
    "attention.scale": ("another scale of its attention scores", 0),
    "attn_logit_softcapping": ("caps of its scores", 0),
    "embedding_scale": ("another scale of its embeddings", 0),
    "final_logit_softcapping": ("caps of its scores", 0),
    "logit_scale": ("another scale of its scores", 0),
    "residual_scale": ("another scale of its layers", 0),
    "rope.scaling.attn_factor": ("scaled rotary positions", 1),
    "use_parallel_residual": ("attention and feed-forward side by side", False),
}
"""By key, what a file asks for and the value with which it asks for nothing; 0 stands for no scale, cap or bound."""
_TAKEN_BY: dict[tuple[str, str], tuple[str, float | int]] = {
    ("falcon", "attention.layer_norm_epsilon"): ("another epsilon of its norms", 1e-5),
    ("gemma2", "attn_logit_softcapping"): ("other caps of its scores", 50),
    ("gemma2", "final_logit_softcapping"): ("other caps of its scores", 30),
    ("gemma3", "attention.sliding_window_pattern"): ("windows in other layers", 6),
    ("gemma3", "rope.freq_base_swa"): ("another base of its rotary positions", 10000),
    ("stablelm", "rope.freq_base"): ("another base of its rotary positions", 10000),
    ("starcoder2", "rope.freq_base"): ("another base of its rotary positions", 10000),
}
"""The same of one architecture, with the value that transformers takes."""
_READ_WINDOW = ("gemma2", "gemma3")
_OTHER_SCALE = (("gemma2", 46), ("gemma3", 62))
"""Architectures and numbers of layers of the models (27B) whose attention scores llama.cpp scales by another width."""


def unread_settings(header: GgufHeader) -> tuple[str, ...]:
    """The settings in which the loaded model differs from the file, in words; none for most files."""
    return tuple(dict.fromkeys(_unread(header)))


def unread_notice(settings: tuple[str, ...]) -> str:
    """One sentence for the reader of answers of such a model.

    >>> unread_notice(("scaled rotary positions",))[:81]
    'This file asks for scaled rotary positions, which transformers does not read from'
    """
    return (
        f"This file asks for {' and '.join(settings)}, which transformers does not read from GGUF: its answers may "
        "differ from those of other programs."
    )


def _unread(header: GgufHeader) -> Iterator[str]:
    name = header.architecture
    own = {key.removeprefix(f"{name}."): value for key, value in header.metadata.items()}
    # 1. Rotary positions that are scaled. Values of damaged files may be of any type: they are compared, never hashed.
    by_tensor = any(tensor.name.startswith(ROTARY_FACTORS) for tensor in header.tensors)
    kind = own.get("rope.scaling.type", "linear")
    factors = [own.get("rope.scaling.factor", 1), own.get("rope.scale_linear", 1)]
    if by_tensor or kind not in ("none", "linear") or (kind == "linear" and factors != [1, 1]):
        yield "scaled rotary positions"
    # 2. Rotary positions in a part of each head: transformers takes the whole head, or the default share of it.
    width = own.get("attention.key_length") or _quotient(own.get("embedding_length"), own.get("attention.head_count"))
    usual = _quotient(width, 4 if name == "stablelm" else 1)
    if name != "llama" and usual and own.get("rope.dimension_count", usual) != usual:
        yield _PART
    # 3. A window that is shorter than the text that the model reads.
    window, longest = own.get("attention.sliding_window", 0), own.get("context_length")
    reaches_all = isinstance(longest, int) and isinstance(window, int) and longest <= window
    if name not in _READ_WINDOW and window != 0 and not reaches_all:
        yield f"a window of {window:,} tokens" if isinstance(window, int) else "a window"
    # 4. Settings of their own.
    for key, value in own.items():
        words, taken = _TAKEN_BY.get((name, key)) or _TAKEN.get(key, ("", 0))
        if words and not _equal(value, taken):
            yield words
    if (name, own.get("block_count")) in _OTHER_SCALE:
        yield "another scale of its attention scores"


def _equal(value: object, taken: float | int) -> bool:
    """Whether a value of the file, in single precision there, is the one that transformers takes."""
    return isinstance(value, int | float) and math.isclose(value, taken, rel_tol=1e-5)


def _quotient(whole: object, parts: object) -> int:
    """Whole numbers divided; 0 for anything else."""
    return whole // parts if isinstance(whole, int) and isinstance(parts, int) and parts > 0 else 0
