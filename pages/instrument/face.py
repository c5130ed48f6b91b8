"""The live figures of one layer: what they are told of the scene, and what a hand changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.instrument.live import Fields, read_fields, send, show_scene
from pages.work.caches import cached_blob
from pages.work.layer_job import ShownLayer
from tensorllm_core.experiments.gone import GONE, gone_sentence
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices, gone_at
from tensorllm_core.runs.ranks import suggestion_text

__all__ = ["instrument", "layer_message", "scene_of_release", "send_layer"]


def send_layer(screen: str, analysis: LayerAnalysis) -> None:
    """Bring the layer to the browser, unless it is there. Call it outside of the fragment that follows the hand."""
    send(screen, analysis.key, lambda: cached_blob(analysis))


def instrument(layer: ShownLayer, result: RankResult) -> None:
    """Draw the instrument of the Decompose screen; what a visitor releases changes the scene."""
    show_scene("decompose", layer.analysis.key, layer_message(layer, result), scene_of_release)


def scene_of_release(released: Mapping[str, Any]) -> Fields:
    """The fields of the scene in a release; what cannot be read is left out.

    >>> scene_of_release({"ranks": [16, 8, 4], "group": 3, "echo": 2, "view": "Q"})
    {'group': 3, 'r1': 16, 'r2': 8, 'r3': 4, 'view': 'Q'}
    >>> scene_of_release({"ranks": ["<b>", -1, None], "error": "high", "echo": "x"})
    {}
    """
    texts = {name: released.get(name) for name in ("by", "error", "ratio", "group", "view")}
    flags = {"tied": "tied", "refine": "refine", "alike": "alike", "absolute": "isAbsolute"}
    texts |= {name: released.get(given) for name, given in flags.items() if isinstance(released.get(given), bool)}
    texts["pins"] = _pins(released.get("pins"))
    ranks = released.get("ranks")
    if isinstance(ranks, list) and len(ranks) == 3:
        texts |= dict(zip(("r1", "r2", "r3"), ranks, strict=True))
    values = read_fields(texts)
    if "ranks" in released and ranks is None:
        values |= {"r1": None, "r2": None, "r3": None}
    elif not {"r1", "r2", "r3"} <= values.keys():
        values = {name: value for name, value in values.items() if name not in ("r1", "r2", "r3")}
    return values


def _pins(value: object) -> str | None:
    if not isinstance(value, list):
        return None
    return ",".join("-".join(f"{rank}" for rank in pin) for pin in value if isinstance(pin, list))


def layer_message(layer: ShownLayer, result: RankResult) -> dict[str, Any]:
    """The scene of a layer at its ranks."""
    scene, analysis = layer.scene, layer.analysis
    return {
        **_chosen(layer),
        "view": scene.decompose.view,
        "group": min(scene.group, analysis.shape.group - 1),
        "pins": [list(pin) for pin in scene.decompose.pins],
        "isAbsolute": scene.decompose.absolute,
        "exact": _exact(analysis, result),
        "gone": GONE,
        "suggestedBy": suggestion_text(analysis.plan.reference),
    }


def _chosen(layer: ShownLayer) -> dict[str, Any]:
    part = layer.scene.ranks
    return {
        "by": part.by.value,
        "chosen": list(layer.decision.request),
        "isSuggested": part.chosen is None,
        "error": part.error,
        "ratio": part.ratio,
        "tied": part.tied,
        "refine": part.refine,
    }


def _exact(analysis: LayerAnalysis, result: RankResult) -> dict[str, Any]:
    """What the server knows at the ranks in use: also where the browser has a grid, or the factors are refined."""
    errors = errors_of_slices(analysis, result)
    return {
        "ranks": list(result.ranks),
        "error": result.relative_error,
        "lower": result.lower,
        "upper": result.upper,
        "isRefined": result.refinement is not None,
        "parts": errors.by_part().tolist(),
        "groups": errors.by_group().tolist(),
        "cells": errors.by_part_and_group().ravel().tolist(),
        "gone": gone_sentence(gone_at(analysis, result)),
    }
