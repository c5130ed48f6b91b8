"""The suggested ranks in words, and what the noise floor is where it is no suggestion."""

from __future__ import annotations

from tensorllm_core.linalg.kept_slices import MOST_LOST
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.ranks import LOSSLESS, HintedRanks, suggested_rule

__all__ = ["noise_floor_words", "suggestion_words", "suggests_noise_floor"]


def suggests_noise_floor(analysis: LayerAnalysis) -> bool:
    """Whether the noise floor is what is suggested for this model."""
    return isinstance(suggested_rule(analysis.plan.reference), HintedRanks)


def suggestion_words(analysis: LayerAnalysis) -> str:
    """One sentence that names the suggested ranks, and what they keep or by what they are suggested."""
    if suggests_noise_floor(analysis):
        return f"The noise floor is at ranks **{analysis.suggestion}**."
    errors = analysis.table.products.slice_errors(analysis.suggestion)
    worst = max(float(errors.by_part().max()), float(errors.by_group().max()))
    if worst <= MOST_LOST + LOSSLESS:
        kept = f"the fewest at which no part and no {analysis.unit} has an error above {MOST_LOST:g}"
        return f"Suggested: **{analysis.suggestion}**, {kept}."
    return f"Suggested: **{analysis.suggestion}**, where the largest error of a part or {analysis.unit} is {worst:.2f}."


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
