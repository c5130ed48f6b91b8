"""Run the app as a person would, on a free port, with a home folder of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
OUR_APP = ("scripts/start.py", "--port")
_CLOSED_TWICE = re.compile(
    r"\AException in ASGI application\nTraceback .*?"
    r'^starlette\.websockets\.WebSocketDisconnected: Cannot call "send" once a close message has been sent\.$',
    re.MULTILINE | re.DOTALL,
)
"""Streamlit closes the connection of a tab again that has left while the server wrote to it."""


@dataclass(frozen=True)
class Server:
    """A running app: its address, the file that its output goes to, and when its process started."""

    url: str
    log: Path
    started: float

    def output(self) -> str:
        """What the server has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tracebacks(self, written_before: int = 0) -> list[str]:
        """The paragraphs of the output after so many characters that hold a traceback of the app."""
        return tracebacks(self.output()[written_before:])


def tracebacks(output: str) -> list[str]:
    """The pieces of a server's output that begin with an error and hold a traceback, but for `_CLOSED_TWICE`."""
    pieces = re.split(r"^(?=Exception in ASGI application$)", output, flags=re.MULTILINE)
    return [piece for piece in pieces if "Traceback" in _CLOSED_TWICE.sub("", piece)]


@contextmanager
def app_server(
    folder: Path, home: Path | None = None, patience: float = PATIENCE, program: Sequence[str] = OUR_APP
) -> Iterator[Server]:
    """The app on a free port, answering; ended on leaving.

    Its output goes to `folder`, and so do its caches and what else it keeps, unless `home` says otherwise. `program`
    is what Python runs to serve; the port follows it.

    Raises:
        RuntimeError: the app does not answer within `patience` seconds; the message carries its output.
    """
    port = free_port()
    home = home or folder
    environment = os.environ | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "HF_HOME": str(home / "hub"),
        "HF_HUB_OFFLINE": "1",
        "STREAMLIT_SERVER_HEADLESS": "true",
    }
    log = folder / f"app-{port}.log"
    command = [sys.executable, *program, str(port)]
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    server = Server(f"http://localhost:{port}", log, started)
    try:
        _wait_until_healthy(server, process, patience)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of localhost that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes], patience: float) -> None:
    while time.perf_counter() - server.started < patience and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise RuntimeError(f"the app did not answer at {server.url}; it wrote:\n{server.output()}")
