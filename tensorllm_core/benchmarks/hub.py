"""Rows of a data set on the Hugging Face hub, or of a local copy in the same schema; validation is the first 20 %."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.benchmarks.splits import first_fifth
from tensorllm_core.errors import BenchmarkError

__all__ = ["Row", "load_rows", "question_set"]

Row = Mapping[str, object]
_PATIENCE = 10.0
"""Seconds to wait for the hub's first answer."""


def load_rows(
    name: str, repository: str, config: str | None, splits: Sequence[str], folder: Path | None
) -> list[list[Row]]:
    """The rows of each split; from `folder/SPLIT.jsonl` where a folder is given.

    Raises:
        BenchmarkError: the hub or the folder cannot give them.
    """
    # Slow to import, and needed for the papers' data sets alone.
    import datasets
    from huggingface_hub import HfApi

    try:
        if folder is not None:
            files = {split: str(folder / f"{split}.jsonl") for split in splits}
            return [list(datasets.load_dataset("json", data_files=files, split=split)) for split in splits]
        # Asked first, because the loader tries for minutes where there is no network.
        HfApi().dataset_info(repository, timeout=_PATIENCE)
        return [list(datasets.load_dataset(repository, config, split=split)) for split in splits]
    except Exception as error:
        # Whatever the two libraries and their transport raise: no network, no such data set, a file that is no JSON.
        where = folder or f"`{repository}` on the hub"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise BenchmarkError(
            f"Expected the data set of `{name}` from {where}, got “{reason[:200]}”; try again with a network, or save "
            "its questions as JSON Lines with the fields question and answer and give that file."
        ) from error


def question_set(
    name: str,
    split: Split,
    questions: Iterable[Question],
    *,
    template: str,
    answering: Answering,
    max_new_tokens: int = 0,
) -> QuestionSet:
    """One split of all questions in their order.

    Raises:
        BenchmarkError: there are none.
    """
    every = tuple(questions)
    if not every:
        raise BenchmarkError(
            f"Expected questions in `{name}`, got rows of which none can be asked; choose another one."
        )
    return QuestionSet(name, split, first_fifth(every, split), answering, template, max_new_tokens)
