"""What a GGUF file says of the model's computation, and transformers does not read from it.

The keys that it reads are those of `GGUF_CONFIG_MAPPING` in its `integrations/ggml.py`. For every other setting it
takes the default of the model type, so that the model it loads computes otherwise than the file says.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorllm_core.models.gguf_header import GgufHeader

__all__ = ["ROTARY_FACTORS", "unread_notice", "unread_settings"]

ROTARY_FACTORS = "rope_"
"""So begin the names of tensors with factors of the rotary embedding, which are no parameters of the model."""
_BASE = 10000
_CAPS = {"attn_logit_softcapping": 50, "final_logit_softcapping": 30}
_OTHER_SCALE = (("gemma2", 46), ("gemma3", 62))
"""Architectures and numbers of layers of the models (27B) whose attention scores llama.cpp scales by another width."""


def unread_settings(header: GgufHeader) -> tuple[str, ...]:
    """The settings in which the loaded model differs from the file, in words; none for most files."""
    return tuple(_unread(header))


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
    get = {key.removeprefix(f"{name}."): value for key, value in header.metadata.items()}.get
    # 1. Of every architecture. Values of damaged files may be of any type: they are compared, never hashed.
    factors = [get("rope.scaling.factor", 1), get("rope.scale_linear", 1)]
    kind = get("rope.scaling.type", "linear")
    by_tensor = any(tensor.name.startswith(ROTARY_FACTORS) for tensor in header.tensors)
    if by_tensor or kind not in ("none", "linear") or (kind == "linear" and factors != [1, 1]):
        yield "scaled rotary positions"
    # 2. Of some.
    if name in {"stablelm", "starcoder2"} and get("rope.freq_base", _BASE) != _BASE:
        yield "another base of its rotary positions"
    width = _quotient(get("embedding_length"), get("attention.head_count"))
    usual = {"phi3": width, "stablelm": width // 4}.get(name)
    if usual and get("rope.dimension_count", usual) != usual:
        yield "rotary positions in another part of each head"
    window, longest = get("attention.sliding_window"), get("context_length")
    if name == "phi3" and isinstance(window, int) and not (isinstance(longest, int) and longest <= window):
        yield f"a window of {window:,} tokens"
    if name == "gemma2" and any(get(key, cap) != cap for key, cap in _CAPS.items()):
        yield "other caps of its scores"
    if (name, get("block_count")) in _OTHER_SCALE:
        yield "another scale of its attention scores"
    if name == "stablelm" and get("use_parallel_residual", False):
        yield "attention and feed-forward side by side"


def _quotient(whole: object, parts: object) -> int:
    """Whole numbers divided; 0 for anything else."""
    return whole // parts if isinstance(whole, int) and isinstance(parts, int) and parts > 0 else 0
