"""Small records survive the process, within bounds; what is damaged or not ours is passed over."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.storage.records import read_records, write_record


def number(stored: dict[str, Any]) -> int:
    if not isinstance(stored["number"], int):
        raise RequestError("Expected a number, got none; give one.")
    return stored["number"]


def write(folder: Path, *numbers: int, most: int = 10) -> None:
    for each in numbers:
        write_record(folder, f"r{each}", {"number": each}, form="n 1", most=most)
        os.utime(folder / f"r{each}.json", (each, each))


def read(folder: Path) -> list[int]:
    return sorted(read_records(folder, number, form="n 1"))


def test_what_is_written_is_read_and_the_same_name_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write(tmp_path / "new", 1, 2, 2)
    assert read(tmp_path / "new") == [1, 2]
    assert read(tmp_path / "none") == []


def test_the_oldest_leave_and_one_that_is_replaced_drives_no_other_out(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, 3, 4, most=3)
    assert read(tmp_path) == [2, 3, 4]
    write(tmp_path, 3, most=3)
    assert read(tmp_path) == [2, 3, 4]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"format": "n 2", "number": 1}', b'{"number": 1}',
     b'{"format": "n 1"}', b'{"format": "n 1", "number": "1"}',
     b'{"format": "n 1", "number": 1, "a": "' + b"x" * 2**17 + b'"}'],
)  # fmt: skip
def test_what_is_damaged_or_of_another_form_is_passed_over(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, 7)
    (tmp_path / "bad.json").write_bytes(content)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    assert read(tmp_path) == [7]


def test_a_number_that_is_not_finite_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_record(tmp_path, "bad", {"number": float("nan")}, form="n 1", most=3)
    assert list(tmp_path.iterdir()) == []


def test_a_record_is_plain_json_with_its_form(tmp_path: Path) -> None:
    write(tmp_path, 3)
    assert json.loads((tmp_path / "r3.json").read_text()) == {"format": "n 1", "number": 3}
