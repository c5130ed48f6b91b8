"""The work behind every screen of one layer: decompose it, decide its ranks, and fit the scene to both."""

from __future__ import annotations

from dataclasses import dataclass

from pages.session import state
from pages.session.plans import layer_plan, rank_rule
from pages.session.scene import Scene
from pages.session.scene_parts import DecomposePart
from pages.work import jobs
from pages.work.caches import cached_analysis, cached_refinement, refinement_key
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, rank_result
from tensorllm_core.runs.ranks import GivenRanks, RankDecision

__all__ = ["ShownLayer", "begin_layer", "follow_layer", "result_of_ranks"]


@dataclass(frozen=True)
class ShownLayer:
    """The layer that a screen shows: its decomposition, the decision on its ranks, and the scene fitted to both."""

    scene: Scene
    analysis: LayerAnalysis
    decision: RankDecision


def begin_layer(scene: Scene, checkpoint: Checkpoint) -> ShownLayer | None:
    """The layer of the scene. None while it is being decomposed: then the progress is drawn."""
    plan = layer_plan(scene, checkpoint)
    analysis = jobs.result_of(
        plan.key, "Decomposing at all ranks", lambda progress: cached_analysis(plan, checkpoint, progress)
    )
    if analysis is None:
        return None
    state.notify(analysis.notices)
    return _shown(scene, analysis)


def follow_layer(layer: ShownLayer) -> ShownLayer:
    """The same layer in the scene of this moment, for a fragment that runs again by itself."""
    return _shown(state.current_scene(), layer.analysis)


def _shown(scene: Scene, analysis: LayerAnalysis) -> ShownLayer:
    decision = _decide(scene, analysis)
    return ShownLayer(state.settle(_fit(scene, analysis)), analysis, decision)


def result_of_ranks(layer: ShownLayer) -> RankResult:
    """The decomposition at the ranks; refined if the scene says so and the refinement is done."""
    analysis, ranks = layer.analysis, layer.decision.ranks
    refinement = None
    if layer.scene.ranks.refine:
        refinement = jobs.result_of(
            refinement_key(analysis, ranks),
            "Refining",
            lambda progress: cached_refinement(analysis, ranks, progress),
        )
    return rank_result(analysis, ranks, refinement)


def _decide(scene: Scene, analysis: LayerAnalysis) -> RankDecision:
    """The ranks to use, with a notice if they differ from those of the link or if the ratio cannot be reached.

    Ranks that are possible one by one but not together need no notice: the rank panel shows both triples.
    """
    decision = analysis.decide(rank_rule(scene))
    if decision.problem and (scene.ranks.chosen is None or decision.request != scene.ranks.chosen):
        state.notify([f"{decision.problem} Showing {decision.request} instead."])
    return decision


def _fit(scene: Scene, analysis: LayerAnalysis) -> Scene:
    """The scene with ranks no larger than their modes, and without slices and parts that this layer does not have."""
    views = {*(str(c) for c in range(1, analysis.shape.part + 1)), *analysis.tensor.parts}
    default = DecomposePart()
    scene = scene.with_fields(
        view=scene.decompose.view if scene.decompose.view in views else default.view,
        part=scene.decompose.part if scene.decompose.part in analysis.tensor.parts else default.part,
    )
    if (chosen := scene.ranks.chosen) is None:
        return scene
    return scene.at(analysis.decide(GivenRanks(chosen, scene.ranks.tied)).request)
