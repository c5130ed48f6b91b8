"""Summaries come back as they were; what is damaged, alien or cannot be written costs time, never the result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tensorllm_core.experiments.layer_store import LayerStore, cache_folder
from tensorllm_core.experiments.layer_summary import LayerSummary
from tensorllm_core.experiments.layers import gaussian_null, summarise
from tensorllm_core.types import AttentionTensor, Layout, TensorShape


@pytest.fixture(scope="module")
def summary() -> LayerSummary:
    tensor = gaussian_null(TensorShape(12, 4, 4, 3), seed=0, norm=2.5)
    return summarise(AttentionTensor(tensor, ("Q", "K", "V", "O"), Layout.PAPER))


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_summary_comes_back_from_disk_as_it_was(summary, tmp_path):
    LayerStore(tmp_path).put("layer 3", summary)
    stored = LayerStore(tmp_path).get("layer 3")
    assert stored is not None
    assert (stored.shape, stored.parts, stored.norm) == (summary.shape, summary.parts, summary.norm)
    for name in ("slice_energy", "slice_errors", "errors", "ranks"):
        ours, theirs = getattr(stored, name), getattr(summary, name)
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    for ours, theirs in zip(stored.spectra, summary.spectra, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == np.float32


def test_another_key_is_another_summary(summary, tmp_path):
    store = LayerStore(tmp_path)
    store.put("layer 3", summary)
    assert store.has("layer 3")
    assert LayerStore(tmp_path).has("layer 3")
    assert not store.has("layer 4")
    assert store.get("layer 4") is None


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def overwritten(file: Path) -> None:
    file.write_bytes(b"not a summary at all")


def of_another_key(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"key": np.array("another")}))


def without_an_array(file: Path) -> None:
    stored = dict(np.load(file))
    del stored["errors"]
    np.savez(file, **stored)


def of_another_shape(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"ranks": np.zeros((2, 2), dtype=np.int32)}))


def with_nan(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"first": np.full_like(stored["first"], np.nan)}))


def with_a_pickle(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"parts": np.array([{"a": 1}], dtype=object)}))


def with_a_matrix(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"first": stored["first"][:, None]}))


def in_another_type(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"errors": stored["errors"].astype(np.float64)}))


def as_an_array(file: Path) -> None:
    with file.open("wb") as target:
        np.save(target, np.zeros(3))


def as_text(file: Path) -> None:
    stored = dict(np.load(file))
    np.savez(file, **(stored | {"first": np.array(["a", "b"])}))


@pytest.mark.parametrize(
    "damage",
    [
        truncated,
        emptied,
        overwritten,
        of_another_key,
        without_an_array,
        of_another_shape,
        with_nan,
        with_a_pickle,
        with_a_matrix,
        in_another_type,
        as_an_array,
        as_text,
    ],
)
def test_a_damaged_or_alien_file_counts_as_none_and_is_replaced(damage, summary, tmp_path):
    LayerStore(tmp_path).put("layer 3", summary)
    damage(only_file(tmp_path))
    store = LayerStore(tmp_path)
    assert store.get("layer 3") is None
    store.put("layer 3", summary)
    assert LayerStore(tmp_path).get("layer 3") is not None


@pytest.mark.parametrize("folder", [Path("/proc/no-home/layers"), Path(os.devnull) / "layers", None])
def test_where_nothing_can_be_written_the_memory_keeps_the_summary(folder, summary):
    store = LayerStore(folder)
    store.put("layer 3", summary)
    assert store.get("layer 3") is summary
    assert store.has("layer 3")
    assert LayerStore(folder).get("layer 3") is None
    assert not LayerStore(folder).has("layer 3")


def test_a_write_that_fails_leaves_nothing_half_done(summary, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    store = LayerStore(tmp_path)
    store.put("layer 3", summary)
    assert list(tmp_path.iterdir()) == []
    assert store.get("layer 3") is summary


def test_the_oldest_files_leave_when_there_are_too_many_bytes(summary, tmp_path):
    store = LayerStore(tmp_path)
    store.put("layer 0", summary)
    size = only_file(tmp_path).stat().st_size
    os.utime(only_file(tmp_path), (1, 1))
    small = LayerStore(tmp_path, most_bytes=2 * size)
    for layer in range(1, 6):
        small.put(f"layer {layer}", summary)
    kept = [layer for layer in range(6) if LayerStore(tmp_path).has(f"layer {layer}")]
    assert 0 not in kept
    assert kept[-1] == 5
    assert len(kept) <= 3


def test_the_memory_holds_no_more_than_it_may(summary):
    store = LayerStore(None, most_in_memory=2)
    for layer in range(4):
        store.put(f"layer {layer}", summary)
    assert [layer for layer in range(4) if store.has(f"layer {layer}")] == [2, 3]


def test_the_folder_follows_the_xdg_specification(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tensorllm-explorer" / "layers"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for relative in ("", "not/absolute"):
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert cache_folder() == tmp_path / "home" / ".cache" / "tensorllm-explorer" / "layers"
