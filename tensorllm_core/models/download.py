"""Download a whole model from the hub to the hub's usual cache, with its size told before, progress, and a way out."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorllm_core.errors import FileAccessError, ModelNotFoundError, StoppedError
from tensorllm_core.models.fit import bytes_text
from tensorllm_core.models.hub import HubRepository
from tensorllm_core.types import Progress

__all__ = ["Download", "download", "plan_download"]

_WANTED_ENDINGS = (".safetensors", ".safetensors.index.json", ".model", ".txt")
_WANTED_NAMES = {"config.json", "generation_config.json", "vocab.json", "special_tokens_map.json", "added_tokens.json"}
_LEAST_FREE_BYTES = 64 * 2**20


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
    """Fetch what is missing; the folder that then holds the model at its commit. What was half fetched goes on.

    Raises:
        StoppedError: `progress` asked to stop; what has come is kept for the next time.
        FileAccessError: the disk has no room.
        ModelNotFoundError: the hub does not give a file.
    """
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    _check_room(plan)
    folder = Path()
    count = _Count(plan, progress)
    for name in plan.names:
        count.name = name
        try:
            folder = Path(
                hf_hub_download(
                    plan.repository.repository,
                    name,
                    revision=plan.repository.commit,
                    endpoint=plan.repository.endpoint,
                    tqdm_class=count.bar(),
                )
            ).parent
        except HfHubHTTPError as error:
            raise _not_given(plan, name, error) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise _no_room(plan.missing, "nothing is left") from error
            raise _not_given(plan, name, error) from error
        count.finish(name)
    _note_revision(folder, plan.repository)
    return folder


class _Count:
    """Adds up the bytes that arrive, and asks whether to go on."""

    def __init__(self, plan: Download, progress: Progress) -> None:
        self._plan, self._progress = plan, progress
        self._before = self._here = 0
        self.name = ""

    def finish(self, name: str) -> None:
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
        words = f"downloading {self.name}: {bytes_text(done)} of {bytes_text(self._plan.total)}"
        if not self._progress(share, words):
            raise StoppedError("The download was stopped; what has come is kept, so it goes on from there next time.")


def _note_revision(folder: Path, repository: HubRepository) -> None:
    """Let the branch or tag lead to this snapshot, as huggingface_hub does, so that it is found without a network."""
    if repository.revision != repository.commit and ".." not in repository.revision:
        reference = folder.parents[1] / "refs" / repository.revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(repository.commit, encoding="utf-8")


def _is_wanted(name: str) -> bool:
    return name in _WANTED_NAMES or name.startswith("tokenizer") or name.endswith(_WANTED_ENDINGS)


def _is_cached(repository: HubRepository, name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(repository.repository, name, revision=repository.commit), str)


def _check_room(plan: Download) -> None:
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    there: Iterable[Path] = (folder, *folder.parents)
    existing = next(path for path in there if path.exists())
    free = shutil.disk_usage(existing).free
    if plan.missing and plan.missing + _LEAST_FREE_BYTES > free:
        raise _no_room(plan.missing, f"{bytes_text(free)} are free")


def _no_room(needed: int, left: str) -> FileAccessError:
    return FileAccessError(
        f"Expected {bytes_text(needed)} of room on the disk of the hub's cache, but {left}; free some, or set "
        "`HF_HOME` to another disk."
    )


def _not_given(plan: Download, name: str, error: Exception) -> ModelNotFoundError:
    told = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return ModelNotFoundError(
        f"Expected {name} of `{plan.repository.repository}` from the Hugging Face hub, got “{told}”; try again: what "
        "has come is kept."
    )
