"""Measurements survive the process, and whatever happens to their files."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.measurement_store import MeasurementStore, measurements_folder
from tests.experiments.measurements import VALUES, measurement

GPTJ = "EleutherAI/gpt-j-6b"


def put(store: MeasurementStore, **changes) -> Measurement:
    example = measurement(**changes)
    store.put(example)
    return example


def files(folder: Path) -> list[Path]:
    return list(folder.glob("*/*.json"))


def test_another_process_finds_a_measurement(tmp_path: Path) -> None:
    kept = put(MeasurementStore(tmp_path), setting="paper")
    assert MeasurementStore(tmp_path).latest(GPTJ, "fever", "tensorllm") == kept
    assert kept.delta == pytest.approx(0.078)
    assert kept.beyond_luck


@pytest.mark.parametrize(
    "key",
    [("gpt2", "fever", "tensorllm"), (GPTJ, "bios", "tensorllm"), (GPTJ, "fever", "laser"), (GPTJ, "fever", "")],
)
def test_another_model_benchmark_or_method_finds_nothing(key, tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path)
    put(store)
    assert store.latest(*key) is None


def test_the_newest_by_its_date_is_found_whatever_the_order_of_writing(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path)
    newest = put(store, n=2, date="2026-11-25T10:00:00+00:00")
    put(store, n=1, date="2026-11-24T23:00:00+00:00")
    put(store, n=3, date="2026-11-25T11:30:00+02:00")
    for reader in (store, MeasurementStore(tmp_path)):
        assert reader.latest(GPTJ, "fever", "tensorllm") == newest


def test_a_hub_id_is_the_same_at_any_revision_and_in_any_case_but_a_folder_is_not(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path)
    kept = put(store, model="EleutherAI/GPT-J-6B@main")
    assert store.latest("eleutherai/gpt-j-6b", "fever", "tensorllm") == kept
    put(store, model="/models/Mine")
    assert store.latest("/models/mine", "fever", "tensorllm") is None


def test_measurements_of_another_split_are_ignored(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path)
    put(store, split="validation")
    assert store.latest(GPTJ, "fever", "tensorllm", "test") is None
    assert store.latest(GPTJ, "fever", "tensorllm") is not None


def test_only_the_latest_measurements_are_kept(tmp_path: Path) -> None:
    store = MeasurementStore(tmp_path, most=3)
    for n in range(1, 8):
        last = put(store, n=n)
    assert len(files(tmp_path)) == 3
    assert MeasurementStore(tmp_path).latest(GPTJ, "fever", "tensorllm") == last


def damaged(stored: dict) -> list[bytes]:
    whole = json.dumps(stored)
    return [
        b"",
        b"\xff\xfe not text",
        b"[]",
        b"[" * 100_000,
        whole[: len(whole) // 2].encode(),
        json.dumps(stored | {"format": "another"}).encode(),
        json.dumps(stored | {"n": "many"}).encode(),
        json.dumps(stored | {"n": True}).encode(),
        json.dumps(stored | {"p": None}).encode(),
        json.dumps(stored | {"accuracy_after": 58.9}).encode(),
        json.dumps(stored | {"layers": [[1]]}).encode(),
        json.dumps(stored | {"layers": 3}).encode(),
        json.dumps(stored | {"date": "yesterday"}).encode(),
        json.dumps(stored | {"model": "another"}).encode(),
        whole.replace("14.69", "NaN").encode(),
        json.dumps({name: value for name, value in stored.items() if name != "ranks"}).encode(),
        json.dumps(stored | {"setting": "x" * 2**17}).encode(),
    ]


def test_damaged_files_count_as_none_and_the_older_measurement_is_read(tmp_path: Path) -> None:
    older = put(MeasurementStore(tmp_path), date="2026-11-24T10:00:00+00:00")
    newer = put(MeasurementStore(tmp_path), date="2026-11-25T10:00:00+00:00")
    stored = {file: json.loads(file.read_text()) for file in files(tmp_path)}
    path = next(file for file, values in stored.items() if values["date"] == newer.date)
    for content in damaged(stored[path]):
        path.write_bytes(content)
        assert MeasurementStore(tmp_path).latest(GPTJ, "fever", "tensorllm") == older, content[:80]


def test_a_file_that_an_earlier_version_wrote_is_still_read(tmp_path: Path) -> None:
    folder = tmp_path / hashlib.sha256(b'["measured 1", "eleutherai/gpt-j-6b", "fever", "tensorllm"]').hexdigest()[:32]
    folder.mkdir()
    stored = {"format": "measured 1", **VALUES, "date": "2026-11-24T10:00:00+00:00"}
    (folder / "0123456789abcdef.json").write_text(json.dumps(stored))
    read = MeasurementStore(tmp_path).latest(GPTJ, "fever", "tensorllm")
    assert read == Measurement(**VALUES, date="2026-11-24T10:00:00+00:00")


def test_where_the_folder_cannot_be_written_the_memory_keeps_the_measurement() -> None:
    store = MeasurementStore(Path("/proc/no-home/measured"))
    kept = put(store)
    assert store.latest(GPTJ, "fever", "tensorllm") == kept


def test_without_a_folder_the_memory_keeps_the_measurement() -> None:
    store = MeasurementStore(None)
    assert store.latest(GPTJ, "fever", "tensorllm") is None
    assert put(store) == store.latest(GPTJ, "fever", "tensorllm")


def test_where_a_file_stands_in_place_of_the_folder_the_memory_keeps_the_measurement(tmp_path: Path) -> None:
    (tmp_path / "measured").write_text("in the way")
    store = MeasurementStore(tmp_path / "measured")
    kept = put(store)
    assert store.latest(GPTJ, "fever", "tensorllm") == kept


@pytest.mark.parametrize(
    "changes",
    [
        {"n": 0},
        {"accuracy_before": 50.2},
        {"accuracy_after": float("nan")},
        {"loss_before": float("inf")},
        {"low": 0.2, "high": 0.1},
        {"p": 1.5},
        {"layers": ()},
        {"layers": (-1,)},
        {"ranks": (-1, 2, 3)},
        {"date": "soon"},
    ],
)
def test_numbers_that_no_evaluation_gives_are_refused(changes, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"Expected .*, got .*; "):
        put(MeasurementStore(tmp_path), **changes)
    assert files(tmp_path) == []


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    stores = [MeasurementStore(tmp_path) for _ in range(4)]
    threads = [threading.Thread(target=lambda store=store: [put(store) for _ in range(5)]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files(tmp_path)) == 20
    assert list(tmp_path.glob("*/*.part")) == []


def test_measurements_stand_beside_the_summaries_of_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert measurements_folder() == tmp_path / "tensorllm-explorer" / "measured"


def test_a_person_without_a_home_has_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert measurements_folder() is None
