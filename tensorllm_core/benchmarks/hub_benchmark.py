"""A benchmark of a public data set: which rows to read, how they become questions, how a model is asked them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Row, Split
from tensorllm_core.benchmarks.hub import HubData, hub_rows
from tensorllm_core.benchmarks.splits import take_split

__all__ = ["HubBenchmark"]


@dataclass(frozen=True, kw_only=True)
class HubBenchmark:
    """A benchmark as data, apart from one function.

    - `make_questions`: takes the rows of the data set, one argument for each split of `data.splits`, and gives all
      questions. Every row has the columns of `data`, each of its type; the function checks what else a row needs.
    - `example_rows`: made-up rows of each split, in the columns of `data`. The shared test runs the benchmark on them,
      so at least two rows a split and rows for five questions; add one of each kind that makes no question.
    - `template`, `answering`, `max_new_tokens`: as in `QuestionSet`.
    """

    name: str
    title: str
    words: str
    data: HubData
    make_questions: Callable[..., tuple[Question, ...]]
    example_rows: Mapping[str, tuple[Row, ...]]
    template: str = "{question}"
    answering: Answering = Answering.CHOICE
    max_new_tokens: int = 0

    def load(self, split: Split, folder: Path | None = None) -> QuestionSet:
        """The questions of one split: validation is the first 20%.

        From the hub, or from a folder with the files that `hub_rows` reads.

        Raises:
            BenchmarkError: as `hub_rows` and `take_split`.
        """
        fields = ("question", "answer", "choices") if self.answering is Answering.CHOICE else ("question", "answer")
        questions = self.make_questions(*hub_rows(self.data, folder, fields))
        return QuestionSet(
            self.name, split, take_split(questions, split), self.answering, self.template, self.max_new_tokens
        )

    def example_files(self) -> dict[str, list[Row]]:
        """`example_rows` as files: one for each split of the data set."""
        return {f"{split}.jsonl": list(rows) for split, rows in self.example_rows.items()}
