"""The suggested ranks in words, and what the noise floor is where it is no suggestion."""

from __future__ import annotations

from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.ranks import HintedRanks, suggested_rule, suggestion_text

__all__ = ["noise_floor_words", "suggestion_words", "suggests_noise_floor"]


def suggests_noise_floor(analysis: LayerAnalysis) -> bool:
    """Whether the noise floor is what is suggested for this model."""
    return isinstance(suggested_rule(analysis.plan.reference), HintedRanks)


def suggestion_words(analysis: LayerAnalysis) -> str:
    """One sentence that names the suggested ranks, and by what rule they are suggested."""
    if suggests_noise_floor(analysis):
        return f"The noise floor suggests **{analysis.suggestion}**."
    return f"Suggested: **{analysis.suggestion}**, {suggestion_text(analysis.plan.reference)}."


def noise_floor_words(analysis: LayerAnalysis) -> str:
    """What the noise floor is, and that it suggests nothing for a model whose weights are not low ranks with noise."""
    what = (
        f"The noise floor is at {analysis.noise.ranks}: in each mode, so many singular values are larger than the "
        "largest one of white noise, if its level is that of the many small singular values"
    )
    if suggests_noise_floor(analysis):
        return f"{what}. It uses no data, so it is only a hint: what the model answers decides."
    return (
        f"{what}. It is no suggestion for this model: its weights are not low ranks with white noise on top, and at "
        "the noise floor whole parts may be gone, such as V and O."
    )
