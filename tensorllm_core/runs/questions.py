"""The questions of a plan: which files and registered benchmarks they come from, their order, their wording."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, QuestionSet, Split, check_template
from tensorllm_core.benchmarks.own_file import OWN_NEW_TOKENS
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED, benchmark_named, load_questions
from tensorllm_core.benchmarks.sampling import check_limit, shuffled
from tensorllm_core.errors import RequestError
from tensorllm_core.models.bundled_models import BUNDLED as BUNDLED_MODELS
from tensorllm_core.runs.plan import QuestionPlan

__all__ = [
    "MADE_UP",
    "OWN_FILE",
    "default_benchmarks",
    "made_up_notice",
    "plan_questions",
    "questions_of",
    "wave_size",
    "wording_notices",
]

MADE_UP = "about a made-up world that only the bundled models were trained on"
"""What the bundled benchmarks are."""

OWN_FILE = "own file"
"""The name of an uploaded file among the benchmarks of a screen."""

_ROUNDS = 8
"""About how many results a run shows before its end."""
_LEAST_WAVE, _MOST_WAVE = 32, 256


def default_benchmarks(model: str) -> tuple[str, ...]:
    """The benchmarks of a model until a person chooses some: the bundled ones for the bundled models, none for others.

    >>> default_benchmarks("owner/name")
    ()
    """
    return BUNDLED if model in BUNDLED_MODELS else ()


def made_up_notice(model: str, benchmarks: Sequence[str]) -> str:
    """A sentence where a model that is not bundled is asked about the made-up world; else empty.

    >>> made_up_notice("demo-decoder", ["world-hop"]), made_up_notice("owner/name", ["fever"])
    ('', '')
    """
    made_up = [name for name in benchmarks if name in BUNDLED]
    if model in BUNDLED_MODELS or not made_up:
        return ""
    are = "is" if len(made_up) == 1 else "are"
    return f"{', '.join(made_up)} {are} {MADE_UP}: what `{model}` answers there says little about it."


def wording_notices(plan: QuestionPlan) -> tuple[str, ...]:
    """What a reader of a result should know of how the questions were put to the model."""
    return ("Each question is in the chat template of the model's tokenizer.",) if plan.chat else ()


def plan_questions(
    references: Sequence[str] = (),
    split: Split = Split.TEST,
    sample: int | None = None,
    template: str = "",
    uploaded: QuestionSet | None = None,
    *,
    chat: bool = False,
    max_new_tokens: int | None = None,
) -> QuestionPlan:
    """The questions of registered benchmarks and of files, which are read here.

    Args:
        references: names of benchmarks, paths of files, or `OWN_FILE` for the uploaded questions.
        sample: questions of each benchmark; None for all.
        template: a prompt with `{question}`; empty for each benchmark's own.
        chat: whether prompts are put into the chat template of the model's tokenizer.
        max_new_tokens: tokens of an answer to the questions of a file without choices; None for the usual number.

    Raises:
        RequestError: the uploaded questions are named, and there are none; or a number of tokens, and no file whose
            answers the model writes.
        BenchmarkError: no such benchmark, a file that cannot be read as questions, a sample below 1, or a template
            without a place for the question.
        FileAccessError: a file that may not be read.
    """
    check_limit(sample)
    if template:
        check_template(template)
    names, own = [], []
    for reference in dict.fromkeys(references):
        if reference == OWN_FILE:
            if uploaded is None:
                raise RequestError(
                    "Expected your own questions, got a link without the file; upload it again under Questions."
                )
            own.append(uploaded)
        elif reference not in BENCHMARKS and Path(reference).suffix:
            tokens = OWN_NEW_TOKENS if max_new_tokens is None else max_new_tokens
            own.append(load_questions(reference, split, tokens))
        else:
            names.append(benchmark_named(reference).name)
            continue
        names.append(own[-1].benchmark)
    if max_new_tokens is not None and not any(each.answering is Answering.GENERATION for each in own):
        came = "files with choices, where the model writes nothing" if own else "benchmarks, which have their own"
        raise RequestError(
            f"Expected a file of your own without choices with a number of new tokens, got {came}; leave the number "
            "out."
        )
    return QuestionPlan(tuple(names), split, sample, template, tuple(own), chat)


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
        question_sets.append(shuffled(replace(questions, chat=plan.chat), plan.sample))
    return question_sets


def wave_size(question_sets: Sequence[QuestionSet]) -> int:
    """Questions of one benchmark in a wave: few enough that a run shows about `_ROUNDS` results before its end."""
    most = max(len(questions.questions) for questions in question_sets)
    return min(max(-(-most // _ROUNDS), _LEAST_WAVE), _MOST_WAVE)
