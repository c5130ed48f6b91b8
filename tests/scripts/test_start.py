from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "start.py"


def start(port: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--port", port], check=False, capture_output=True, text=True, timeout=PATIENCE
    )


def test_a_port_in_use_is_told_in_one_sentence():
    with socket.socket() as other:
        other.bind(("localhost", 0))
        other.listen()
        ended = start(str(other.getsockname()[1]))
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: Expected a free port, got ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 80", "٨٠"])
def test_what_is_no_port_is_told_in_one_sentence(port):
    ended = start(port)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"error: Expected a port from 1 to 65535, got `{port}`; give one as in `make run PORT=8600`.\n"
    )
