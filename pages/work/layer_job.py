"""How every screen of one layer begins: the layer is decomposed, its ranks are decided, the scene fits them."""

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

__all__ = ["LayerView", "begin_layer", "result_of_ranks"]


@dataclass(frozen=True)
class LayerView:
    """The scene as its layer allows it, the layer's decomposition, and the ranks that the scene stands for."""

    scene: Scene
    analysis: LayerAnalysis
    decision: RankDecision


def begin_layer(scene: Scene, checkpoint: Checkpoint) -> LayerView | None:
    """The scene's layer at its ranks; None while it is decomposed, when progress is shown instead."""
    plan = layer_plan(scene, checkpoint)
    analysis = jobs.result_of(
        plan.key, "Decomposing at all ranks", lambda progress: cached_analysis(plan, checkpoint, progress)
    )
    if analysis is None:
        return None
    state.notify(analysis.notices)
    decision = _decided(scene, analysis)
    return LayerView(state.settle(_fitted(scene, analysis)), analysis, decision)


def result_of_ranks(view: LayerView) -> RankResult:
    """What the ranks give: refined where the scene asks for it, once that is done."""
    analysis, ranks = view.analysis, view.decision.ranks
    refinement = None
    if view.scene.ranks.refine:
        refinement = jobs.result_of(
            refinement_key(analysis, ranks),
            "Refining",
            lambda progress: cached_refinement(analysis, ranks, progress),
        )
    return rank_result(analysis, ranks, refinement)


def _decided(scene: Scene, analysis: LayerAnalysis) -> RankDecision:
    """The ranks in force; a sentence says why they are others than the link or the ratio asks for.

    Ranks that are possible one by one and not together need none: the rank panel shows both.
    """
    decision = analysis.decide(rank_rule(scene))
    if decision.problem and (scene.ranks.chosen is None or decision.asked != scene.ranks.chosen):
        state.notify([f"{decision.problem} Showing {decision.asked} instead."])
    return decision


def _fitted(scene: Scene, analysis: LayerAnalysis) -> Scene:
    """The scene with its ranks within their modes, and without views that this layer does not have."""
    views = {*(str(c) for c in range(1, analysis.shape.part + 1)), *analysis.tensor.parts}
    default = DecomposePart()
    fitted = scene.with_fields(
        view=scene.decompose.view if scene.decompose.view in views else default.view,
        part=scene.decompose.part if scene.decompose.part in analysis.tensor.parts else default.part,
    )
    if (chosen := scene.ranks.chosen) is None:
        return fitted
    return fitted.at(analysis.decide(GivenRanks(chosen, scene.ranks.tied)).asked)
