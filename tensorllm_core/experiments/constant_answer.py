"""A model that gives one answer to every question, or to nearly every one: its accuracy says little about reasoning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.listing import listed

__all__ = ["ConstantAnswer", "constant_answer", "constant_answers_json", "constant_sentences"]

_NEARLY = 0.95
"""Share of the questions from which one answer counts as the answer to nearly all of them."""
_LEAST = 20
"""Questions from which nearly all of them count."""
_MOST_CHARACTERS = 60


@dataclass(frozen=True)
class ConstantAnswer:
    """The answer that a model gives `count` of `n` times."""

    answer: str
    count: int
    n: int

    @property
    def text(self) -> str:
        """What the model does, without its name.

        >>> ConstantAnswer("false", 300, 300).text
        'answers `false` 300 of 300 times'
        """
        shown = " ".join(self.answer.split()).replace("`", "'")
        shown = shown if len(shown) <= _MOST_CHARACTERS else f"{shown[:_MOST_CHARACTERS]}..."
        return f"{f'answers `{shown}`' if shown else 'writes nothing'} {self.count:,} of {self.n:,} times"


def constant_answer(answers: Answers) -> ConstantAnswer | None:
    """The answer that a model gives to all questions, or to at least 95% of 20 or more; None without such an answer.

    None, too, where the right answers are as constant: then the model may know them.
    """
    n = len(answers.predicted)
    gold = Counter(question.answer for question in answers.questions)
    if n < 2 or len(gold) < 2:
        return None
    answer, count = Counter(answers.predicted).most_common(1)[0]
    nearly = n >= _LEAST and count >= _NEARLY * n and gold[answer] < _NEARLY * n
    return ConstantAnswer(answer, count, n) if count == n or nearly else None


def constant_sentences(answers: Mapping[str, Mapping[str, Answers]]) -> list[str]:
    """A sentence for each subject and benchmark with such an answer; subjects that do the same share one.

    Args:
        answers: by the names of the subject and of the benchmark.
    """
    subjects_of: dict[tuple[str, ConstantAnswer], list[str]] = {}
    for subject, by_benchmark in answers.items():
        for benchmark, each in by_benchmark.items():
            if constant := constant_answer(each):
                subjects_of.setdefault((benchmark, constant), []).append(subject)
    several = len({benchmark for by_benchmark in answers.values() for benchmark in by_benchmark}) > 1
    sentences = []
    for (benchmark, constant), subjects in subjects_of.items():
        where = f" on {benchmark}" if several else ""
        sentences.append(f"{_capital(listed(subjects))}: {constant.text}{where}, whatever the question is.")
    return sentences


def constant_answers_json(answers: Mapping[str, Answers]) -> dict[str, dict[str, object]]:
    """The constant answers of one subject, by benchmark, as an object of JSON's types; empty where there are none."""
    found = {benchmark: constant_answer(each) for benchmark, each in answers.items()}
    return {
        benchmark: {"answer": constant.answer, "count": constant.count, "n": constant.n}
        for benchmark, constant in found.items()
        if constant
    }


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
