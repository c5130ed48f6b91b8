"""The rank scan: accuracy at the best ranks of many compression ratios, always on validation questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pages.session.scene import ChooseBy
from pages.shared.analysis import Analysis, analyse
from pages.shared.reasoning import Plan, compress_layers, model_key, questions_of
from pages.work.caches import answer_cache, cached_model, prefix_store
from pages.work.queue import Report
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.experiments.edits import edit_of
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject, evaluate
from tensorllm_core.linalg.rank_choice import ranks_for_compression
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.types import Ranks

__all__ = ["Scan", "ScanStep", "scan", "scan_plan"]

_STEPS = 12
_LEAST_RATIO = 1.5


@dataclass(frozen=True)
class ScanStep:
    """One point of the scan: a ratio, the best ranks of each layer there, and the name under which it was asked."""

    name: str
    compression_ratio: float
    ranks: Mapping[int, Ranks]


@dataclass(frozen=True, eq=False)
class Scan:
    """What the scan has found so far."""

    plan: Plan
    steps: tuple[ScanStep, ...]
    evaluation: Evaluation


def scan_plan(plan: Plan, own: QuestionSet | None = None) -> Plan:
    """The plan of the scan that belongs to a run: the same layers and benchmarks, but validation questions.

    `own` are those of an uploaded file, if the run asks one. What only decides the ranks is left out, so that moving a
    rank does not ask for another scan.
    """
    scene = replace(
        plan.scene,
        split=Split.VALIDATION.value,
        by=ChooseBy.RANKS,
        r1=None,
        r2=None,
        r3=None,
        refine=False,
        controls=False,
        chosen_on="",
    )
    return replace(plan, scene=scene, own=own)


def scan(plan: Plan, checkpoint: Checkpoint, report: Report[Scan]) -> Scan:
    """Ask all points the same questions, wave by wave; publishes after each, and returns what there is when stopped."""
    report.progress(0.0, "reading the questions")
    questions = questions_of(plan)
    report.progress(0.0, "loading the model")
    loaded = cached_model(model_key(plan.scene, plan.revision), lambda share, message: report.progress(0.0, message))
    analyses = {
        layer: analyse(replace(plan.scene, layer=layer), checkpoint, lambda share, message: True)
        for layer in plan.layers
    }
    steps, subjects = [], [Subject(ORIGINAL, loaded)]
    for ranks in _rank_choices(analyses):
        planned = compress_layers(analyses, ranks, 0)
        name = f"{planned.compression_ratio:.3g}x"
        if name not in {subject.name for subject in subjects}:
            steps.append(ScanStep(name, planned.compression_ratio, ranks))
            subjects.append(Subject(name, loaded, edit_of(planned)))

    def on_wave(evaluation: Evaluation) -> bool:
        report.publish(Scan(plan, tuple(steps), evaluation))
        return report.progress(evaluation.share, f"{len(steps)} ratios, {evaluation.share:.0%} of the questions")

    evaluation = evaluate(questions, subjects, store=prefix_store(), cache=answer_cache(), on_wave=on_wave, wave=64)
    return Scan(plan, tuple(steps), evaluation)


def _rank_choices(analyses: Mapping[int, Analysis]) -> list[dict[int, Ranks]]:
    """Each layer's best ranks at ratios that are evenly apart on a logarithmic scale, up to the smallest possible."""
    largest = min(analysis.shape.compression_ratio(Ranks(1, 1, 1)) for analysis in analyses.values())
    ratios = np.geomspace(_LEAST_RATIO, max(largest, _LEAST_RATIO), _STEPS)
    return [
        {
            layer: ranks_for_compression(analysis.table, min(float(ratio), largest))
            for layer, analysis in analyses.items()
        }
        for ratio in ratios
    ]
