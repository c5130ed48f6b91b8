"""HotPotQA: questions that need two facts, answered freely.

Protocol as LASER and TensorLLM use it: of the configuration `fullwiki`, the first len(validation) rows of train, then
validation (the test split has no answers); answers of at most 15 LLaMA tokens; right when the gold answer stands in
15 generated tokens. The papers keep 14,618 of 14,810 questions. A tokenizer is not at hand here, so tokens are
estimated by `pieces`; a few answers that the papers drop may stay, none of them in reach of 15 tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from tensorllm_core.benchmarks.benchmark import Answering, Question, Row
from tensorllm_core.benchmarks.hub import HubData
from tensorllm_core.benchmarks.hub_benchmark import HubBenchmark
from tensorllm_core.benchmarks.prompt_text import end_sentence

__all__ = ["HOTPOTQA", "hotpotqa_questions", "pieces"]

_LONGEST_ANSWER = 15


def hotpotqa_questions(train: Sequence[Row], validation: Sequence[Row]) -> tuple[Question, ...]:
    """Rows of the data set as questions: as many of train as validation has, then validation; long answers left out.

    >>> hotpotqa_questions([], [{"id": "a", "question": "Who ", "answer": " Ann", "type": "bridge"}])
    (Question(id='a', topic='bridge', text='Who?', answer='Ann', choices=()),)
    """
    return tuple(
        Question(row["id"], row["type"], end_sentence(row["question"], mark="?"), row["answer"].strip())
        for row in chain(train[: len(validation)], validation)
        if 0 < pieces(row["answer"]) <= _LONGEST_ANSWER
    )


def pieces(answer: str) -> int:
    """Words, single digits and other marks in a text: about the least number of LLaMA tokens it can take.

    >>> pieces("May 1994, in Rome")
    8
    """
    return len(re.findall(r"\d|[^\W\d]+|[^\w\s]", answer))


HOTPOTQA = HubBenchmark(
    name="hotpotqa",
    title="HotPotQA",
    words="Questions that need two facts, answered freely.",
    data=HubData(
        "hotpotqa/hotpot_qa",
        "fullwiki",
        ("train", "validation"),
        {"id": str, "question": str, "answer": str, "type": str},
    ),
    make_questions=hotpotqa_questions,
    template="{question} The answer is",
    answering=Answering.GENERATION,
    max_new_tokens=15,
    example_rows={
        "train": (
            {"id": "t1", "question": "Which is older, Rome or Berlin?", "answer": "Rome", "type": "comparison"},
            {"id": "t2", "question": "Who painted the queen of Ann's land", "answer": "Ed Lee", "type": "bridge"},
            {"id": "t3", "question": "Is Oslo larger than Rome?", "answer": "no", "type": "comparison"},
            {"id": "t4", "question": "When was Ann's father born?", "answer": "May 1, 1994", "type": "bridge"},
            {"id": "t5", "question": "Where does Ed's aunt live?", "answer": "Bonn", "type": "bridge"},
        ),
        "validation": (
            {"id": "v1", "question": "Which river passes Ann's town?", "answer": "the Rhine", "type": "bridge"},
            {"id": "v2", "question": "What did Ed's team win?", "answer": "a cup, " * 9, "type": "bridge"},
            {"id": "v3", "question": "Are Ann and Ed both poets?", "answer": "yes", "type": "comparison"},
        ),
    },
)
