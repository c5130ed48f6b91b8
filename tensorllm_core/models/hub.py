"""A repository of the Hugging Face hub at one commit: its files' sizes, and any range of their bytes.

Only the bytes that a caller asks for are downloaded. Tokens, endpoint (`HF_ENDPOINT`) and offline mode are those of
huggingface_hub, which is imported only where a hub id is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from tensorllm_core.errors import CheckpointError, ModelNotFoundError
from tensorllm_core.models.patience import IncompleteBodyError, connection_errors, retry
from tensorllm_core.storage.cache import BoundedCache

__all__ = ["HubFile", "HubRepository", "find_on_hub", "forget_repositories"]

_TIMEOUT = 20.0
_LARGEST_PIECE_KEPT = 2**22
_MOST_PIECES = 4096
_MOST_BYTES = 2**26
"""Pieces of one repository that are kept: enough for the headers of the largest models."""

_repositories: BoundedCache[tuple[str, str, str], HubRepository] = BoundedCache(64, seconds=300.0)
"""The hub's answers by endpoint, id and revision. They expire, because a branch may lead to another commit later."""


@dataclass(frozen=True)
class HubFile:
    """A file of a repository: its bytes, and the id of its content."""

    size: int
    content: str


@dataclass(frozen=True)
class HubRepository:
    """Files of a repository at a commit, by name; reads byte ranges over HTTP.

    Every method raises CheckpointError where a file is missing, ModelNotFoundError where the hub does not send it.
    """

    repository: str
    revision: str
    commit: str
    files: Mapping[str, HubFile]
    endpoint: str
    _pieces: BoundedCache[tuple[str, int, int], bytes] = field(
        default_factory=lambda: BoundedCache(_MOST_PIECES, most_bytes=_MOST_BYTES), repr=False, compare=False
    )

    @property
    def place(self) -> str:
        """The repository's id and the first characters of the commit, for messages."""
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
        """Exactly `count` bytes of a file from `start` on; small pieces are kept in memory."""
        if start + count > self.size(name):
            raise CheckpointError(
                f"Expected {count} bytes of {name} in `{self.repository}` from byte {start}, got a file of "
                f"{self.size(name)} bytes; choose another revision."
            )
        if count > _LARGEST_PIECE_KEPT:
            return self._fetch(name, start, count)
        piece = self._pieces.get_or_compute((name, start, count), lambda: bytes(self._fetch(name, start, count)))
        return bytearray(piece)

    def _file(self, name: str) -> HubFile:
        try:
            return self.files[name]
        except KeyError:
            raise CheckpointError(
                f"Expected a file {name} in `{self.repository}`, got none; choose another revision."
            ) from None

    def _fetch(self, name: str, start: int, count: int) -> bytearray:
        buffer, filled = bytearray(count), 0
        view = memoryview(buffer)

        def fetch_rest() -> None:
            # Every attempt begins where the last one ended.
            nonlocal filled
            filled += self._stream(name, start + filled, view[filled:])
            if filled < count:
                raise IncompleteBodyError

        if count:
            retry(fetch_rest, self.repository, self.commit)
        return buffer

    def _stream(self, name: str, start: int, view: memoryview) -> int:
        """Fill the view with the file's bytes from `start` on, in one request; how many came before it ended."""
        from huggingface_hub import get_session, hf_hub_url
        from huggingface_hub.utils._headers import build_hf_headers
        from huggingface_hub.utils._http import hf_raise_for_status

        url = hf_hub_url(self.repository, name, revision=self.commit, endpoint=self.endpoint)
        byte_range = {"Range": f"bytes={start}-{start + len(view) - 1}", "Accept-Encoding": "identity"}
        filled = 0
        # The client does not send the token to another host that the hub redirects it to.
        with get_session().stream(
            "GET", url, headers=build_hf_headers() | byte_range, follow_redirects=True, timeout=_TIMEOUT
        ) as response:
            hf_raise_for_status(response)
            if response.status_code != 206 and not (start == 0 and len(view) == self.size(name)):
                raise ModelNotFoundError(
                    f"Expected byte ranges of {name} from `{self.endpoint}`, got the whole file; download it with "
                    f"`hf download {self.repository}` first."
                )
            try:
                for chunk in response.iter_bytes():
                    part = chunk[: len(view) - filled]
                    view[filled : filled + len(part)] = part
                    filled += len(part)
            except connection_errors():
                # The bytes that came are kept; the next attempt asks for the rest.
                if not filled:
                    raise
        return filled


def find_on_hub(repository: str, revision: str | None = None) -> HubRepository:
    """A repository at the commit that a revision (a branch, tag or commit; `main` if None) stands for now.

    The hub's answer is remembered for five minutes.

    Raises:
        ModelNotFoundError: there is no such repository or revision, access is not granted, or the hub cannot be
            reached.
    """
    from huggingface_hub import constants

    endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
    return _repositories.get_or_compute(
        (endpoint, repository, revision or ""), lambda: _ask_hub(endpoint, repository, revision)
    )


def forget_repositories() -> None:
    """Forget the hub's answers, so that `find_on_hub` asks it anew."""
    _repositories.clear()


def _ask_hub(endpoint: str, repository: str, revision: str | None) -> HubRepository:
    from huggingface_hub import HfApi

    api = HfApi(endpoint=endpoint)
    info = retry(
        lambda: api.model_info(repository, revision=revision, files_metadata=True, timeout=_TIMEOUT),
        repository,
        revision,
    )
    files = {
        file.rfilename: HubFile(int(file.size or 0), str((file.lfs and file.lfs.sha256) or file.blob_id or info.sha))
        for file in info.siblings or ()
        if "/" not in file.rfilename
    }
    return HubRepository(repository, revision or "main", str(info.sha), files, endpoint)
