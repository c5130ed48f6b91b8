"""Record the measurements of a complete run, so that they stand beside the papers' figures later."""

from __future__ import annotations

import contextlib

from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.measurement_store import MeasurementStore
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.runs.edit_run import EDITED, EditResult
from tensorllm_core.runs.plan import DTYPE
from tensorllm_core.types import Layout

__all__ = ["record"]


def record(result: EditResult, store: MeasurementStore) -> tuple[Measurement, ...]:
    """Store one measurement for each registered benchmark of a complete run; none where a template changes it.

    A run of any number of questions counts, because a measurement says their number. Questions of a file do not count,
    because nobody else knows their name. A measurement that cannot be stored, or that has a number which is not finite
    (a loss in half precision may overflow), is left out, and the run itself goes on.
    """
    plan, evaluation = result.plan, result.evaluation
    if not evaluation.complete or plan.questions.template or plan.questions.chat:
        return ()
    own = {questions.benchmark for questions in plan.questions.own}
    measurements = []
    for benchmark in evaluation.answers[ORIGINAL]:
        if benchmark in own or benchmark not in BENCHMARKS:
            continue
        measurement = _measurement(result, benchmark)
        with contextlib.suppress(RequestError, OSError):
            store.put(measurement)
            measurements.append(measurement)
    return tuple(measurements)


def _measurement(result: EditResult, benchmark: str) -> Measurement:
    plan, answers = result.plan, result.evaluation.answers
    before, after = answers[ORIGINAL][benchmark], answers[EDITED][benchmark]
    accuracy = paired_accuracy(before.right, after.right)
    ranks = set(result.ranks.values())
    return Measurement(
        model=plan.model.reference,
        revision=plan.model.revision,
        benchmark=benchmark,
        split=plan.questions.split.value,
        method=" ".join(filter(None, (plan.method, ",".join(plan.options.matrices)))),
        layers=plan.layers,
        ranks=tuple(*ranks) if len(ranks) == 1 else (),
        setting=_setting(result),
        n=accuracy.n,
        accuracy_before=accuracy.before,
        accuracy_after=accuracy.after,
        loss_before=before.mean_loss,
        loss_after=after.mean_loss,
        low=accuracy.interval.low,
        high=accuracy.interval.high,
        p=accuracy.p,
        compression_ratio=result.compression_ratio,
    )


def _setting(result: EditResult) -> str:
    """In words, what decides the result besides layers and ranks; empty where all of it has its default."""
    plan = result.plan
    words = [
        f"layout {plan.options.layout}" if plan.options.layout is not Layout.PAPER else "",
        f"weights in {plan.model.dtype}" if plan.model.dtype != DTYPE else "",
        "each layer at ranks of its own" if len(set(result.ranks.values())) > 1 else "",
    ]
    return ", ".join(filter(None, words))
