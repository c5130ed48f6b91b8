"""Refuse quantised checkpoints and name their method: they store codes instead of weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorllm_core.errors import CheckpointError

__all__ = ["refuse_quantised_config", "refuse_quantised_tensors"]


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
