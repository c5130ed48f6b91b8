"""A repository of the Hugging Face hub at one commit: its files' sizes, and any range of their bytes.

Nothing is downloaded but what is asked for. Tokens, endpoint (`HF_ENDPOINT`) and offline mode are those of
huggingface_hub, which is imported only where a hub id is opened.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorllm_core.errors import CheckpointError, ModelNotFoundError
from tensorllm_core.models.patience import HalfABody, connection_errors, patiently

__all__ = ["HubFile", "HubRepository", "find_on_hub"]

_TIMEOUT = 20.0
_WORTH_KEEPING = 2**22
_KNOWN_SECONDS = 300.0

_known: dict[tuple[str, str, str], tuple[float, HubRepository]] = {}


@dataclass(frozen=True)
class HubFile:
    """A file of a repository: its bytes, and the id of its content."""

    size: int
    content: str


@dataclass(frozen=True)
class HubRepository:
    """Files of a repository at a commit, by name; reads byte ranges over HTTP.

    Every method raises CheckpointError where a file is missing, ModelNotFoundError where the hub does not give it.
    """

    repository: str
    revision: str
    commit: str
    files: Mapping[str, HubFile]
    endpoint: str
    _kept: dict[tuple[str, int, int], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def place(self) -> str:
        """The id and the beginning of the commit."""
        return f"`{self.repository}` at commit {self.commit[:12]} on the hub"

    def names(self) -> tuple[str, ...]:
        """Names of the files at the top of the repository, sorted."""
        return tuple(sorted(self.files))

    def size(self, name: str) -> int:
        """Bytes in a file."""
        return self._file(name).size

    def stamp(self, name: str) -> str:
        """The id of the file's content."""
        return self._file(name).content

    def read(self, name: str, start: int, count: int) -> bytearray:
        """Exactly `count` bytes of a file from `start` on; small pieces are remembered."""
        if start + count > self.size(name):
            raise CheckpointError(
                f"Expected {count} bytes of {name} in `{self.repository}` from byte {start}, got a file of "
                f"{self.size(name)}; choose another revision."
            )
        key = (name, start, count)
        if key not in self._kept:
            buffer = bytearray(count)
            if count:
                self._fill(name, start, memoryview(buffer))
            if count > _WORTH_KEEPING:
                return buffer
            self._kept[key] = bytes(buffer)
        return bytearray(self._kept[key])

    def _file(self, name: str) -> HubFile:
        try:
            return self.files[name]
        except KeyError:
            raise CheckpointError(
                f"Expected a file {name} in `{self.repository}`, got none; choose another revision."
            ) from None

    def _fill(self, name: str, start: int, view: memoryview) -> None:
        filled = 0

        def go_on() -> None:
            nonlocal filled
            filled += self._stream(name, start + filled, view[filled:])
            if filled < len(view):
                raise HalfABody

        # Every attempt goes on where the last one stopped.
        patiently(go_on, self.repository, self.commit)

    def _stream(self, name: str, start: int, view: memoryview) -> int:
        from huggingface_hub import get_session, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import hf_raise_for_status

        url = hf_hub_url(self.repository, name, revision=self.commit, endpoint=self.endpoint)
        span = {"Range": f"bytes={start}-{start + len(view) - 1}", "Accept-Encoding": "identity"}
        filled = 0
        # The client leaves the token behind when it is led to another host.
        with get_session().stream(
            "GET", url, headers=build_hf_headers() | span, follow_redirects=True, timeout=_TIMEOUT
        ) as response:
            hf_raise_for_status(response)
            if response.status_code != 206 and not (start == 0 and len(view) == self.size(name)):
                raise ModelNotFoundError(
                    f"Expected byte ranges of {name} from `{self.endpoint}`, got the whole file; download it with "
                    f"`hf download {self.repository}` first."
                )
            try:
                for chunk in response.iter_bytes():
                    taken = chunk[: len(view) - filled]
                    view[filled : filled + len(taken)] = taken
                    filled += len(taken)
            except connection_errors():
                # What has come is kept; the rest is asked for again.
                if not filled:
                    raise
        return filled


def find_on_hub(repository: str, revision: str | None = None) -> HubRepository:
    """A repository at the commit that a revision (a branch, tag or commit; `main` if None) stands for now.

    What was found is remembered for some minutes.

    Raises:
        ModelNotFoundError: there is no such repository or revision, access is not granted, or the hub cannot be
            reached.
    """
    from huggingface_hub import HfApi, constants

    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    key = (endpoint, repository, revision or "")
    if key in _known and time.monotonic() - _known[key][0] < _KNOWN_SECONDS:
        return _known[key][1]
    api = HfApi(endpoint=endpoint)
    info = patiently(
        lambda: api.model_info(repository, revision=revision, files_metadata=True, timeout=_TIMEOUT),
        repository,
        revision,
    )
    files = {
        file.rfilename: HubFile(int(file.size or 0), str((file.lfs and file.lfs.sha256) or file.blob_id or info.sha))
        for file in info.siblings or ()
        if "/" not in file.rfilename
    }
    found = HubRepository(repository, revision or "main", str(info.sha), files, endpoint)
    _known[key] = (time.monotonic(), found)
    return found
