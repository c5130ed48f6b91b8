"""All families by the `model_type` of config.json; a new entry of `DECODERS` or `ENCODERS` needs no line here."""

from __future__ import annotations

from collections.abc import Mapping

from tensorllm_core.errors import UnknownArchitectureError
from tensorllm_core.models.decoders import DECODERS
from tensorllm_core.models.encoders import ENCODERS
from tensorllm_core.models.family import Family
from tensorllm_core.models.undescribed import undescribed_attention

__all__ = ["FAMILIES", "family_of"]

FAMILIES: dict[str, Family] = {
    model_type: family for family in (*DECODERS, *ENCODERS) for model_type in family.model_types
}


def family_of(model_type: str, config: Mapping[str, object] | None = None) -> Family:
    """The family that describes a model type; the whole config lets the refusal of another one say more.

    Raises:
        UnknownArchitectureError: no family does.

    >>> family_of("gpt2").blocks
    'h'
    """
    try:
        return FAMILIES[model_type]
    except KeyError:
        if words := undescribed_attention({"model_type": model_type, **(config or {})}):
            raise UnknownArchitectureError(
                "Expected attention with a query, key, value and output matrix for each head or group of heads, got "
                f"`{model_type}`, which has {words}; choose a model of another architecture."
            ) from None
        known = ", ".join(f"`{name}`" for name in sorted(FAMILIES))
        raise UnknownArchitectureError(
            f"Expected a `model_type` in config.json of a known family ({known}), got `{model_type}`, whose attention "
            "projections are not described yet; add them as CONTRIBUTING.md says under “Add a model family”."
        ) from None
