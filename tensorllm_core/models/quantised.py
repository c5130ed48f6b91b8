"""Refuse quantised checkpoints by name: what they store is codes, not weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tensorllm_core.errors import CheckpointError

__all__ = ["refuse_quantised_config", "refuse_quantised_tensors"]


def refuse_quantised_config(config: Mapping[str, object]) -> None:
    """Accept a config that declares no quantisation.

    Raises:
        CheckpointError: it declares one.
    """
    declared = config.get("quantization_config")
    if declared is not None:
        raise _refused(_declared_method(declared))


def refuse_quantised_tensors(names: Iterable[str]) -> None:
    """Accept tensors of which none holds codes: older checkpoints declare their quantisation nowhere else.

    Raises:
        CheckpointError: there are such tensors.
    """
    endings = {name.rpartition(".")[2] for name in names}
    if "qweight" in endings:
        # AWQ keeps the order of the inputs, GPTQ says which group each belongs to.
        raise _refused("gptq" if "g_idx" in endings else "awq")
    if endings & {"SCB", "absmax"}:
        raise _refused("bitsandbytes")


def _declared_method(declared: object) -> object:
    if not isinstance(declared, Mapping):
        return "unnamed"
    # Before it wrote its name, bitsandbytes wrote only its options.
    unnamed = "bitsandbytes" if {"load_in_8bit", "load_in_4bit"} & set(declared) else "unnamed"
    return declared.get("quant_method", unnamed)


def _refused(method: object) -> CheckpointError:
    return CheckpointError(
        f"Expected plain floating-point weights, got a checkpoint quantised with `{method}`; choose the model's "
        "unquantised checkpoint."
    )
