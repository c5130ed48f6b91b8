"""HotPotQA: questions that need two facts, answered freely.

Protocol as LASER and TensorLLM use it: of the configuration `fullwiki`, the first len(validation) rows of train, then
validation (the test split has no answers); answers of at most 15 LLaMA tokens; right when the gold answer stands in
15 generated tokens. The papers keep 14,618 of 14,810 questions. A tokenizer is not at hand here, so tokens are
estimated by `pieces`; a few answers that the papers drop may stay, none of them in reach of 15 tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import HubData, Row, hub_rows
from tensorllm_core.benchmarks.splits import part

__all__ = ["HOTPOTQA", "hotpotqa_questions", "load_hotpotqa", "pieces"]

_DATA = HubData(
    "hotpotqa/hotpot_qa",
    "fullwiki",
    ("train", "validation"),
    {"id": str, "question": str, "answer": str, "type": str},
)
_LONGEST_ANSWER = 15
_NEW_TOKENS = 15
_TEMPLATE = "{question} The answer is"


def load_hotpotqa(split: Split, folder: Path | None = None) -> QuestionSet:
    """The questions of one split; from local files `train` and `validation` if a folder is given.

    Raises:
        BenchmarkError: as `hub_rows`, or no question is left.
    """
    train, validation = hub_rows(_DATA, folder)
    questions = hotpotqa_questions(chain(islice(train, len(validation)), validation))
    return QuestionSet("hotpotqa", split, part(questions, split), Answering.GENERATION, _TEMPLATE, _NEW_TOKENS)


def hotpotqa_questions(rows: Iterable[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions, long answers left out.

    >>> hotpotqa_questions([{"id": "a", "question": "Who ", "answer": " Ann", "type": "bridge"}])
    (Question(id='a', topic='bridge', text='Who?', answer='Ann', choices=()),)
    """
    return tuple(
        Question(row["id"], row["type"], _ended(row["question"].strip()), row["answer"].strip())
        for row in rows
        if 0 < pieces(row["answer"]) <= _LONGEST_ANSWER
    )


def pieces(answer: str) -> int:
    """Words, single digits and other marks in a text: about the least number of LLaMA tokens it can take.

    >>> pieces("May 1994, in Rome")
    8
    """
    return len(re.findall(r"\d|[^\W\d]+|[^\w\s]", answer))


def _ended(question: str) -> str:
    return question if question.endswith(("?", ".")) else f"{question}?"


HOTPOTQA = Benchmark(
    "hotpotqa", "HotPotQA", "Questions that need two facts, answered freely.", _DATA.repository, load_hotpotqa
)
