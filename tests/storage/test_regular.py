"""Only files are opened: what would never end, or never begin, is refused at once."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tensorllm_core.storage.regular import NotAFileError, kind_of, open_regular, read_regular


def bind(path: Path) -> None:
    # Not by its whole path, which may be longer than the name of a socket.
    with socket.socket(socket.AF_UNIX) as server:
        before = Path.cwd()
        os.chdir(path.parent)
        try:
            server.bind(path.name)
        finally:
            os.chdir(before)


def linked_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "pipe": (os.mkfifo, "a pipe"),
    "link to a pipe": (linked_pipe, "a pipe"),
    "socket": (bind, "a socket"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "a device"),
    "terminal": (lambda path: path.symlink_to("/dev/tty"), "a device"),
    "folder": (Path.mkdir, "a folder"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_file_is_refused_as_what_it_is(name: str, tmp_path: Path) -> None:
    make, kind = OTHERS[name]
    make(tmp_path / "x")
    assert kind_of(tmp_path / "x") == kind
    for read in (open_regular, read_regular):
        with pytest.raises(NotAFileError, match=f"{kind} is no file") as caught:
            read(tmp_path / "x")
        assert caught.value.kind == kind


def test_a_file_is_read_whole_through_a_link_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"words")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        assert kind_of(tmp_path / name) == "a file"
        assert read_regular(tmp_path / name) == b"words"


def test_a_file_that_becomes_a_pipe_while_it_is_opened_is_refused(tmp_path: Path, monkeypatch) -> None:
    os.mkfifo(tmp_path / "x")
    monkeypatch.setattr(Path, "stat", lambda path: SimpleNamespace(st_mode=stat.S_IFREG))
    with pytest.raises(NotAFileError, match="a pipe"):
        open_regular(tmp_path / "x")


def test_where_nothing_is_nothing_is_opened(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("absent")
    for path in (tmp_path / "absent", tmp_path / "nowhere", tmp_path / "file" / "below"):
        assert kind_of(path) == "nothing"
        with pytest.raises(OSError, match=r"No such file|Not a directory"):
            open_regular(path)
