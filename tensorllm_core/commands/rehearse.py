"""`rehearse`: plays a scene list of the app without a browser, and names the scenes that would let people wait."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from tensorllm_core.commands.options import Parser

__all__ = ["add_rehearse"]

_PROGRAM = Path(__file__).resolve().parents[2] / "scripts" / "rehearse.py"


def add_rehearse(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("rehearse", help="play a scene list, and name the scenes that would wait over 300 ms")
    parser.add_argument("list", metavar="LIST", help="the name of a list that comes with the app, or a JSON file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    # The app is a program of its own: the core imports nothing of it.
    command = [sys.executable, str(_PROGRAM), *(["--json"] if options.json else []), "--", options.list]
    return subprocess.run(command, check=False).returncode
