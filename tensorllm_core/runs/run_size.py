"""How many models a run asks how many questions, and about how long that takes: said before it is begun.

The price of a token is that of `experiments/needs.py`; small models take longer than that, as each question costs some
Python too. The decompositions, a download and the loading of the model are left out. Right to a factor of two or three.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.experiments.needs import Rate
from tensorllm_core.experiments.published_tables import PUBLISHED_BENCHMARKS
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.models.bundled_models import CLEAN
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import ComparisonPlan, EditPlan, QuestionPlan

__all__ = ["RunSize", "size_of_run"]

_CHARACTERS = 4.0
"""Of a token, about."""
_SECONDS_EACH = 3e-4
"""A question takes at least this long, whatever the size of the model."""


@dataclass(frozen=True)
class RunSize:
    """How many models are asked, how many questions each of them, and about how many seconds that takes.

    `who` says in words which models, `slow` has the titles of the methods whose decompositions take far longer than
    the others'.
    """

    who: str
    models: int
    questions: int
    seconds: float
    slow: tuple[str, ...] = ()


def size_of_run(
    plan: EditPlan | ComparisonPlan,
    checkpoint: Checkpoint,
    load_questions: Callable[[str, Split], QuestionSet],
    rate: Rate,
) -> RunSize:
    """The size of a run. Of questions that would have to be downloaded only the number is counted.

    Raises:
        BenchmarkError: as `load_questions`.
    """
    who, models = _models(plan)
    counted = [_count(name, plan.questions, load_questions) for name in plan.questions.benchmarks]
    questions, tokens = sum(number for number, _ in counted), sum(number * each for number, each in counted)
    seconds = models * (2.0 * checkpoint.parameters * tokens / rate.flops + _SECONDS_EACH * questions)
    methods = plan.methods if isinstance(plan, ComparisonPlan) else (plan.method,)
    slow = tuple(METHODS[name].title for name in methods if METHODS[name].is_slow)
    return RunSize(who, models, questions, seconds, slow)


def _models(plan: EditPlan | ComparisonPlan) -> tuple[str, int]:
    """Which models are asked, in words, and how many."""
    if isinstance(plan, ComparisonPlan):
        methods, ratios = len(plan.methods), len(plan.ratios)
        methods_text, ratios_text = _counted(methods, "method"), _counted(ratios, "budget")
        return f"the original, and {methods_text} at {ratios_text}", 1 + methods * ratios
    controls = plan.controls * (2 + (plan.model.reference in CLEAN))
    beside = f", and {_counted(controls, 'control')}" if controls else ""
    return f"the original and the compressed one{beside}", 2 + controls


def _counted(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _count(name: str, plan: QuestionPlan, load: Callable[[str, Split], QuestionSet]) -> tuple[int, float]:
    """How many questions of a benchmark are asked, and about how many tokens each of them has."""
    if name in PUBLISHED_BENCHMARKS:
        published = PUBLISHED_BENCHMARKS[name]
        parts = {Split.VALIDATION: published.validation_questions, Split.TEST: published.test_questions}
        number = parts.get(plan.split, published.examples)
        tokens = float(published.prompt_tokens + published.new_tokens)
    else:
        own = {each.benchmark: each for each in plan.own}
        asked = own[name] if name in own else load(name, plan.split)
        number = len(asked.questions)
        letters = sum(len(question.text) for question in asked.questions)
        tokens = letters / max(number, 1) / _CHARACTERS + asked.max_new_tokens
    return (number if plan.sample is None else min(number, plan.sample)), tokens
