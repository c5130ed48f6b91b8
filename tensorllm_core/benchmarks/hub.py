"""Rows of a public data set: from the Hugging Face hub, from this machine's cache of it, or from a local folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorllm_core.errors import BenchmarkError

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["HubData", "Row", "hub_rows"]

Row = dict[str, Any]

_PATIENCE = 5.0
"""Seconds to wait for the hub's first answer; without this question the library retries for half a minute."""

_BUILDERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
_CONVERTED = "refs/convert/parquet"


@dataclass(frozen=True)
class HubData:
    """A data set of the hub: which splits of it are read, in their order, and which columns.

    `fields` are what a file of one's own needs to stand in for it.
    """

    repository: str
    configuration: str | None
    splits: tuple[str, ...]
    columns: tuple[str, ...]
    fields: tuple[str, ...] = ("question", "answer")


def hub_rows(data: HubData, folder: Path | None = None) -> tuple[list[Row], ...]:
    """The rows of each split, with the named columns only.

    With a `folder`, nothing is asked of the hub: each split is `SPLIT.jsonl`, `SPLIT.json` or `SPLIT.parquet` there, or
    parts named `SPLIT-00000-of-00002.parquet`.

    Raises:
        BenchmarkError: the data set cannot be had, or lacks a split or a column.
    """
    place = f"`{data.repository}` from the Hugging Face hub" if folder is None else f"a data set in {folder}"
    # The library can fail in the ways of HTTP, Arrow, JSON and the file system; each means that there are no rows.
    try:
        found = _from_hub(data) if folder is None else _from_folder(data, folder)
        rows = tuple(_columns(data, dataset) for dataset in found)
    except _NoRowsError as error:
        raise _unavailable(data, place, str(error)) from error
    except Exception as error:
        first = str(error).strip().partition("\n")[0][:200]
        raise _unavailable(data, place, f"{type(error).__name__} ({first})") from error
    return rows


class _NoRowsError(Exception):
    """Why there are no rows, in words."""


def _unavailable(data: HubData, place: str, reason: str) -> BenchmarkError:
    *most, last = data.fields
    return BenchmarkError(
        f"Expected {place}, got {reason}; try again later, or save the data set as JSON Lines with the fields "
        f"{', '.join(most)} and {last} and give that file."
    )


def _columns(data: HubData, dataset: Dataset) -> list[Row]:
    missing = [column for column in data.columns if column not in dataset.column_names]
    if missing:
        raise _NoRowsError(f"no column `{missing[0]}` among {', '.join(f'`{name}`' for name in dataset.column_names)}")
    return dataset.select_columns(list(data.columns)).to_list()


def _from_hub(data: HubData) -> Sequence[Dataset]:
    # Imported here: it costs a second, and only these benchmarks need it.
    from datasets import load_dataset

    trouble = _trouble(data.repository)
    splits = list(data.splits)
    if trouble is not None:
        try:
            return load_dataset(
                "cache", data.configuration, repo_id=data.repository, version="auto", hash="auto", split=splits
            )
        except Exception as error:
            raise _NoRowsError(f"{trouble} and no copy in this machine's cache") from error
    try:
        return load_dataset(data.repository, data.configuration, split=splits)
    except RuntimeError as error:
        if "scripts are no longer supported" not in str(error):
            raise
    # The hub keeps a converted copy of the data sets that are made by a program; programs are never run here.
    files = {split: f"{data.configuration or 'default'}/{split}/*.parquet" for split in splits}
    return load_dataset(data.repository, data_files=files, revision=_CONVERTED, split=splits)


def _trouble(repository: str) -> str | None:
    """Why the hub will not give the data set, if it says so or says nothing."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    address = f"{constants.ENDPOINT}/api/datasets/{repository}"
    try:
        status = get_session().head(address, timeout=_PATIENCE, follow_redirects=True).status_code
    except OfflineModeIsEnabled:
        return "offline mode (`HF_HUB_OFFLINE`)"
    except Exception as error:  # the client of the hub library is not ours to name
        return f"no answer from {constants.ENDPOINT} ({type(error).__name__})"
    if status in {401, 403, 404}:
        return f"no such data set there (status {status})"
    return None if status < 400 else f"the status {status}"


def _from_folder(data: HubData, folder: Path) -> Sequence[Dataset]:
    from datasets import load_dataset

    files = {split: _files(folder, split) for split in data.splits}
    builder = _BUILDERS[files[data.splits[0]][0].suffix]
    return load_dataset(
        builder,
        data_files={split: [str(path) for path in paths] for split, paths in files.items()},
        split=list(data.splits),
    )


def _files(folder: Path, split: str) -> list[Path]:
    for suffix in _BUILDERS:
        whole = folder / f"{split}{suffix}"
        parts = [whole] if whole.is_file() else sorted(folder.glob(f"{split}-*-of-*{suffix}"))
        if parts:
            return parts
    raise _NoRowsError(f"no file `{split}.jsonl` or `{split}.parquet` there")
