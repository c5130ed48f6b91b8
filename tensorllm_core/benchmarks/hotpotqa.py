"""HotPotQA as LASER and TensorLLM use it: answer a question of two hops freely, in at most 15 tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Benchmark, Question, QuestionSet, Split
from tensorllm_core.benchmarks.hub import Row, load_rows, question_set

__all__ = ["HOTPOTQA", "hotpotqa", "hotpotqa_questions"]

_MOST_TOKENS = 15
_TOKENS_A_WORD = 1.5


def hotpotqa(split: Split, folder: Path | None = None) -> QuestionSet:
    """The first rows of train, as many as validation has, then validation (PAPER's protocol).

    Raises:
        BenchmarkError: the data set cannot be had.
    """
    train, validation = load_rows("hotpotqa", "hotpot_qa", "fullwiki", ("train", "validation"), folder)
    questions = hotpotqa_questions([*train[: len(validation)], *validation])
    return question_set(
        "hotpotqa",
        split,
        questions,
        template="{question} The answer is",
        answering=Answering.GENERATION,
        max_new_tokens=_MOST_TOKENS,
    )


def hotpotqa_questions(rows: Iterable[Row]) -> Iterator[Question]:
    """Questions with a short answer.

    The papers keep answers of at most 15 LLaMA tokens. No tokenizer is at hand here, so words are counted, at one and
    a half tokens each: the set is nearly, not exactly, theirs.

    >>> [found.text for found in hotpotqa_questions([{"id": "1", "question": "who", "answer": "Ann Lee"}])]
    ['who?']
    """
    for number, row in enumerate(rows):
        text, answer = str(row["question"]).strip(), str(row["answer"]).strip()
        if text and answer and _TOKENS_A_WORD * len(answer.split()) <= _MOST_TOKENS:
            yield Question(f"{number} {row.get('id', '')}", str(row.get("type", "")), f"{text.rstrip('?. ')}?", answer)


HOTPOTQA = Benchmark("hotpotqa", "HotPotQA", "Two-hop questions, answered freely.", "hotpot_qa (fullwiki)", hotpotqa)
