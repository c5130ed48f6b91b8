"""Rows of a public data set: from the Hugging Face hub, from this machine's cache of it, or from a local folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias, UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from tensorllm_core.benchmarks.benchmark import Row
from tensorllm_core.errors import BenchmarkError

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["HubData", "hub_rows"]

_PATIENCE = 5.0
"""Seconds to wait for the hub's first answer. The library itself tries for half a minute."""

_BUILDERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
_CONVERTED = "refs/convert/parquet"
"""Where the hub keeps a copy of each data set as Parquet files, also of one that a program makes."""


@dataclass(frozen=True)
class HubData:
    """A data set of the hub: the splits to read, in their order, and the columns with their types.

    `configuration` is `default` for a data set that has only one. A type is one such as `str`, `int | str` or
    `list[str]`. A mapping from names to types stands for a column of objects.
    """

    repository: str
    configuration: str
    splits: tuple[str, ...]
    columns: Mapping[str, type | UnionType | GenericAlias | Mapping[str, Any]]


def hub_rows(
    data: HubData, folder: Path | None = None, fields: Sequence[str] = ("question", "answer")
) -> tuple[list[Row], ...]:
    """The rows of each split with the named columns. A row that has another type in one of them is left out.

    With a `folder`, the hub is not asked. Each split is `SPLIT.jsonl` or `SPLIT.parquet` there, parts named
    `SPLIT-00000-of-00002.parquet`, or a folder `SPLIT` of such files. `fields` are what a person's own file of
    questions needs; the error names them where the hub does not give the data set.

    Raises:
        BenchmarkError: the data set cannot be had, or lacks a split or a column.
    """
    try:
        splits = _from_hub(data) if folder is None else _from_folder(data, folder)
        return tuple(_rows(data, split) for split in splits)
    except _NoRowsError as error:
        raise _unavailable(data, folder, fields, str(error)) from error
    except Exception as error:
        # The library fails in the ways of HTTP, Arrow, JSON and the file system; each means that there are no rows.
        raise _unavailable(data, folder, fields, _reason(error)) from error


class _NoRowsError(Exception):
    """Why there are no rows, in words."""


def _unavailable(data: HubData, folder: Path | None, fields: Sequence[str], reason: str) -> BenchmarkError:
    if folder is None:
        return BenchmarkError(
            f"Expected the data set `{data.repository}` from the Hugging Face hub, got {reason}; try again when the "
            f"hub can be reached, or write the questions to a .jsonl file with the fields {_listed(fields)} and choose "
            "that file."
        )
    files = [f"{split}.jsonl" for split in data.splits]
    return BenchmarkError(
        f"Expected a copy of the data set `{data.repository}` in {folder}, got {reason}; put {_listed(files)} there, "
        f"with the columns {_listed(list(data.columns))}."
    )


def _listed(names: Sequence[str]) -> str:
    """The names in words: `a`, `b` and `c`."""
    *most, last = [f"`{name}`" for name in names]
    return f"{', '.join(most)} and {last}" if most else last


def _reason(error: BaseException) -> str:
    # The library wraps an error such as a broken line's in one that says nothing.
    while error.__cause__ is not None:
        error = error.__cause__
    first_line = str(error).strip().partition("\n")[0][:200].rstrip(".")
    return f"{type(error).__name__} ({first_line})" if first_line else type(error).__name__


def _rows(data: HubData, dataset: Dataset) -> list[Row]:
    missing = [column for column in data.columns if column not in dataset.column_names]
    if missing:
        raise _NoRowsError(f"no column `{missing[0]}` among {', '.join(f'`{name}`' for name in dataset.column_names)}")
    rows = dataset.select_columns(list(data.columns)).to_list()
    return [row for row in rows if all(_is_of(row[name], kind) for name, kind in data.columns.items())]


def _is_of(value: object, kind: Any) -> bool:
    if isinstance(kind, Mapping):
        return isinstance(value, dict) and all(name in value and _is_of(value[name], kind[name]) for name in kind)
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is_of(item, get_args(kind)[0]) for item in value)
    # To Python a truth value is a number too; to a data set it is not.
    return isinstance(value, kind) and (not isinstance(value, bool) or bool in (get_args(kind) or (kind,)))


def _from_hub(data: HubData) -> Sequence[Dataset]:
    # Imported here, as below: it costs a second, and only these benchmarks need it.
    from datasets import load_dataset

    # 1. A hub that does not answer is not asked again: what the cache holds is read at once.
    trouble = _trouble(data.repository)
    if trouble is not None:
        splits = _cached(data) or _cached_converted(data)
        if splits is None:
            raise _NoRowsError(f"{trouble} and no copy in this machine's cache")
        return splits
    # 2. The data set's own files.
    try:
        return load_dataset(data.repository, data.configuration, split=list(data.splits))
    except RuntimeError as error:
        if "scripts are no longer supported" not in str(error):
            raise
    # 3. The hub's Parquet copy of a data set that a program makes. Programs of others never run here.
    return _from_folder(data, _converted(data, local_files_only=False))


def _trouble(repository: str) -> str | None:
    """Why the hub will not give the data set; None where it will."""
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
            paths = sorted(path for path in folder.glob(pattern) if path.is_file())
            if paths:
                return _checked(paths)
    raise _NoRowsError(f"no file `{split}.jsonl` or `{split}.parquet` there")


def _checked(paths: list[Path]) -> list[Path]:
    for path in paths:
        if path.stat().st_size == 0:
            raise _NoRowsError(f"an empty file `{path.name}` there")
    return paths
