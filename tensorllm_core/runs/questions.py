"""The questions of a plan: which files and registered benchmarks they come from, their order, their wording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split, check_template
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED, benchmark_named, load_questions
from tensorllm_core.benchmarks.sampling import check_limit, shuffled
from tensorllm_core.errors import RequestError
from tensorllm_core.runs.plan import QuestionPlan

__all__ = ["OWN_FILE", "plan_questions", "questions_of", "wave_size"]

OWN_FILE = "own file"
"""The name of an uploaded file among the benchmarks of a screen."""

_ROUNDS = 8
"""About how many results a run shows before its end."""
_LEAST_WAVE, _MOST_WAVE = 32, 256


def plan_questions(
    references: Sequence[str] = (),
    split: Split = Split.TEST,
    sample: int | None = None,
    template: str = "",
    uploaded: QuestionSet | None = None,
) -> QuestionPlan:
    """The questions of registered benchmarks and of files, which are read here; no reference means the bundled ones.

    Args:
        references: names of benchmarks, paths of files, or `OWN_FILE` for the uploaded questions.
        sample: questions of each benchmark; None for all.
        template: a prompt with `{question}`; empty for each benchmark's own.

    Raises:
        RequestError: the uploaded questions are named, and there are none.
        BenchmarkError: no such benchmark, a file that cannot be read as questions, a sample below 1, or a template
            without a place for the question.
        FileAccessError: a file that may not be read.
    """
    check_limit(sample)
    if template:
        check_template(template)
    names, own = [], []
    for reference in dict.fromkeys(references) or BUNDLED:
        if reference == OWN_FILE:
            if uploaded is None:
                raise RequestError(
                    "Expected your own questions, got a link without the file; upload it again under Questions."
                )
            own.append(uploaded)
        elif reference not in BENCHMARKS and Path(reference).suffix:
            own.append(load_questions(reference, split))
        else:
            names.append(benchmark_named(reference).name)
            continue
        names.append(own[-1].benchmark)
    return QuestionPlan(tuple(names), split, sample, template, tuple(own))


def questions_of(plan: QuestionPlan, load: Callable[[str, Split], QuestionSet]) -> list[QuestionSet]:
    """The questions to ask, in a fixed random order.

    Raises:
        BenchmarkError: questions that cannot be had, a sample below 1, a template without a place for the question.
    """
    own = {questions.benchmark: questions for questions in plan.own}
    question_sets = []
    for name in plan.benchmarks:
        questions = own[name] if name in own else load(name, plan.split)
        if plan.template:
            questions = questions.with_template(plan.template)
        question_sets.append(shuffled(questions, plan.sample))
    return question_sets


def wave_size(question_sets: Sequence[QuestionSet]) -> int:
    """Questions of one benchmark in a wave: few enough that a run shows about `_ROUNDS` results before its end."""
    most = max(len(questions.questions) for questions in question_sets)
    return min(max(-(-most // _ROUNDS), _LEAST_WAVE), _MOST_WAVE)
