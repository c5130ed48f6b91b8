"""The work behind every screen of one layer: decompose it, decide its ranks, and fit the scene to both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pages.session import state
from pages.session.plans import layer_plan, rank_rule
from pages.session.scene import Scene
from pages.session.scene_parts import DecomposePart
from pages.work import jobs
from pages.work.ahead import prepare_neighbours
from pages.work.caches import cached_refinement, layer_cache, refinement_key
from pages.work.latest_result import latest_of
from pages.work.plain_text import inert
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, rank_result
from tensorllm_core.runs.ranks import GivenRanks, RankDecision

__all__ = ["ShownLayer", "begin_layer", "begin_whole_layer", "follow_layer", "result_of_ranks"]

_ASKED_FOR = "layer asked for"


@dataclass(frozen=True)
class ShownLayer:
    """The layer that a screen shows: its decomposition, the decision on its ranks, and the scene fitted to both.

    `analysis.is_whole` is False for the first picture of a layer that takes long. The page is drawn again, once, when
    the whole is there.
    """

    scene: Scene
    analysis: LayerAnalysis
    decision: RankDecision


def begin_layer(scene: Scene, checkpoint: Checkpoint) -> ShownLayer | None:
    """The layer of the scene, at first perhaps its first picture. None while there is neither: then the progress shows.

    While nobody waits for anything, the neighbours of a whole layer are decomposed ahead.
    """
    analysis = _analysis(scene, checkpoint, _words_of_first)
    return None if analysis is None else _shown(scene, analysis)


def begin_whole_layer(scene: Scene, checkpoint: Checkpoint) -> ShownLayer | None:
    """The whole layer of the scene, for work whose answer depends on it. None while it is being decomposed."""
    analysis = _analysis(scene, checkpoint, lambda first: "This screen needs the whole layer.")
    return None if analysis is None or not analysis.is_whole else _shown(scene, analysis)


def _analysis(scene: Scene, checkpoint: Checkpoint, words: Callable[[LayerAnalysis], str]) -> LayerAnalysis | None:
    plan = layer_plan(scene, checkpoint)
    before = state.kept(_ASKED_FOR)
    if before is not None and before != plan.key:
        # Who steps on waits for the layer before no longer, nor does the next one in the queue.
        jobs.forget(before)
    state.keep(_ASKED_FOR, plan.key)
    analysis = layer_cache().get(plan)
    if analysis is not None:
        # If a job made it, its result need not stand on the board too.
        jobs.forget(plan.key)
    else:
        analysis = latest_of(
            plan.key,
            "Decomposing at all ranks",
            lambda report: layer_cache().get_or_analyse(plan, checkpoint, report.progress, report.publish),
            words,
            plan.device,
        )
    if analysis is not None and analysis.is_whole:
        prepare_neighbours(plan, checkpoint, analysis)
    return analysis


def follow_layer(layer: ShownLayer) -> ShownLayer:
    """The same layer in the scene of this moment, for a fragment that runs again by itself."""
    return _fitted(state.current_scene(), layer.analysis)


def result_of_ranks(layer: ShownLayer) -> RankResult:
    """The decomposition at the ranks; refined if the scene says so, the layer is whole and the refinement is done."""
    analysis, ranks = layer.analysis, layer.decision.ranks
    refinement = None
    if layer.scene.ranks.refine and analysis.is_whole:
        refinement = jobs.result_of(
            refinement_key(analysis, ranks),
            "Refining",
            lambda progress: cached_refinement(analysis, ranks, progress),
        )
    return rank_result(analysis, ranks, refinement)


def _shown(scene: Scene, analysis: LayerAnalysis) -> ShownLayer:
    state.notify(analysis.notices)
    return _fitted(scene, analysis)


def _fitted(scene: Scene, analysis: LayerAnalysis) -> ShownLayer:
    decision = _decide(scene, analysis)
    return ShownLayer(state.settle(_fit(scene, analysis)), analysis, decision)


def _words_of_first(analysis: LayerAnalysis) -> str:
    return inert(
        f"First picture, from the {analysis.leading} strongest directions of mode 1: exact for these, and nearly as "
        "in the whole layer. The suggested ranks may change."
    )


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
