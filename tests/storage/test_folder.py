"""A folder is kept within its bounds; the oldest files leave, and files of others stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.storage.folder import remove_oldest


def fill(folder: Path, *sizes: int, ending: str = ".json") -> None:
    """Files 0, 1, 2 ... of these sizes, the later the younger."""
    for number, size in enumerate(sizes):
        path = folder / f"{number}{ending}"
        path.write_bytes(bytes(size))
        os.utime(path, (number, number))


def numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.iterdir())


def test_so_many_files_stay(tmp_path: Path) -> None:
    fill(tmp_path, 1, 1, 1, 1)
    remove_oldest(tmp_path, ".json", most_files=2)
    assert numbers(tmp_path) == [2, 3]


def test_so_many_bytes_stay(tmp_path: Path) -> None:
    fill(tmp_path, 50, 10, 20, 30)
    remove_oldest(tmp_path, ".json", most_bytes=60)
    assert numbers(tmp_path) == [1, 2, 3]


def test_within_the_bounds_nothing_leaves(tmp_path: Path) -> None:
    fill(tmp_path, 1, 1)
    remove_oldest(tmp_path, ".json", most_files=2, most_bytes=2)
    remove_oldest(tmp_path, ".json")
    assert numbers(tmp_path) == [0, 1]


def test_what_a_crash_left_counts_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    fill(tmp_path, 1, 1, ending=".part")
    (tmp_path / "2.json").write_bytes(b"1")
    (tmp_path / "3.txt").write_bytes(bytes(1000))
    remove_oldest(tmp_path, ".json", most_files=1)
    assert numbers(tmp_path) == [2, 3]


def test_a_folder_that_is_not_there_is_within_any_bound(tmp_path: Path) -> None:
    remove_oldest(tmp_path / "nowhere", ".json", most_files=0)


def test_a_file_that_cannot_be_removed_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 1, 1, 1)
    unlink = Path.unlink

    def refuse_the_oldest(path: Path, missing_ok: bool = False) -> None:
        if path.stem == "0":
            raise PermissionError
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse_the_oldest)
    remove_oldest(tmp_path, ".json", most_files=1)
    assert numbers(tmp_path) == [0, 2]


@given(
    sizes=st.lists(st.integers(0, 20), max_size=8),
    most_files=st.none() | st.integers(0, 8),
    most_bytes=st.none() | st.integers(0, 60),
)
def test_the_bounds_hold_and_no_file_leaves_without_need(tmp_path_factory, sizes, most_files, most_bytes) -> None:
    folder = tmp_path_factory.mktemp("folder")
    fill(folder, *sizes)
    remove_oldest(folder, ".json", most_files=most_files, most_bytes=most_bytes)

    def fits(kept: list[int]) -> bool:
        return (most_files is None or len(kept) <= most_files) and (most_bytes is None or sum(kept) <= most_bytes)

    # The youngest that fit together, and not one less.
    first = next(start for start in range(len(sizes) + 1) if fits(sizes[start:]))
    assert numbers(folder) == list(range(first, len(sizes)))
