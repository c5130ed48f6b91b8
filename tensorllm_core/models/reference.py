"""From what a person typed - a bundled name, a folder, a hub id - to the place that holds the model."""

from __future__ import annotations

import re
from pathlib import Path

from tensorllm_core.errors import ExplorerError, ModelNotFoundError
from tensorllm_core.models.bundled import BUNDLED, bundled_folder
from tensorllm_core.models.headers import weight_files
from tensorllm_core.models.hub import find_on_hub
from tensorllm_core.models.storage import LocalFolder, Storage

__all__ = ["resolve_reference"]

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:@([\w./-]{1,200}))?", re.ASCII)
_LONGEST_ECHO = 200


def resolve_reference(reference: str) -> Storage:
    """Where a model is: a bundled name before a folder, a folder before a hub id.

    A hub id (`owner/name`, optionally `@revision`) is looked up in this machine's hub cache, then on the hub, where
    it is pinned to a commit; nothing is downloaded.

    Raises:
        ModelNotFoundError: nothing of that name is found.
    """
    name = reference.strip()
    if name in BUNDLED:
        return LocalFolder(bundled_folder(name))
    folder = _existing_folder(name)
    if folder is not None:
        return LocalFolder(folder)
    shortened = name if len(name) <= _LONGEST_ECHO else f"{name[:_LONGEST_ECHO]}..."
    hub_id = _HUB_ID.fullmatch(name)
    if hub_id:
        found = _whole_snapshot(hub_id[1], hub_id[2])
        if found is None:
            on_hub = find_on_hub(hub_id[1], hub_id[2])
            found = _whole_snapshot(hub_id[1], on_hub.commit) or on_hub
        return found
    if "/" in name or "\\" in name:
        raise ModelNotFoundError(f"Expected a folder with a model at {shortened}, got none there; check the path.")
    return LocalFolder(bundled_folder(shortened))


def _existing_folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
        return folder if name and folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # too long, a null character, no home folder: no such path
        return None


def _whole_snapshot(repository: str, revision: str | None) -> Storage | None:
    """The snapshot in this machine's hub cache, if nothing of it is missing."""
    # Imported here, because it costs a start without hub models a third of a second.
    from huggingface_hub import snapshot_download

    try:
        folder = LocalFolder(Path(snapshot_download(repository, revision=revision, local_files_only=True)))
        names = folder.names()
        # A snapshot that somebody took for its tokenizer or its pickles has no weights for us: the hub may.
        return folder if {"config.json", *weight_files(folder)} <= set(names) else None
    except (OSError, ValueError, ExplorerError):
        return None
