"""From a path as people type, paste or drop it to the folder of a model on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tensorllm_core.errors import ModelNotFoundError
from tensorllm_core.models.storage import OF_A_MODEL
from tensorllm_core.storage.regular import kind_of, read_regular

__all__ = ["as_typed", "gguf_file", "last_part", "local_folder"]

_CONFIG = "config.json"
_QUOTES = "\"'`“”‘’"
_UNSEEN = re.compile("[\u200b\u2060\ufeff]")
"""Characters without width, as pages put them into the addresses that people copy."""
_MOST_NAMED = 3
"""Folders that a message names."""


def as_typed(text: str) -> str:
    """The text without what a pasted path may have around or within it: spaces, quotes, `file://`, unseen characters.

    >>> as_typed(" 'file:///models/my%20model' ")
    '/models/my model'
    """
    text = _UNSEEN.sub("", text).strip()
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if text.lower().startswith("file:"):
        text = unquote(urlsplit(text).path)
    return text


def gguf_file(name: str) -> Path | None:
    """The GGUF file at a path, absolute; None where there is none."""
    try:
        file = Path(name).expanduser().absolute()
        return file if name.lower().endswith(".gguf") and file.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def last_part(reference: str) -> str:
    """The name of the folder or file where a path leads to one; any other reference as it is.

    >>> last_part("file:///usr/"), last_part("owner/name")
    ('usr', 'owner/name')
    """
    try:
        place = Path(as_typed(reference)).expanduser().absolute()
        return (place.name if place.exists() else "") or reference
    except (OSError, ValueError, RuntimeError):
        return reference


def local_folder(name: str) -> Path | None:
    """The folder of the model that a path leads to; None where nothing is there.

    The path may be that of a file of the model, and that of a model in the hub's cache (`models--owner--name`, or the
    `snapshots` in it): that leads to the snapshot of `main`, or to the only one.

    Raises:
        ModelNotFoundError: the path leads to another file, to a pipe or the like, or to a folder that only holds
            folders of models.
    """
    try:
        path = Path(name).expanduser()
        if not name or not path.exists():
            return None
        if not path.is_dir():
            return _folder_of_file(path)
        return path if (path / _CONFIG).exists() else _model_within(path)
    except (OSError, ValueError, RuntimeError):
        # The text is too long for a path, holds a null character, or needs a home folder where there is none.
        return None


def _folder_of_file(path: Path) -> Path:
    kind = kind_of(path)
    if kind != "a file":
        raise ModelNotFoundError(f"Expected a folder or a file of a model at {path}, got {kind}; give another path.")
    if path.suffix.lower() not in OF_A_MODEL:
        raise ModelNotFoundError(
            f"Expected the folder of a model, got the file {path}, which belongs to none; give the folder that holds "
            f"{_CONFIG} and the weights."
        )
    return path.parent


def _model_within(folder: Path) -> Path:
    """The model that a folder without a config holds in one of its folders; else the folder itself."""
    # A model in the hub's cache.
    root = folder.parent if folder.name == "snapshots" else folder
    snapshots = root / "snapshots"
    if snapshots.is_dir():
        if snapshot := _snapshot_of_main(root):
            return snapshot
        models = _folders_with_config(snapshots)
        if len(models) == 1:
            return models[0]
    else:
        models = _folders_with_config(folder)
    # A folder of several models, such as the checkpoints of a training.
    if models:
        named = ", ".join(f"`{os.path.relpath(model, folder)}`" for model in models[-_MOST_NAMED:])
        raise ModelNotFoundError(
            f"Expected {_CONFIG} in {folder}, got none, but {len(models)} of its folders hold one ({named}); give the "
            "path of one of them."
        )
    return folder


def _snapshot_of_main(root: Path) -> Path | None:
    reference = root / "refs" / "main"
    commit = read_regular(reference).decode().strip() if reference.is_file() else ""
    snapshot = root / "snapshots" / commit
    return snapshot if commit.isalnum() and snapshot.is_dir() else None


def _folders_with_config(folder: Path) -> list[Path]:
    """The folders in this one that hold a model, the newest last."""
    found = [each for each in folder.iterdir() if each.is_dir() and (each / _CONFIG).exists()]
    return sorted(found, key=lambda each: (each.stat().st_mtime, each.name))
