"""From the text by which a person names a model (a bundled name, a folder, a GGUF file or a hub id) to its files."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from tensorllm_core.errors import ExplorerError, ModelNotFoundError
from tensorllm_core.models.bundled_models import BUNDLED, bundled_folder
from tensorllm_core.models.hub import find_on_hub
from tensorllm_core.models.local_paths import as_typed, gguf_file, local_folder
from tensorllm_core.models.storage import LocalFile, LocalFolder, Storage
from tensorllm_core.models.weight_files import weight_files

__all__ = ["plain_reference", "resolve_reference"]

_REPOSITORY = r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}"
_HUB_ID = re.compile(rf"({_REPOSITORY})(?:@([\w./-]{{1,200}}))?", re.ASCII)
_REVISION = r"refs/(?:pr|convert)/[\w.-]{1,100}|[\w.%-]{1,200}"
"""A revision in an address: a slash in its name is written as %2F, but in those that the hub itself makes."""
_PAGE = re.compile(
    rf"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/({_REPOSITORY})(?:@({_REVISION}))?"
    rf"(?:/(?:tree|blob|resolve|raw|commits?)/({_REVISION})(?:/.*)?|/discussions(?:/.*)?)?/*(?:[?#].*)?",
    re.ASCII | re.IGNORECASE,
)
"""The address of a model's page on the hub, of a revision there, or of a file."""
_LONGEST_ECHO = 200
"""Most characters of the text that a message repeats."""


def plain_reference(text: str) -> str:
    """The text without what surrounds a pasted path, and for the address of a model's page on the hub its hub id.

    >>> plain_reference("https://huggingface.co/owner/name/tree/main"), plain_reference(" 'demo-decoder' ")
    ('owner/name@main', 'demo-decoder')
    """
    name = as_typed(text)
    if page := _PAGE.fullmatch(name):
        repository, after_name, in_path = page.groups()
        revision = in_path or after_name
        return f"{repository}@{unquote(revision)}" if revision else repository
    return name


def resolve_reference(reference: str) -> Storage:
    """The place of the files of a model.

    The text, as `plain_reference` gives it, is taken for a bundled name if there is such a name, else for a path if
    something is there (see `local_folder`), else for a hub id: `owner/name` or `owner/name@revision`. A hub id is
    looked up in the hub cache of this machine, then on the hub, which gives the commit of the revision. Nothing is
    downloaded.

    Raises:
        ModelNotFoundError: there is no such model, or as `local_folder`.
    """
    # A bundled name, a folder or a GGUF file.
    name = plain_reference(reference)
    if name in BUNDLED:
        return LocalFolder(bundled_folder(name))
    file = gguf_file(name)
    if file is not None:
        return LocalFile(file.parent, file.name)
    folder = local_folder(name)
    if folder is not None:
        return LocalFolder(folder)
    # A hub id: first the cache, then the hub, whose commit may be in the cache too.
    hub_id = _HUB_ID.fullmatch(name)
    if hub_id:
        repository, revision = hub_id.groups()
        snapshot = _complete_snapshot(repository, revision)
        if snapshot is not None:
            return snapshot
        on_hub = find_on_hub(repository, revision)
        return _complete_snapshot(repository, on_hub.commit) or on_hub
    # No such model: the message depends on whether the text looks like a path.
    shortened = name if len(name) <= _LONGEST_ECHO else f"{name[:_LONGEST_ECHO]}..."
    if name.lower().endswith(".gguf"):
        raise ModelNotFoundError(f"Expected a GGUF file at {shortened}, got none there; check the path.")
    if "/" in name or "\\" in name:
        raise ModelNotFoundError(f"Expected a folder with a model at {shortened}, got none there; check the path.")
    return LocalFolder(bundled_folder(shortened))


def _complete_snapshot(repository: str, revision: str | None) -> Storage | None:
    """The snapshot in the hub cache of this machine; None where there is none or a file of it is missing."""
    # Imported here, because the import takes a third of a second, and most models are not from the hub.
    from huggingface_hub import snapshot_download

    try:
        folder = LocalFolder(Path(snapshot_download(repository, revision=revision, local_files_only=True)))
        names = folder.names()
        # Somebody may have fetched only the tokenizer, or only pickled weights. Then the weights are read from the hub.
        return folder if {"config.json", *weight_files(folder).names} <= set(names) else None
    except (OSError, ValueError, ExplorerError):
        return None
