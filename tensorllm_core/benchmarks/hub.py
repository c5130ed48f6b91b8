"""Rows of a public data set: from the Hugging Face hub, from this machine's cache of it, or from a local folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any

from tensorllm_core.errors import BenchmarkError

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["HubData", "Row", "hub_rows"]

Row = dict[str, Any]

_PATIENCE = 5.0
"""Seconds to wait for the hub's first answer; unasked, the library tries for half a minute where there is none."""

_BUILDERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
_CONVERTED = "refs/convert/parquet"
"""Where the hub keeps a copy of each data set as Parquet files, also of one that is made by a program."""


@dataclass(frozen=True)
class HubData:
    """A data set of the hub: the splits that are read, in their order, and the columns with their types.

    `fields` are what a file of one's own needs to stand in for it.
    """

    repository: str
    configuration: str
    splits: tuple[str, ...]
    columns: Mapping[str, type | UnionType]
    fields: tuple[str, ...] = ("question", "answer")


def hub_rows(data: HubData, folder: Path | None = None) -> tuple[list[Row], ...]:
    """The rows of each split with the named columns; a row with another type in one of them is left out.

    With a `folder`, nothing is asked of the hub: each split is `SPLIT.jsonl` or `SPLIT.parquet` there, parts named
    `SPLIT-00000-of-00002.parquet`, or a folder `SPLIT` of such files.

    Raises:
        BenchmarkError: the data set cannot be had, or lacks a split or a column.
    """
    place = f"`{data.repository}` from the Hugging Face hub" if folder is None else f"a data set in {folder}"
    try:
        found = _from_hub(data) if folder is None else _from_folder(data, folder)
        return tuple(_rows(data, dataset) for dataset in found)
    except _NoRowsError as error:
        raise _unavailable(data, place, str(error)) from error
    except Exception as error:
        # The library fails in the ways of HTTP, Arrow, JSON and the file system; each means that there are no rows.
        first = str(error).strip().partition("\n")[0][:200].rstrip(".")
        raise _unavailable(data, place, f"{type(error).__name__} ({first})") from error


class _NoRowsError(Exception):
    """Why there are no rows, in words."""


def _unavailable(data: HubData, place: str, reason: str) -> BenchmarkError:
    *most, last = data.fields
    return BenchmarkError(
        f"Expected {place}, got {reason}; try again later, or save the data set as JSON Lines with the fields "
        f"{', '.join(most)} and {last} and give that file."
    )


def _rows(data: HubData, dataset: Dataset) -> list[Row]:
    missing = [column for column in data.columns if column not in dataset.column_names]
    if missing:
        raise _NoRowsError(f"no column `{missing[0]}` among {', '.join(f'`{name}`' for name in dataset.column_names)}")
    rows = dataset.select_columns(list(data.columns)).to_list()
    return [row for row in rows if all(isinstance(row[name], kind) for name, kind in data.columns.items())]


def _from_hub(data: HubData) -> Sequence[Dataset]:
    # Imported here, as below: it costs a second, and only these benchmarks need it.
    from datasets import load_dataset

    trouble = _trouble(data.repository)
    if trouble is not None:
        found = _cached(data) or _cached_converted(data)
        if found is None:
            raise _NoRowsError(f"{trouble} and no copy in this machine's cache")
        return found
    try:
        return load_dataset(data.repository, data.configuration, split=list(data.splits))
    except RuntimeError as error:
        if "scripts are no longer supported" not in str(error):
            raise
    # Programs of others are never run here.
    return _from_folder(data, _converted(data, local_files_only=False))


def _trouble(repository: str) -> str | None:
    """Why the hub will not give the data set, where it says so or says nothing."""
    from huggingface_hub import constants, get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    address = f"{constants.ENDPOINT}/api/datasets/{repository}"
    try:
        status = get_session().head(address, timeout=_PATIENCE, follow_redirects=True).status_code
    except OfflineModeIsEnabled:
        return "offline mode (`HF_HUB_OFFLINE`)"
    except Exception as error:  # whatever transport the library stands on
        return f"no answer from {constants.ENDPOINT} ({type(error).__name__})"
    if status in {401, 403, 404}:
        return f"no such data set there (status {status})"
    return None if status < 400 else f"status {status} from {constants.ENDPOINT}"


def _cached(data: HubData) -> Sequence[Dataset] | None:
    # What `load_dataset` itself falls back to, but only after it has asked the hub again and again.
    from datasets.packaged_modules.cache.cache import Cache

    try:
        builder = Cache(
            repo_id=data.repository,
            dataset_name=data.repository.partition("/")[2],
            config_name=data.configuration,
            version="auto",
            hash="auto",
        )
        return [builder.as_dataset(split=split) for split in data.splits]
    except Exception:  # not there, or only half of it
        return None


def _cached_converted(data: HubData) -> Sequence[Dataset] | None:
    try:
        return _from_folder(data, _converted(data, local_files_only=True))
    except Exception:  # not there, or only half of it
        return None


def _converted(data: HubData, *, local_files_only: bool) -> Path:
    from huggingface_hub import snapshot_download

    folder = snapshot_download(
        data.repository,
        repo_type="dataset",
        revision=_CONVERTED,
        allow_patterns=[f"{data.configuration}/{split}/*.parquet" for split in data.splits],
        local_files_only=local_files_only,
    )
    return Path(folder) / data.configuration


def _from_folder(data: HubData, folder: Path) -> Sequence[Dataset]:
    from datasets import load_dataset

    files = {split: _files(folder, split) for split in data.splits}
    return [
        load_dataset(_BUILDERS[paths[0].suffix], data_files={split: [str(path) for path in paths]}, split=split)
        for split, paths in files.items()
    ]


def _files(folder: Path, split: str) -> list[Path]:
    for suffix in _BUILDERS:
        for pattern in (f"{split}{suffix}", f"{split}-*-of-*{suffix}", f"{split}/*{suffix}"):
            found = sorted(path for path in folder.glob(pattern) if path.is_file())
            if found:
                return found
    raise _NoRowsError(f"no file `{split}.jsonl` or `{split}.parquet` there")
