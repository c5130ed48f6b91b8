"""The live figures of the Heads screen: what they are told beside what all figures of a layer are told."""

from __future__ import annotations

from typing import Any

import numpy as np

from pages.heads.similarity import query_similarity
from pages.instrument.face import layer_message, scene_of_release
from pages.instrument.live import show_scene
from pages.work.layer_job import ShownLayer
from tensorllm_core.linalg.core_similarity import core_similarity, similarity_order
from tensorllm_core.runs.layer_analysis import RankResult

__all__ = ["live_heads"]

_DIGITS = 5
"""Of a cosine; the screen shows three."""


def live_heads(layer: ShownLayer, result: RankResult) -> None:
    """Draw the heads at the ranks of the scene; what a visitor releases changes the scene."""
    message, similarity = layer_message(layer, result), _similarity(layer, result)
    message["exact"] |= {"cosines": _above_diagonal(similarity)}
    message |= {"alike": layer.scene.heads.alike, "order": similarity_order(similarity).tolist()}
    show_scene("heads", layer.analysis.key, message, scene_of_release)


def _similarity(layer: ShownLayer, result: RankResult) -> np.ndarray:
    """Cosine of every two groups; of every two query heads where there is a single group."""
    if layer.analysis.shape.group > 1:
        return core_similarity(result.tucker.core)
    return query_similarity(layer.analysis, result).astype(np.float32)


def _above_diagonal(table: np.ndarray) -> list[Any]:
    """The entries above the diagonal, row by row: what the others repeat need not be sent."""
    return table[np.triu_indices(len(table), k=1)].astype(np.float64).round(_DIGITS).tolist()
