from __future__ import annotations

import os
from pathlib import Path

import pytest

from tensorllm_core.errors import CheckpointError, FileAccessError
from tensorllm_core.models.storage import LocalFolder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "weights").write_bytes(bytes(range(100)))
    (tmp_path / "below").mkdir()
    return LocalFolder(tmp_path)


def test_files_are_listed_without_the_folders(folder):
    assert folder.names() == ("weights",)


def test_a_pipe_is_no_file_and_a_link_that_leads_nowhere_is_one(folder):
    before = folder.names()
    os.mkfifo(folder.path / "pipe")
    (folder.path / "piped").symlink_to("pipe")
    (folder.path / "nowhere").symlink_to("absent")
    (folder.path / "itself").symlink_to("itself")
    assert folder.names() == tuple(sorted((*before, "itself", "nowhere")))


@pytest.mark.parametrize(
    "name",
    ["config.json", "generation_config.json", "model.safetensors", "x.safetensors.index.json", "a.GGUF", "merges.txt",
     "tokenizer.model", "chat_template.jinja", "pytorch_model.bin"],
)  # fmt: skip
def test_of_the_files_of_a_model_none_may_be_a_pipe(folder, name):
    os.mkfifo(folder.path / name)
    with pytest.raises(CheckpointError, match=f"{name}, got a pipe; put the file itself there"):
        folder.names()


def test_what_became_a_pipe_meanwhile_is_refused_without_waiting(folder):
    (folder.path / "weights").unlink()
    os.mkfifo(folder.path / "weights")
    with pytest.raises(CheckpointError, match="weights, got a pipe"):
        folder.read("weights", 0, 1)


def test_a_range_of_bytes_is_read_exactly(folder):
    assert folder.size("weights") == 100
    assert folder.read("weights", 10, 5) == bytes(range(10, 15))
    assert folder.read("weights", 100, 0) == b""


def test_a_range_beyond_the_end_is_refused(folder):
    with pytest.raises(CheckpointError, match=r"Expected 5 bytes .* got 2; the file is cut short"):
        folder.read("weights", 98, 5)


def test_a_file_that_is_gone_is_refused(folder):
    for ask in (folder.size, folder.stamp, lambda name: folder.read(name, 0, 1)):
        with pytest.raises(CheckpointError, match="got nothing there"):
            ask("absent")


def test_a_file_or_folder_that_may_not_be_read_is_refused_with_the_reason(folder, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    for method in ("open", "stat", "iterdir"):
        monkeypatch.setattr(Path, method, refuse)
    for ask in (folder.names, lambda: folder.size("weights"), lambda: folder.stamp("weights")):
        with pytest.raises(FileAccessError, match="Permission denied"):
            ask()
    with pytest.raises(FileAccessError, match="Permission denied"):
        folder.read("weights", 0, 1)


def test_the_stamp_changes_with_the_file(folder):
    before = folder.stamp("weights")
    assert folder.stamp("weights") == before
    (folder.path / "weights").write_bytes(b"other")
    assert folder.stamp("weights") != before


def test_files_of_one_size_and_one_time_have_stamps_of_their_own(folder):
    weights = folder.path / "weights"
    os.utime(weights, ns=(0, 0))
    stamps = [folder.stamp("weights")]
    # Another file beside it, the file written over, and the file replaced: as archives and synchronisation do.
    (folder.path / "others").write_bytes(bytes(reversed(range(100))))
    os.utime(folder.path / "others", ns=(0, 0))
    stamps.append(folder.stamp("others"))
    changed = weights.stat().st_ctime_ns
    while weights.stat().st_ctime_ns == changed:  # the clock of a file system may tick every few milliseconds
        weights.write_bytes(bytes(reversed(range(100))))
        os.utime(weights, ns=(0, 0))
    stamps.append(folder.stamp("weights"))
    (folder.path / "others").replace(weights)
    stamps.append(folder.stamp("weights"))
    assert len(set(stamps)) == 4
