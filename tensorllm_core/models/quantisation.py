"""Name the quantisation of a checkpoint; refuse those of config.json, which store codes that are not read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.headers import TensorEntry

__all__ = [
    "main_quantisation",
    "quantisation_notice",
    "quantisation_shares",
    "refuse_quantised_config",
    "refuse_quantised_tensors",
]

_PLAIN = {"F64", "F32", "F16", "BF16"}
"""Types of plain floating-point numbers."""


def refuse_quantised_config(config: Mapping[str, object]) -> None:
    """Accept a config that declares no quantisation.

    Raises:
        CheckpointError: the config declares one.
    """
    declaration = config.get("quantization_config")
    if declaration is not None:
        raise _quantised(_declared_method(declaration))


def refuse_quantised_tensors(names: Iterable[str]) -> None:
    """Accept tensors none of which holds codes. Older checkpoints declare their quantisation in no other way.

    Raises:
        CheckpointError: by their names, some tensors hold codes.
    """
    endings = {name.rpartition(".")[2] for name in names}
    if "qweight" in endings:
        # GPTQ stores to which group each input belongs. AWQ keeps the inputs in their order and does not.
        raise _quantised("gptq" if "g_idx" in endings else "awq")
    if endings & {"SCB", "absmax"}:
        raise _quantised("bitsandbytes")


def quantisation_shares(entries: Iterable[TensorEntry]) -> dict[str, float] | None:
    """The share of the numbers that is stored in each type, the largest first; None where all types are plain.

    >>> entry = TensorEntry("w", "Q8_0", (4, 32), "model.gguf", 0, 136)
    >>> quantisation_shares([entry, TensorEntry("b", "F32", (128,), "model.gguf", 136, 512)])
    {'Q8_0': 0.5, 'F32': 0.5}
    """
    counts: Counter[str] = Counter()
    for entry in entries:
        counts[entry.dtype] += entry.entries
    if set(counts) <= _PLAIN:
        return None
    return {kind: count / counts.total() for kind, count in counts.most_common()}


def quantisation_notice(shares: Mapping[str, float]) -> str:
    """One sentence for the reader of any figure of a quantised model.

    >>> quantisation_notice({"F32": 0.6, "Q4_1": 0.4})
    'GGUF, mostly Q4_1: the weights are those of the quantised file, so its rounding is in all figures.'
    """
    mostly = main_quantisation(shares)
    return f"GGUF, mostly {mostly}: the weights are those of the quantised file, so its rounding is in all figures."


def main_quantisation(shares: Mapping[str, float]) -> str:
    """The type that is not plain and holds the most numbers.

    >>> main_quantisation({"F32": 0.6, "Q4_K": 0.3, "Q6_K": 0.1})
    'Q4_K'
    """
    return max(set(shares) - _PLAIN, key=shares.__getitem__)


def _declared_method(declaration: object) -> object:
    if not isinstance(declaration, Mapping):
        return "unnamed"
    # Older versions of bitsandbytes wrote their options but not their name.
    unnamed = "bitsandbytes" if {"load_in_8bit", "load_in_4bit"} & set(declaration) else "unnamed"
    return declaration.get("quant_method", unnamed)


def _quantised(method: object) -> CheckpointError:
    return CheckpointError(
        f"Expected plain floating-point weights, got a checkpoint quantised with `{method}`; choose the model's "
        "unquantised checkpoint."
    )
