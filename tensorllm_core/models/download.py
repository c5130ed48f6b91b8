"""Download a whole model from the hub into the cache of huggingface_hub, with progress; it can be stopped."""

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
from tensorllm_core.models.weight_files import weight_files
from tensorllm_core.types import Progress

__all__ = ["Download", "download", "first_line", "plan_download"]

_NEEDED_ENDINGS = (".model", ".txt", ".jinja")
_NEEDED_NAMES = {
    "config.json", "generation_config.json", "vocab.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.json",
}  # fmt: skip
_LEAST_FREE_BYTES = 64 * 2**20
"""How much of the disk must stay free."""
_ABANDONED_SECONDS = 3600.0
"""Nobody is writing any more to a file that did not change for this long."""


@dataclass(frozen=True)
class Download:
    """The files that a model needs, the bytes of all of them, and the bytes that are not in the cache yet."""

    repository: HubRepository
    names: tuple[str, ...]
    total: int
    missing: int


def plan_download(repository: HubRepository) -> Download:
    """The files that loading the model needs: config, tokenizer and the weights; nothing pickled and no programs.

    Raises:
        CheckpointError: as `weight_files`.
    """
    weights = weight_files(repository)
    wanted = {*weights.names, weights.index}
    names = tuple(name for name in repository.names() if name in wanted or _is_needed(name))
    missing = sum(repository.size(name) for name in names if not _is_cached(repository, name))
    return Download(repository, names, sum(repository.size(name) for name in names), missing)


def download(plan: Download, progress: Progress = lambda share, message: True) -> Path:
    """Fetch the files that are missing; gives the folder that holds the model at its commit.

    Only complete files get into the cache. So whatever ends a download, the next one goes on with the missing files.

    Raises:
        StoppedError: `progress` asked to stop.
        FileAccessError: the disk has too little room, or may not be written.
        ModelNotFoundError: the hub does not give a file.
    """
    # Make room.
    _remove_abandoned(plan.repository)
    _check_room(plan)
    # Fetch one file after the other; a file that is in the cache costs no time.
    folder = Path()
    reporter = _Reporter(plan, progress)
    for name in plan.names:
        folder = _fetch(plan, name, reporter).parent
        reporter.finish(name)
    # Record for which branch or tag this is the snapshot.
    _record_revision(folder, plan.repository)
    return folder


def first_line(error: BaseException) -> str:
    """The first line of the text of an error without its full stop, or the name of its class where it has no text.

    >>> first_line(ValueError("No such file.\\nSee the manual.")), first_line(KeyError())
    ('No such file', 'KeyError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _fetch(plan: Download, name: str, reporter: _Reporter) -> Path:
    """Fetch one file; gives its path in the cache."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    source = plan.repository

    def attempt() -> str:
        reporter.begin(name)
        return hf_hub_download(
            source.repository, name, revision=source.commit, endpoint=source.endpoint, tqdm_class=reporter.bar()
        )

    try:
        return Path(retry(attempt, source.repository, source.commit))
    except LocalEntryNotFoundError as error:
        # huggingface_hub itself tried several times; the cause of its error says why the hub did not answer.
        raise refusal(error.__cause__, source.repository, source.commit) from error
    except (OSError, RuntimeError) as error:  # RuntimeError comes from the transfer program of the hub, hf_xet
        raise _write_error(plan, name, error) from error


class _Reporter:
    """Counts the bytes that arrive, reports them to `progress`, and stops the download when that asks to stop."""

    def __init__(self, plan: Download, progress: Progress) -> None:
        self._plan, self._progress = plan, progress
        self._in_complete_files = self._in_this_file = 0
        self._name = ""

    def begin(self, name: str) -> None:
        """A file starts, for the first time or again."""
        self._name, self._in_this_file = name, 0
        self._report()

    def finish(self, name: str) -> None:
        """A file is complete."""
        self._in_complete_files += self._plan.repository.size(name)
        self._in_this_file = 0
        self._report()

    def bar(self) -> type:
        """A class of progress bars for huggingface_hub: they draw nothing and count here."""
        from huggingface_hub.utils.tqdm import tqdm

        reporter = self

        class Bar(tqdm):
            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options | {"disable": True})
                reporter.add(int(options.get("initial") or 0))

            def update(self, n: Any = 1) -> None:
                reporter.add(int(n or 0))

        return Bar

    def add(self, count: int) -> None:
        """So many bytes of the file arrived."""
        self._in_this_file += count
        self._report()

    def _report(self) -> None:
        done = self._in_complete_files + self._in_this_file
        share = min(done / self._plan.total, 1.0) if self._plan.total else 1.0
        message = f"downloading {self._name}: {bytes_text(done)} of {bytes_text(self._plan.total)}"
        if not self._progress(share, message):
            raise StoppedError("The download was stopped; complete files are kept for the next time.")


def _record_revision(folder: Path, repository: HubRepository) -> None:
    """Write which commit the branch or tag stands for, as huggingface_hub does; so it is known without a network."""
    if repository.revision != repository.commit and ".." not in repository.revision:
        reference = folder.parents[1] / "refs" / repository.revision
        # Where this fails, the hub is asked again next time.
        with suppress(OSError):
            reference.parent.mkdir(parents=True, exist_ok=True)
            reference.write_text(repository.commit, encoding="utf-8")


def _remove_abandoned(repository: HubRepository) -> None:
    """Remove the incomplete files of a process that was killed; huggingface_hub neither removes nor continues them."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{repository.repository.replace('/', '--')}" / "blobs"
    for path in blobs.glob("*.incomplete"):
        # A download that still runs writes to its file all the time.
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink()


def _is_needed(name: str) -> bool:
    return name in _NEEDED_NAMES or name.startswith("tokenizer") or name.endswith(_NEEDED_ENDINGS)


def _is_cached(repository: HubRepository, name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(repository.repository, name, revision=repository.commit), str)


def _check_room(plan: Download) -> None:
    """Accept a download for which the disk of the cache has room."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    # Not `Path.exists`, which raises an error for a folder that may not be read.
    existing = next(path for path in (folder, *folder.parents) if os.path.exists(path))  # noqa: PTH110
    free = shutil.disk_usage(existing).free
    if plan.missing and plan.missing + _LEAST_FREE_BYTES > free:
        raise _no_room(plan.missing, f"{bytes_text(free)} are free")


def _write_error(plan: Download, name: str, error: OSError | RuntimeError) -> FileAccessError | ModelNotFoundError:
    """Our error for a file that did not get into the cache: the disk is full, it may not be written, or else."""
    number = getattr(error, "errno", None)
    if number in {errno.ENOSPC, errno.EDQUOT} or os.strerror(errno.ENOSPC) in str(error):
        return _no_room(plan.missing, "nothing is left")
    if number is not None:
        return FileAccessError(
            f"Expected to write {name} to the hub's cache, got “{os.strerror(number)}”; change its permissions, or set "
            "`HF_HOME` to a folder of yours."
        )
    return ModelNotFoundError(
        f"Expected {name} of `{plan.repository.repository}` from the Hugging Face hub, got “{first_line(error)}”; try "
        "again: complete files are kept."
    )


def _no_room(needed: int, left: str) -> FileAccessError:
    return FileAccessError(
        f"Expected {bytes_text(needed)} of room on the disk of the hub's cache, but {left}; free some, or set "
        "`HF_HOME` to another disk."
    )
