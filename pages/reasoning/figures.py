"""The two figures in the upper half of the screen: accuracy during the run, and its changes with intervals."""

from __future__ import annotations

import pandas as pd

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.figures.accuracy_curves import AccuracyCurve, accuracy_curves
from tensorllm_core.figures.deltas import Delta, deltas
from tensorllm_core.numbers_text import points_text, share_text
from tensorllm_core.runs.edit_run import EDITED, EditResult

__all__ = ["curves_picture", "deltas_picture"]

_HEIGHT = 270


def curves_picture(result: EditResult) -> None:
    """Accuracy of every model over the number of questions answered so far."""
    curves = [
        AccuracyCurve(curve.name, curve.answered, curve.accuracy, curve.low, curve.high) for curve in result.curves
    ]
    last = {curve.name: curve for curve in result.curves}
    show(
        accuracy_curves(curves, canvas(_HEIGHT), emphasised=EDITED, total=sum(result.evaluation.total.values())),
        key="accuracy curves",
        takeaway=(
            f"After {last[EDITED].answered[-1]:,} questions: {EDITED} {share_text(last[EDITED].accuracy[-1], 1)}, "
            f"original {share_text(last[ORIGINAL].accuracy[-1], 1)}"
        ),
        explanation=Explanation(
            "The share of right answers among all questions answered so far, with its 95% interval (Wilson). The "
            "questions have a fixed random order and the benchmarks take turns, so the curve is always a fair estimate "
            "of its end. All models answer the same questions, so the differences between them are more certain than "
            "the bands suggest. The figure on the right shows them with their own intervals.",
            r"\hat p \pm z\sqrt{\hat p (1 - \hat p)/n}\ \text{(Wilson's form)}",
        ),
        table=lambda: pd.DataFrame(
            [
                (curve.name, *point)
                for curve in result.curves
                for point in zip(curve.answered, curve.accuracy, curve.low, curve.high, strict=True)
            ],
            columns=["subject", "questions", "accuracy", "low", "high"],
        ),
    )


def deltas_picture(result: EditResult) -> None:
    """Paired differences from the original, by benchmark and over all."""
    rows = []
    for subject in (EDITED, *result.controls):
        against = result.against(ORIGINAL, subject)
        for name, (accuracy, _) in against.by_benchmark.items():
            rows.append(Delta(name, subject, accuracy.delta, accuracy.interval.low, accuracy.interval.high))
        whole = against.accuracy
        if len(against.by_benchmark) > 1:
            rows.append(Delta("all", subject, whole.delta, whole.interval.low, whole.interval.high))
    edited = [row for row in rows if row.series == EDITED]
    best = max(edited, key=lambda row: row.delta)
    takeaway = f"Best result of the {EDITED} model: {best.benchmark}, {points_text(best.delta)}"
    if len(edited) == 1:
        takeaway = f"Change of the {EDITED} model: {points_text(best.delta)} on {best.benchmark}"
    show(
        deltas(rows, canvas(_HEIGHT), emphasised=EDITED),
        key="accuracy differences",
        takeaway=takeaway,
        explanation=Explanation(
            "The change of accuracy from the original model, in percentage points, with its 95% interval. It is a "
            "paired difference: only questions count that exactly one of the two models answers rightly.",
            r"\hat\Delta = (\text{fixed} - \text{broken}) / n",
        ),
        table=lambda: pd.DataFrame([vars(row) for row in rows]),
    )
