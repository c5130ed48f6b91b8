"""Find a Chromium on this machine, or fetch one: `python -m tests.tools.chromium`.

Looked for in this order: the program that CHROMIUM_PATH names, those usually on the PATH, macOS's
applications, the one that Playwright keeps. Fetched in this order: Debian's package, where apt-get may be
used; Playwright's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
"""Runs as root and in containers, and asks nothing of the network."""

ADVICE = (
    "Expected a Chromium for the browser tests, got none and could not install one; install chromium or "
    "Google Chrome, or set CHROMIUM_PATH to its program, and run the same command again."
)


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome that starts; None if there is none."""
    return next((path for path in _candidates() if _starts(path)), None)


def main() -> None:
    """See to it that there is a Chromium; exit with 1 and one sentence if there can be none."""
    if find_chromium():
        return
    for command in _ways_to_install():
        print(f"Installing Chromium for the browser tests: {' '.join(command)}", file=sys.stderr)
        succeeded = subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode == 0
        if succeeded and find_chromium():
            return
    print(f"error: {ADVICE}", file=sys.stderr)
    raise SystemExit(1)


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM_PATH"):
        yield named
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            yield path
    yield "/Applications/Chromium.app/Contents/MacOS/Chromium"
    yield "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(path: str) -> bool:
    # Some distributions put a stub on the PATH that only says how to install the real one.
    try:
        answer = subprocess.run([path, "--version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def _ways_to_install() -> Iterator[list[str]]:
    if shutil.which("apt-get"):
        may = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        if not may or (shutil.which("sudo") and subprocess.run([*may, "true"], check=False).returncode == 0):
            quiet = [*may, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--quiet"]
            yield [*quiet, "update"]
            yield [*quiet, "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    yield [sys.executable, "-m", "playwright", "install", "chromium"]


if __name__ == "__main__":
    main()
