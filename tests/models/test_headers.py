"""Headers of safetensors files, right and wrong; the safetensors library writes them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from tensorllm_core.errors import CheckpointError, ExplorerError
from tensorllm_core.models.headers import read_headers
from tensorllm_core.models.json_files import read_json
from tensorllm_core.models.other_contents import INDEX_FILE, SINGLE_FILE
from tensorllm_core.models.storage import LocalFolder

TENSORS = {"one": torch.arange(6.0).reshape(2, 3), "two": torch.ones(4, dtype=torch.float16), "none": torch.ones(0, 2)}


@pytest.fixture
def folder(tmp_path):
    save_file(TENSORS, tmp_path / SINGLE_FILE, metadata={"format": "pt"})
    return tmp_path


def headers(folder: Path):
    return read_headers(LocalFolder(folder), str(folder))


def write(folder: Path, header: object, data: bytes = b"") -> None:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    (folder / SINGLE_FILE).write_bytes(len(text).to_bytes(8, "little") + text + data)


def described(shape=(2,), dtype="F32", offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_every_tensor_is_found_with_its_type_shape_and_bytes(folder):
    entries = headers(folder)
    assert set(entries) == set(TENSORS)
    for name, tensor in TENSORS.items():
        entry = entries[name]
        assert entry.shape == tuple(tensor.shape)
        assert entry.entries == tensor.numel()
        stored = LocalFolder(folder).read(entry.file, entry.start, entry.size)
        assert bytes(stored) == tensor.numpy().tobytes()


@pytest.mark.parametrize("end", [0, 7, 8, 50, -1])
def test_a_file_cut_short_anywhere_is_refused(folder, end):
    path = folder / SINGLE_FILE
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(CheckpointError, match=r"cut short"):
        headers(folder)


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"w": described(offsets=(0, 4))}, 4),
        ({"w": described(shape=(3,))}, 8),
        ({"w": described(dtype="F13")}, 8),
        ({"w": described(dtype=["F32"])}, 8),
        ({"w": described(shape=(-2,))}, 8),
        ({"w": described(shape=(2.0,))}, 8),
        ({"w": described(offsets=(8, 0))}, 8),
        ({"w": described(offsets=(0, 8, 16))}, 16),
        ({"w": described(offsets=(4, 12))}, 12),
        ({"v": described(), "w": described(offsets=(4, 12))}, 12),
        ({"w": described()}, 12),
        ({"w": [1, 2]}, 8),
        ({"w": {"dtype": "F32"}}, 8),
        ([1, 2], 8),
        (b"not JSON at all", 8),
        (b"\xff\xfe\x00", 8),
        (b"[" * 100_000, 8),
    ],
)
def test_a_header_that_does_not_describe_its_file_is_refused(folder, header, data):
    write(folder, header, bytes(data))
    with pytest.raises(CheckpointError, match=r"^Expected .*; .*\.$"):
        headers(folder)


def test_a_header_longer_than_the_format_allows_is_refused_unread(folder):
    (folder / SINGLE_FILE).write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(CheckpointError, match="longer than the format allows"):
        headers(folder)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 250), value=st.binary(min_size=1, max_size=4))
def test_a_file_with_any_bytes_overwritten_opens_or_is_refused_as_bad_input(folder, position, value):
    save_file(TENSORS, folder / SINGLE_FILE)
    content = bytearray((folder / SINGLE_FILE).read_bytes())
    content[position : position + len(value)] = value
    (folder / SINGLE_FILE).write_bytes(content)
    with suppress(ExplorerError):
        assert all(entry.start + entry.size <= len(content) for entry in headers(folder).values())


def shard(folder: Path, weight_map: object) -> None:
    (folder / SINGLE_FILE).unlink(missing_ok=True)
    save_file({"one": TENSORS["one"]}, folder / "a.safetensors")
    save_file({"two": TENSORS["two"]}, folder / "b.safetensors")
    (folder / INDEX_FILE).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


def test_shards_are_read_as_one_checkpoint(folder):
    shard(folder, {"one": "a.safetensors", "two": "b.safetensors"})
    entries = headers(folder)
    assert {name: entry.file for name, entry in entries.items()} == {"one": "a.safetensors", "two": "b.safetensors"}


@pytest.mark.parametrize(
    ("weight_map", "complaint"),
    [
        ({"one": "a.safetensors", "two": "c.safetensors"}, "shard `c.safetensors`"),
        ({"one": "../a.safetensors"}, "shard `../a.safetensors`"),
        ({"one": "/etc/passwd"}, "shard `/etc/passwd`"),
        ({"one": "a.safetensors", "three": "b.safetensors"}, "tensor `three`"),
        ({"one": "b.safetensors", "two": "b.safetensors"}, "tensor `one`"),
        ({"one": 3}, "`weight_map`"),
        (["one"], "`weight_map`"),
        (None, "`weight_map`"),
    ],
)
def test_an_index_that_does_not_match_its_shards_is_refused(folder, weight_map, complaint):
    shard(folder, weight_map)
    with pytest.raises(CheckpointError, match=complaint):
        headers(folder)


def test_a_tensor_in_two_shards_is_named_with_both(folder):
    shard(folder, {"one": "a.safetensors", "two": "b.safetensors"})
    save_file(TENSORS, folder / "b.safetensors")
    with pytest.raises(CheckpointError, match=r"got `one` in `a\.safetensors` and in `b\.safetensors`"):
        headers(folder)


def test_pickled_weights_are_refused_with_the_reason(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"only pickled ones \(`pytorch_model.bin`\), which can run any program"):
        headers(tmp_path)


def test_a_folder_without_weights_is_refused_with_what_is_missing(tmp_path):
    with pytest.raises(CheckpointError, match="got neither"):
        headers(tmp_path)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a": 1} trailing', "\x00"])
def test_json_that_is_no_object_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"JSON object in config\.json"):
        read_json(LocalFolder(tmp_path), "config.json")
