"""A file is whole or not there, whatever happens while it is written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tensorllm_core.storage.atomic import PART_ENDING, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "some" / "folder" / "file.txt"
    write_atomically(path, lambda file: file.write(b"whole"))
    assert path.read_bytes() == b"whole"
    assert names(path.parent) == ["file.txt"]


def test_while_a_file_is_written_the_one_before_stands(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"before")
    seen = []

    def write(file) -> None:
        file.write(b"after")
        file.flush()
        seen.extend(names(tmp_path))
        assert path.read_bytes() == b"before"

    write_atomically(path, write)
    assert path.read_bytes() == b"after"
    assert [name for name in seen if name.endswith(PART_ENDING)] == [name for name in seen if name != "file.txt"]
    assert len(seen) == 2
    assert names(tmp_path) == ["file.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ZeroDivisionError(), KeyboardInterrupt()])
def test_a_failure_leaves_the_file_before_and_nothing_else(error, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"before")

    def fail(file) -> None:
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, fail)
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file.txt"]


def test_a_file_that_cannot_take_its_place_is_removed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "folder", lambda file: file.write(b"whole"))
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("path", [Path("/proc/no-home/file"), Path(os.devnull) / "file"])
def test_a_disk_that_refuses_is_said(path: Path) -> None:
    with pytest.raises(OSError, match=r"\[Errno"):
        write_atomically(path, lambda file: file.write(b"whole"))


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "file", lambda file: file.write(b"whole"))
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_of_many_writers_at_once_one_wins_whole(tmp_path: Path) -> None:
    path, contents = tmp_path / "file", [bytes([number]) * 100_000 for number in range(8)]
    threads = [
        threading.Thread(target=write_atomically, args=(path, lambda file, content=content: file.write(content)))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["file"]
