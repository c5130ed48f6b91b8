"""Who is best at one budget, and whether that is more than chance, as plain texts: the headline and its live form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.compare.ranking import RankedMethod, difference_of
from pages.controls.texts import layers_text
from tensorllm_core.experiments.comparison_result import gone_by_method
from tensorllm_core.experiments.constant_answer import constant_sentences
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.statistics import best_of, better_than_control, direction_shown, verdict
from tensorllm_core.numbers_text import interval_text, points_text, share_text
from tensorllm_core.runs.comparison_run import Comparison
from tensorllm_core.runs.questions import wording_notices

__all__ = ["BudgetWords", "Number", "budget_words"]

_NOBODY = "No method can save as much as this budget asks for", "on these layers. Choose a smaller ratio."


@dataclass(frozen=True)
class Number:
    """A number of the headline, with what stands above and below it; `sign` is that of a difference that is shown."""

    label: str
    value: str
    note: str
    sign: int = 0
    help: str = ""


@dataclass(frozen=True)
class BudgetWords:
    """Numbers of the best method, the next one and the control, and of what is saved; then sentences.

    `claim` names the best method, `against` compares it with the original. Readers must not miss `warnings`.
    """

    numbers: tuple[Number, ...]
    saved: Number
    claim: str
    against: str = ""
    warnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def budget_words(comparison: Comparison, ratio: float, ranking: Sequence[RankedMethod]) -> BudgetWords:
    """The texts at this budget, at which the methods rank so."""
    methods = [each for each in ranking if not each.is_control]
    control = next((each for each in ranking if each.is_control), None)
    best, second = [*methods, None, None][:2]
    labels = (f"Best at {ratio:.3g}x", "Next", "Control")
    numbers = tuple(_number(label, each) for label, each in zip(labels, (best, second, control), strict=True))
    saved = _saved(comparison, ratio)
    if best is None:
        return BudgetWords(numbers, saved, *_NOBODY)
    answers = comparison.evaluation.answers
    subjects = {ORIGINAL: answers[ORIGINAL]} | {each.title: answers[each.point.name] for each in ranking}
    words = [best_of(best.against.accuracy, len(methods))] if second else []
    for other in (second, control):
        between = difference_of(comparison, best.point.method, other.point.method, ratio) if other else None
        if other and between:
            name = f"the control, {other.title}" if other.is_control else other.title
            words.append(better_than_control(between.accuracy, name))
    if not comparison.evaluation.complete:
        words.append(comparison.evaluation.so_far)
    return BudgetWords(
        numbers,
        saved,
        claim=_claim(best),
        against=f"Against the original: {verdict(best.against.accuracy)}",
        # A control is made to lose: only of the others it is news.
        warnings=(*gone_by_method([each.point for each in methods]), *constant_sentences(subjects)),
        words=tuple(words),
        notices=(*wording_notices(comparison.plan.questions), *comparison.evaluation.notices),
    )


def _number(label: str, each: RankedMethod | None) -> Number:
    if each is None:
        return Number(label, "–", "not compared")
    accuracy = each.against.accuracy
    return Number(
        f"{label}: {each.title}",
        f"{share_text(accuracy.before, 1)} → {share_text(accuracy.after, 1)}",
        f"{points_text(accuracy.delta)}, loss {each.against.loss.delta:+.2f}",
        sign=direction_shown(accuracy),
        help=(
            f"Mean accuracy over the benchmarks, {ORIGINAL} and compressed; 95% interval of the difference, in points: "
            f"{interval_text(accuracy.interval.low, accuracy.interval.high)}. Loss in nats."
        ),
    )


def _saved(comparison: Comparison, ratio: float) -> Number:
    saved = comparison.entries - int(comparison.entries / ratio)
    return Number(
        "Every method saves at least",
        f"{saved * comparison.layers:,}",
        f"{share_text(saved / comparison.entries)} of the attention of {layers_text(comparison.plan.layers)}",
        help="Entries that need not be stored any more. The same for all methods, whatever they replace",
    )


def _claim(best: RankedMethod) -> str:
    """What the best of the methods has to show for itself: where it loses answers, it is not praised."""
    accuracy = best.against.accuracy
    if direction_shown(accuracy) < 0:
        return f"No method keeps the accuracy of the original; {best.title} loses least of it."
    shown = "" if direction_shown(accuracy) > 0 else ", but is not shown to be better than the original"
    return f"{best.title} has the highest accuracy of these methods{shown}."
