"""How every screen of one layer begins: the layer decomposed, the ranks found, the address bar in step."""

from __future__ import annotations

from typing import NamedTuple

from pages.session import state
from pages.session.scene import Scene
from pages.shared.analysis import (
    Analysis,
    Result,
    analyse,
    analysis_key,
    evaluate_ranks,
    in_order,
    refine_ranks,
    refinement_key,
    wanted_ranks,
)
from pages.work import jobs
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.types import Ranks

__all__ = ["Begun", "begin_layer", "result_at"]


class Begun(NamedTuple):
    """The scene as its layer allows it, what the decomposition found, and the ranks that the scene stands for."""

    scene: Scene
    analysis: Analysis
    ranks: Ranks


def begin_layer(scene: Scene, checkpoint: Checkpoint) -> Begun | None:
    """The scene's layer at its ranks; None while it is decomposed, when progress is shown instead."""
    analysis = jobs.result_of(
        f"analyse {analysis_key(scene, checkpoint)}",
        "Decomposing at all ranks",
        lambda progress: analyse(scene, checkpoint, progress),
    )
    if analysis is None:
        return None
    ranks = wanted_ranks(scene, analysis)
    scene = in_order(scene, analysis)
    state.settle(scene)
    state.write_url(scene)
    return Begun(scene, analysis, ranks)


def result_at(begun: Begun) -> Result:
    """What the ranks give: refined where the scene asks for it, once that is done."""
    scene, analysis, ranks = begun
    refinement = None
    if scene.refine:
        refinement = jobs.result_of(
            refinement_key(analysis, ranks),
            "Refining",
            lambda progress: refine_ranks(analysis, ranks, progress),
        )
    return evaluate_ranks(ranks, analysis, refinement)
