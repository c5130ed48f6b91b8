"""Download a whole model from the hub to the hub's usual cache, with its size told before, progress, and a way out."""

from __future__ import annotations

import errno
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorllm_core.errors import FileAccessError, ModelNotFoundError, StoppedError
from tensorllm_core.models.fit import bytes_text
from tensorllm_core.models.hub import HubRepository
from tensorllm_core.models.patience import refusal, retry
from tensorllm_core.types import Progress

__all__ = ["Download", "download", "plan_download"]

_WANTED_ENDINGS = (".safetensors", ".safetensors.index.json", ".model", ".txt")
_WANTED_NAMES = {"config.json", "generation_config.json", "vocab.json", "special_tokens_map.json", "added_tokens.json"}
_LEAST_FREE_BYTES = 64 * 2**20
_ABANDONED_SECONDS = 3600.0


@dataclass(frozen=True)
class Download:
    """The files to fetch, bytes of all of them, and bytes that are not in the cache yet."""

    repository: HubRepository
    names: tuple[str, ...]
    total: int
    missing: int


def plan_download(repository: HubRepository) -> Download:
    """What loading the model needs: config, tokenizer and safetensors; never pickled weights, never programs."""
    names = tuple(name for name in repository.names() if _is_wanted(name))
    missing = sum(repository.size(name) for name in names if not _is_cached(repository, name))
    return Download(repository, names, sum(repository.size(name) for name in names), missing)


def download(plan: Download, progress: Progress = lambda share, message: True) -> Path:
    """Fetch what is missing; the folder that then holds the model at its commit.

    A file lands in the cache only when it is whole, so whatever ends a download, the next one goes on with the files
    that are missing.

    Raises:
        StoppedError: `progress` asked to stop.
        FileAccessError: the disk has no room, or may not be written.
        ModelNotFoundError: the hub does not give a file.
    """
    _remove_abandoned(plan.repository)
    _check_room(plan)
    folder = Path()
    count = _Count(plan, progress)
    for name in plan.names:
        folder = _fetch(plan, name, count).parent
        count.finish(name)
    _note_revision(folder, plan.repository)
    return folder


def _fetch(plan: Download, name: str, count: _Count) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    here = plan.repository

    def attempt() -> str:
        count.begin(name)
        return hf_hub_download(
            here.repository, name, revision=here.commit, endpoint=here.endpoint, tqdm_class=count.bar()
        )

    try:
        return Path(retry(attempt, here.repository, here.commit))
    except LocalEntryNotFoundError as error:
        # Neither in the cache nor, after attempts of huggingface_hub's own, on the hub, for the reason in the cause.
        raise refusal(error.__cause__, here.repository, here.commit) from error
    except (OSError, RuntimeError) as error:  # the latter from the hub's own transfer program, hf_xet
        raise _not_written(plan, name, error) from error


class _Count:
    """Adds up the bytes that arrive, and asks whether to go on."""

    def __init__(self, plan: Download, progress: Progress) -> None:
        self._plan, self._progress = plan, progress
        self._before = self._here = 0
        self._name = ""

    def begin(self, name: str) -> None:
        """A file from its beginning, also when that is tried again."""
        self._name, self._here = name, 0
        self._tell()

    def finish(self, name: str) -> None:
        """A file is there whole."""
        self._before += self._plan.repository.size(name)
        self._here = 0
        self._tell()

    def bar(self) -> type:
        """The class of progress bar that huggingface_hub is to use: it draws nothing and counts here."""
        from huggingface_hub.utils.tqdm import tqdm

        count = self

        class Bar(tqdm):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"disable": True})
                count.add(int(options.get("initial") or 0))

            def update(self, n: Any = 1) -> None:
                count.add(int(n or 0))

        return Bar

    def add(self, arrived: int) -> None:
        self._here += arrived
        self._tell()

    def _tell(self) -> None:
        done = self._before + self._here
        share = min(done / self._plan.total, 1.0) if self._plan.total else 1.0
        words = f"downloading {self._name}: {bytes_text(done)} of {bytes_text(self._plan.total)}"
        if not self._progress(share, words):
            raise StoppedError("The download was stopped; the files that came whole are kept for the next time.")


def _note_revision(folder: Path, repository: HubRepository) -> None:
    """Let the branch or tag lead to this snapshot, as huggingface_hub does, so that it is found without a network."""
    if repository.revision != repository.commit and ".." not in repository.revision:
        reference = folder.parents[1] / "refs" / repository.revision
        # Without it, the model is still found while there is a network.
        with suppress(OSError):
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text(repository.commit, encoding="utf-8")


def _remove_abandoned(repository: HubRepository) -> None:
    """Take away what a process that was killed had half fetched: huggingface_hub never does, nor goes on with it."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{repository.repository.replace('/', '--')}" / "blobs"
    for path in blobs.glob("*.incomplete"):
        # A download that lives writes to its file all the time.
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


def _is_wanted(name: str) -> bool:
    return name in _WANTED_NAMES or name.startswith("tokenizer") or name.endswith(_WANTED_ENDINGS)


def _is_cached(repository: HubRepository, name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(repository.repository, name, revision=repository.commit), str)


def _check_room(plan: Download) -> None:
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    # Not `Path.exists`, which fails where it may not look.
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    free = shutil.disk_usage(existing).free
    if plan.missing and plan.missing + _LEAST_FREE_BYTES > free:
        raise _no_room(plan.missing, f"{bytes_text(free)} are free")


def _not_written(plan: Download, name: str, error: OSError | RuntimeError) -> FileAccessError | ModelNotFoundError:
    number = getattr(error, "errno", None)
    if number in {errno.ENOSPC, errno.EDQUOT} or os.strerror(errno.ENOSPC) in str(error):
        return _no_room(plan.missing, "nothing is left")
    if number is not None:
        return FileAccessError(
            f"Expected to write {name} to the hub's cache, got “{os.strerror(number)}”; change its permissions, or set "
            "`HF_HOME` to a folder of yours."
        )
    told = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return ModelNotFoundError(
        f"Expected {name} of `{plan.repository.repository}` from the Hugging Face hub, got “{told}”; try again: the "
        "files that came whole are kept."
    )


def _no_room(needed: int, left: str) -> FileAccessError:
    return FileAccessError(
        f"Expected {bytes_text(needed)} of room on the disk of the hub's cache, but {left}; free some, or set "
        "`HF_HOME` to another disk."
    )
