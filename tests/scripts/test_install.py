from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "install.sh"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    return tmp_path


def install(project: Path, requirements: str = "requirements.txt", **environment: str):
    return subprocess.run(
        [project / "scripts" / "install.sh", requirements],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | environment,
    )


def pretend_python(folder: Path, script: str) -> str:
    path = folder / "pretend-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_python_that_is_too_old_is_told_in_one_sentence(project):
    old = pretend_python(project, 'test "$1" = --version && echo "Python 3.9.2" && exit 0; exit 1')
    ended = install(project, PYTHON=old)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: Expected Python 3.11 or newer with its venv module, got Python 3.9.2; ")
    assert ended.stderr.count("\n") == 1


def test_an_environment_is_installed_once_and_again_only_when_its_requirements_change(project):
    first = install(project, "requirements-dev.txt", PYTHON=sys.executable)
    assert first.returncode == 0, first.stderr
    assert "Installing" in first.stderr
    assert (project / ".venv" / "bin" / "python").exists()

    assert install(project, "requirements-dev.txt").stderr == ""
    assert install(project, "requirements.txt").stderr == ""

    (project / "requirements.txt").write_text("# still nothing\n")
    assert "Installing" in install(project, "requirements-dev.txt").stderr


def test_a_failed_installation_is_tried_again(project):
    (project / "requirements.txt").write_text("./no-such-folder\n")
    for _ in range(2):
        ended = install(project, PYTHON=sys.executable)
        assert ended.returncode == 2
        assert ended.stderr.splitlines()[-1].startswith("error: Expected pip to install requirements.txt, ")
