"""The rank scan: accuracy at the best ranks of many compression ratios, always on validation questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from tensorllm_core.experiments.answers import join_answers
from tensorllm_core.experiments.edits import edit_of
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject
from tensorllm_core.experiments.gone import Gone
from tensorllm_core.experiments.intervals import accuracy_interval
from tensorllm_core.linalg.rank_choice import ranks_for_compression
from tensorllm_core.methods.tensorllm import tensor_name
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.edit_run import analyse_layers, steps_before_asking, tensorllm_of
from tensorllm_core.runs.layer_analysis import LayerAnalysis, go_on, gone_at, rank_result
from tensorllm_core.runs.plan import ScanPlan
from tensorllm_core.runs.questions import questions_of
from tensorllm_core.runs.resources import Resources, ask_all
from tensorllm_core.types import Progress, Ranks

__all__ = ["ScanPoint", "ScanResult", "ScanStep", "run_scan", "scan_points"]

_STEPS = 12
_LEAST_RATIO = 1.5


@dataclass(frozen=True)
class ScanStep:
    """One point of the scan: a ratio, the best ranks of each layer there, and the name of its subject.

    `gone` has for each layer what these ranks leave next to nothing of.
    """

    name: str
    compression_ratio: float
    ranks: Mapping[int, Ranks]
    gone: Mapping[int, Gone] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ScanResult:
    """The result so far of a scan."""

    plan: ScanPlan
    steps: tuple[ScanStep, ...]
    evaluation: Evaluation


@dataclass(frozen=True)
class ScanPoint:
    """Accuracy and loss of one step, or of the model as it is, over all questions together, with a 95% interval.

    `accuracy`, `low` and `high` are shares of 1, `loss` is in nats.
    """

    compression_ratio: float
    ranks: Mapping[int, Ranks]
    n: int
    accuracy: float
    low: float
    high: float
    loss: float


def run_scan(
    plan: ScanPlan,
    checkpoint: Checkpoint,
    resources: Resources,
    progress: Progress = go_on,
    publish: Callable[[ScanResult], None] = lambda result: None,
) -> ScanResult:
    """Ask all points the same questions, wave by wave; publish after each, and return the result so far when stopped.

    Raises:
        ExplorerError: questions, weights or the model cannot be had.
        StoppedError: stopped before there was an answer.
    """
    progress(0.0, "reading the questions")
    question_sets = questions_of(plan.questions, resources.load_questions)
    analyses = analyse_layers(plan.layers, plan.layout, plan.model.device, checkpoint, resources, progress)
    loaded = resources.load_model(plan.model, steps_before_asking(progress))
    prepared = tensorllm_of(analyses)
    steps: dict[str, ScanStep] = {}
    subjects = [Subject(ORIGINAL, loaded)]
    for ranks in _rank_choices(analyses):
        compressed = prepared.at({tensor_name(layer): tuple(triple) for layer, triple in ranks.items()})
        name = f"{compressed.compression_ratio:.3g}x"
        if name not in steps:
            gone = {layer: gone_at(each, rank_result(each, ranks[layer])) for layer, each in analyses.items()}
            steps[name] = ScanStep(name, compressed.compression_ratio, ranks, gone)
            subjects.append(Subject(name, loaded, edit_of(compressed)))

    def on_wave(evaluation: Evaluation) -> None:
        publish(ScanResult(plan, tuple(steps.values()), evaluation))

    evaluation = ask_all(question_sets, subjects, resources, on_wave, progress)
    return ScanResult(plan, tuple(steps.values()), evaluation)


def scan_points(result: ScanResult) -> tuple[ScanPoint, tuple[ScanPoint, ...]]:
    """The model as it is, and a point for each step."""

    def point(name: str, ratio: float, ranks: Mapping[int, Ranks]) -> ScanPoint:
        answers = join_answers(list(result.evaluation.answers[name].values()))
        interval = accuracy_interval(answers.right)
        count = len(answers.right)
        return ScanPoint(ratio, ranks, count, answers.accuracy, interval.low, interval.high, answers.mean_loss)

    return point(ORIGINAL, 1.0, {}), tuple(
        point(step.name, step.compression_ratio, step.ranks) for step in result.steps
    )


def _rank_choices(analyses: Mapping[int, LayerAnalysis]) -> list[dict[int, Ranks]]:
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
