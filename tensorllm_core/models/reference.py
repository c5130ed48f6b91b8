"""From what a person typed - a bundled name, a folder, a hub id - to the folder that holds the model."""

from __future__ import annotations

import re
from pathlib import Path

from tensorllm_core.errors import ModelNotFoundError
from tensorllm_core.models.bundled import BUNDLED, bundled_folder

__all__ = ["resolve_reference"]

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:@([\w./-]{1,200}))?", re.ASCII)
_LONGEST_ECHO = 200


def resolve_reference(reference: str) -> Path:
    """The folder of a model: a bundled name before a folder, a folder before a hub id.

    A hub id (`owner/name`, optionally `@revision`) is looked up in this machine's hub cache; nothing
    is downloaded.

    Raises:
        ModelNotFoundError: nothing of that name is found.
    """
    name = reference.strip()
    if name in BUNDLED:
        return bundled_folder(name)
    folder = _existing_folder(name)
    if folder is not None:
        return folder
    shortened = name if len(name) <= _LONGEST_ECHO else f"{name[:_LONGEST_ECHO]}..."
    hub_id = _HUB_ID.fullmatch(name)
    if hub_id:
        return _cached_snapshot(hub_id[1], hub_id[2])
    if "/" in name or "\\" in name:
        raise ModelNotFoundError(f"Expected a folder with a model at {shortened}, got none there; check the path.")
    return bundled_folder(shortened)


def _existing_folder(name: str) -> Path | None:
    try:
        folder = Path(name).expanduser()
        return folder if name and folder.is_dir() else None
    except (OSError, ValueError, RuntimeError):  # too long, a null character, no home folder: no such path
        return None


def _cached_snapshot(repository: str, revision: str | None) -> Path:
    # Imported here, because it costs a start without hub models a third of a second.
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except (OSError, ValueError):
        at = f" at revision {revision}" if revision else ""
        raise ModelNotFoundError(
            f"Expected `{repository}`{at} as a folder or in this machine's hub cache, got neither; download it with "
            f"`hf download {repository}` first."
        ) from None
