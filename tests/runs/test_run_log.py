"""The last runs are listed, the latest first, within bounds, and after a restart too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.runs.run_log import RunLog, runs_folder
from tensorllm_core.runs.run_record import Kind
from tests.runs.run_records import run_record


def minute(number: int) -> str:
    return f"2026-11-30T22:{number:02d}:00.000+00:00"


@pytest.fixture(params=["on disk", "in memory"])
def folder(request, tmp_path: Path) -> Path | None:
    return tmp_path / "runs" if request.param == "on disk" else None


def test_the_latest_run_comes_first_and_the_same_run_again_takes_its_place(folder: Path | None) -> None:
    log = RunLog(folder)
    for number, key in enumerate("abca"):
        log.put(run_record(key=key, date=minute(number), kind=list(Kind)[number % 3]))
    assert [(record.key, record.date) for record in log.records()] == [
        ("a", minute(3)), ("c", minute(2)), ("b", minute(1)),
    ]  # fmt: skip


def test_only_so_many_are_kept(folder: Path | None) -> None:
    log = RunLog(folder, most=3)
    for number in range(7):
        log.put(run_record(key=str(number), date=minute(number)))
    assert [record.key for record in log.records()] == ["6", "5", "4"]
    assert folder is None or len(list(folder.iterdir())) == 3


def test_another_process_finds_them(tmp_path: Path) -> None:
    records = [run_record(key=kind, kind=kind, complete=kind is Kind.SCAN) for kind in Kind]
    for record in records:
        RunLog(tmp_path).put(record)
    assert sorted(RunLog(tmp_path).records(), key=lambda record: record.key) == sorted(records, key=lambda r: r.key)
    assert RunLog(None).records() == ()


def test_a_damaged_file_costs_its_run_alone(tmp_path: Path) -> None:
    for key in "ab":
        RunLog(tmp_path).put(run_record(key=key))
    path = next(path for path in tmp_path.iterdir() if json.loads(path.read_text())["key"] == "b")
    stored = json.loads(path.read_text())
    for change in ({"kind": "party"}, {"n": "many"}, {"parameters": [1]}, {"date": "yesterday"}, {"layers": 3}):
        path.write_text(json.dumps(stored | change))
        assert [record.key for record in RunLog(tmp_path).records()] == ["a"], change


def test_where_nothing_can_be_written_the_memory_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = RunLog(tmp_path / "file" / "runs")
    log.put(run_record())
    assert log.records() == (run_record(),)


def test_a_record_that_no_run_gives_is_not_kept(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    with pytest.raises(RequestError):
        log.put(run_record(n=-1))
    assert log.records() == ()


def test_the_folder_stands_beside_the_other_results(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert runs_folder() == tmp_path / "tensorllm-explorer" / "runs"
