"""All layers of a model as the bytes that the live figures of the Layers screen draw: errors at every ratio."""

from __future__ import annotations

import numpy as np

from tensorllm_core.experiments.gone import gone_sentences
from tensorllm_core.experiments.layer_summary import RATIOS
from tensorllm_core.experiments.layers import Survey
from tensorllm_core.exports.blob import pack

__all__ = ["reachable_ratios", "survey_blob"]


def reachable_ratios(survey: Survey) -> list[float]:
    """The ratios of the grid that ranks of these layers reach; there is a layer."""
    errors = next(iter(survey.layers.values())).errors
    return [ratio for ratio, error in zip(RATIOS, errors, strict=True) if np.isfinite(error)] or [RATIOS[0]]


def survey_blob(survey: Survey, key: str) -> bytes:
    """Least error and best ranks of every layer at every reachable ratio, beside the draws of noise; there is a layer.

    Args:
        key: names the data.
    """
    ratios = reachable_ratios(survey)
    numbers = sorted(survey.layers)
    kept = [RATIOS.index(ratio) for ratio in ratios]
    chance = [summary.errors[kept] for summary in survey.null]
    header = {
        "count": survey.count,
        "numbers": numbers,
        "ratios": ratios,
        "gone": [
            " ".join(gone_sentences({layer: survey.layers[layer].gone_at(ratio) for layer in numbers}, most=1))
            for ratio in ratios
        ],
    }
    arrays = {
        "errors": np.stack([survey.layers[layer].errors[kept] for layer in numbers]),
        "ranks": np.stack([survey.layers[layer].ranks[kept] for layer in numbers]),
        "chance": np.stack(chance) if chance else np.empty((0, len(kept)), dtype=np.float32),
    }
    return pack(key, header, arrays)
