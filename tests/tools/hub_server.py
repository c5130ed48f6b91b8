"""A server on this machine that speaks the hub's protocol, serves folders as repositories, and can misbehave."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["COMMIT", "HubServer", "hub_server"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_CHUNK = 2**16
_BETWEEN_LOOKS = 0.02
_LONG = 100.0


@dataclass
class HubServer:
    """What it serves and how it behaves; `served` counts the bytes of bodies by file name."""

    url: str = ""
    repositories: dict[str, Path] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    token: str = ""
    """If set, nothing is given without it."""
    failures: list[int] = field(default_factory=list)
    """Status codes of the next answers."""
    retry_after: str = ""
    """If set, what such an answer says of the seconds to wait."""
    cut_after: int = 0
    """If set, the next body ends after so many bytes, and so on until it is 0 again."""
    cuts: int = 0
    """How many bodies are cut."""
    downloads_fail_with: int = 0
    """If set, the status code of every answer to who downloads a file, rather than asks for a range of its bytes."""
    downloads_cut_after: int | None = None
    """If set, every body that such a person gets ends after so many bytes."""
    downloads_stall_after: int = 0
    """If set, nothing more of it comes once so many bytes or more have; `stalled` is set then."""
    stalled: threading.Event = field(default_factory=threading.Event)
    seconds_per_chunk: float = 0.0
    served: Counter[str] = field(default_factory=Counter)
    requests: list[str] = field(default_factory=list)


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """A running server; ended on leaving."""
    state = HubServer()
    handler = type("Handler", (_Handler,), {"hub": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(_BETWEEN_LOOKS,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_arguments: object) -> None:
        """Be quiet."""

    def _answer(self, with_body: bool) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        if self.hub.failures:
            self._refuse(self.hub.failures.pop(0), "", with_body)
            return
        api = re.fullmatch(r"/api/models/([\w.-]+/[\w.-]+)(?:/revision/([^?]+))?(?:\?.*)?", self.path)
        file = re.fullmatch(r"/([\w.-]+/[\w.-]+)/resolve/([^/]+)/([^?]+)", self.path)
        wanted = api or file
        folder = self.hub.repositories.get(wanted[1]) if wanted else None
        if wanted is None or folder is None:
            self._refuse(404, "RepoNotFound", with_body)
        elif self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._refuse(401, "RepoNotFound", with_body)
        elif wanted[1] in self.hub.gated:
            self._refuse(403, "GatedRepo", with_body)
        elif wanted[2] not in {None, "main", COMMIT}:
            self._refuse(404, "RevisionNotFound", with_body)
        elif file and self._is_download() and self.hub.downloads_fail_with:
            self._refuse(self.hub.downloads_fail_with, "", with_body)
        elif api:
            self._describe(wanted[1], folder)
        elif not (path := folder / wanted[3]).is_file():
            self._refuse(404, "EntryNotFound", with_body)
        else:
            self._send_file(path, with_body)

    def _describe(self, repository: str, folder: Path) -> None:
        siblings = [
            {"rfilename": path.name, "size": path.stat().st_size, "blobId": _content(path)}
            for path in sorted(folder.iterdir())
        ]
        body = json.dumps({"_id": "1", "id": repository, "sha": COMMIT, "siblings": siblings}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_file(self, path: Path, with_body: bool) -> None:
        size = path.stat().st_size
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, stop = (int(span[1]), min(int(span[2] or size - 1), size - 1) + 1) if span else (0, size)
        self.send_response(206 if span else 200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{_content(path)}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(stop - start))
        if span:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self.end_headers()
        if with_body:
            self._send_body(path, start, stop)

    def _send_body(self, path: Path, start: int, stop: int) -> None:
        last = stop
        if self._is_download() and self.hub.downloads_cut_after is not None:
            last = min(stop, start + self.hub.downloads_cut_after)
        if self.hub.cuts and stop - start > self.hub.cut_after:
            self.hub.cuts -= 1
            last = start + self.hub.cut_after
        with path.open("rb") as file:
            file.seek(start)
            while start < last:
                chunk = file.read(min(_CHUNK, last - start))
                self.wfile.write(chunk)
                self.hub.served[path.name] += len(chunk)
                start += len(chunk)
                time.sleep(self.hub.seconds_per_chunk)
                self._stall(start)
        if last < stop:
            self.close_connection = True

    def _is_download(self) -> bool:
        return not re.fullmatch(r"bytes=\d+-\d+", self.headers.get("Range", ""))

    def _stall(self, position: int) -> None:
        if self._is_download() and 0 < self.hub.downloads_stall_after <= position:
            self.hub.stalled.set()
            threading.Event().wait(_LONG)

    def _refuse(self, status: int, code: str, with_body: bool) -> None:
        body = b"{}" if with_body else b""
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        if self.hub.retry_after:
            self.send_header("Retry-After", self.hub.retry_after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _content(path: Path) -> str:
    status = path.stat()
    return hashlib.sha256(f"{path} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:40]
