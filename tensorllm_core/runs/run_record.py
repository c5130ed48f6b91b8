"""What is kept of a run that has ended: what was asked of which model, what came of it, and how to see it again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.measurement import timestamp
from tensorllm_core.experiments.paired import Paired, paired
from tensorllm_core.methods.registry import CONTROLS, METHODS
from tensorllm_core.runs.comparison_run import Comparison
from tensorllm_core.runs.edit_run import EditResult
from tensorllm_core.runs.rank_scan import ScanResult

__all__ = ["Kind", "RunRecord", "RunResult", "check_record", "record_of"]

RunResult = EditResult | Comparison | ScanResult

_LONGEST_TEXT = 1000
_MOST_ITEMS = 1000


class Kind(StrEnum):
    """The kinds of runs."""

    EVALUATION = "evaluation"
    COMPARISON = "comparison"
    SCAN = "scan"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class RunRecord:
    """One run: of a comparison its best method at the budget in focus, of a scan its best point.

    `key` is that of the plan: the same run again takes the place of the one before. `method` and `setting` are in
    words. Accuracies and the 95% interval of their difference (`low`, `high`) are shares of 1; `n` counts the
    questions. `page` and `parameters` are the screen and the link that show it again. `date` is UTC in ISO 8601.
    """

    kind: Kind
    key: str
    model: str
    method: str
    layers: tuple[int, ...]
    setting: str
    benchmarks: tuple[str, ...]
    split: str
    n: int
    accuracy_before: float
    accuracy_after: float
    low: float
    high: float
    compression_ratio: float
    complete: bool
    page: str
    parameters: Mapping[str, str]
    date: str = field(default_factory=_now)

    @property
    def delta(self) -> float:
        """Accuracy after less accuracy before, a share of 1."""
        return self.accuracy_after - self.accuracy_before


def record_of(result: RunResult, page: str, parameters: Mapping[str, str], *, budget: float) -> RunRecord | None:
    """The record of a run; None where no question has been answered, or no method has reached the budget.

    Args:
        budget: the one in focus, of a comparison.
    """
    if ORIGINAL not in result.evaluation.answers:
        return None
    if isinstance(result, Comparison):
        outcome = _best_of_comparison(result, budget)
    else:
        outcome = _of_edit(result) if isinstance(result, EditResult) else _best_of_scan(result)
    if outcome is None:
        return None
    accuracy, plan = outcome.against.accuracy, result.plan
    return RunRecord(
        kind=outcome.kind,
        key=plan.key,
        model=plan.model.reference,
        method=METHODS[outcome.method].title,
        layers=plan.layers,
        setting=outcome.setting + (", own prompt" if plan.questions.template else ""),
        benchmarks=plan.questions.benchmarks,
        split=plan.questions.split.value,
        n=accuracy.n,
        accuracy_before=accuracy.before,
        accuracy_after=accuracy.after,
        low=accuracy.interval.low,
        high=accuracy.interval.high,
        compression_ratio=outcome.ratio,
        complete=result.complete if isinstance(result, Comparison) else result.evaluation.complete,
        page=page,
        parameters=dict(parameters),
    )


def check_record(record: RunRecord) -> RunRecord:
    """The record itself, if its values are plain ones that a run can give.

    Raises:
        RequestError: they are not.
    """
    items = (*record.benchmarks, *record.parameters, *record.parameters.values())
    texts = (record.key, record.model, record.method, record.setting, record.split, record.page, record.date, *items)
    shares = (record.accuracy_before, record.accuracy_after)
    numbers = (*shares, record.low, record.high, record.compression_ratio)
    is_possible = (
        all(
            isinstance(text, str) and len(text) <= _LONGEST_TEXT
            for text in (*texts, *(t for pair in items for t in pair))
        )
        and max(len(items), len(record.layers)) <= _MOST_ITEMS
        and all(type(count) is int and count >= 0 for count in (record.n, *record.layers))
        and all(type(number) in {int, float} and math.isfinite(number) for number in numbers)
        and all(0 <= share <= 1 for share in shares)
        and -1 <= record.low <= record.high <= 1
        and type(record.complete) is bool
        and math.isfinite(timestamp(record.date))
    )
    if not is_possible:
        raise RequestError(f"Expected values that a run gives, got {record}"[:_LONGEST_TEXT] + "; run it again.")
    return record


@dataclass(frozen=True)
class _Outcome:
    """What a run came to: the difference from the original, the method and its setting, and the ratio."""

    kind: Kind
    against: Paired
    method: str
    setting: str
    ratio: float


def _of_edit(result: EditResult) -> _Outcome:
    ratio = result.compression_ratio
    setting = _ranks_text(result.ranks.values())
    return _Outcome(Kind.EVALUATION, result.against(ORIGINAL), result.plan.method, setting, ratio)


def _best_of_comparison(result: Comparison, budget: float) -> _Outcome | None:
    """The best method, no control, at the budget of the plan that is nearest to the one in focus."""
    ratio, answers = result.plan.nearest(budget), result.evaluation.answers
    points = [point for point in result.at(ratio) if point.method not in CONTROLS and point.name in answers]
    if not points:
        return None
    against = {point.name: paired(answers[ORIGINAL], answers[point.name]) for point in points}
    best = max(points, key=lambda point: _goodness(against[point.name]))
    setting = f"best of {len(points)} methods at {ratio:.3g}x" if len(points) > 1 else f"at {ratio:.3g}x"
    smaller = best.original_entries / best.stored_entries
    return _Outcome(Kind.COMPARISON, against[best.name], best.method, setting, smaller)


def _best_of_scan(result: ScanResult) -> _Outcome | None:
    """The point with the highest accuracy; of equals the one with the smaller loss."""
    answers = result.evaluation.answers
    steps = [step for step in result.steps if step.name in answers]
    if not steps:
        return None
    against = {step.name: paired(answers[ORIGINAL], answers[step.name]) for step in steps}
    best = max(steps, key=lambda step: _goodness(against[step.name]))
    setting = f"best of {len(steps)} ratios, {_ranks_text(best.ranks.values())}"
    return _Outcome(Kind.SCAN, against[best.name], "tensorllm", setting, best.compression_ratio)


def _goodness(against: Paired) -> tuple[float, float]:
    return against.accuracy.after, -against.loss.after


def _ranks_text(ranks: Iterable[tuple[int, ...]]) -> str:
    different = sorted(set(ranks))
    return f"ranks ({', '.join(map(str, different[0]))})" if len(different) == 1 else "each layer's own ranks"
