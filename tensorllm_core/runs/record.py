"""Record what a complete run measured, so that it stands beside the papers' figures later."""

from __future__ import annotations

import contextlib

from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.measured import MeasuredStore
from tensorllm_core.experiments.measured_result import Measured
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.runs.edit_run import EDITED, EditResult
from tensorllm_core.runs.plan import DTYPE
from tensorllm_core.types import Layout

__all__ = ["record"]


def record(result: EditResult, store: MeasuredStore) -> tuple[Measured, ...]:
    """Keep one record for each registered benchmark of a complete run that asked it in its own words.

    However many questions were asked: a record says how many. Questions of one's own have no name that anybody else
    would know them by, so they are not kept. That a record could not be kept, or that its numbers are none (a loss in
    half precision may overflow), is no reason to lose the run.
    """
    plan, evaluation = result.plan, result.evaluation
    if not evaluation.complete or plan.questions.template:
        return ()
    own = {questions.benchmark for questions in plan.questions.own}
    ranks = set(result.ranks.values())
    records = []
    for benchmark, before in evaluation.answers[ORIGINAL].items():
        if benchmark in own or benchmark not in BENCHMARKS:
            continue
        after = evaluation.answers[EDITED][benchmark]
        accuracy = paired_accuracy(before.right, after.right)
        with contextlib.suppress(RequestError, OSError):
            records.append(
                store.note(
                    model=plan.model.reference,
                    revision=plan.model.revision,
                    benchmark=benchmark,
                    split=plan.questions.split.value,
                    method=" ".join(filter(None, (plan.method, ",".join(plan.options.matrices)))),
                    layers=plan.layers,
                    ranks=tuple(*ranks) if len(ranks) == 1 else (),
                    setting=_setting(result),
                    n=accuracy.n,
                    accuracy=(accuracy.before, accuracy.after),
                    loss=(before.mean_loss, after.mean_loss),
                    interval=(accuracy.interval.low, accuracy.interval.high),
                    p=accuracy.p,
                    compression_ratio=result.compression_ratio,
                )
            )
    return tuple(records)


def _setting(result: EditResult) -> str:
    """In words, what layers and ranks do not say."""
    plan = result.plan
    words = [
        f"layout {plan.options.layout}" if plan.options.layout is not Layout.PAPER else "",
        f"weights in {plan.model.dtype}" if plan.model.dtype != DTYPE else "",
        "each layer at ranks of its own" if len(set(result.ranks.values())) > 1 else "",
    ]
    return ", ".join(filter(None, words))
