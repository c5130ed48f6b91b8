"""What a GGUF file may hold that is no whole model: each is refused in one sentence that says what to do."""

from __future__ import annotations

import shutil
import struct
from contextlib import suppress

import huggingface_hub.constants
import numpy as np
import pytest

from tensorllm_core.__main__ import main
from tensorllm_core.errors import CheckpointError, ExplorerError, ModelNotFoundError, UnknownArchitectureError
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.gguf_header import read_gguf_header
from tensorllm_core.models.hub import HubFile, HubRepository
from tensorllm_core.models.storage import LocalFile, LocalFolder
from tensorllm_core.models.weight_format import format_of
from tests.models.gguf_models import LAYERS, write_bare, write_gguf
from tests.models.tiny_models import saved_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("gguf") / "model.gguf", "llama", "Q8_0")


def refusal(path, kind: type[ExplorerError] = CheckpointError) -> str:
    with pytest.raises(kind) as caught:
        open_checkpoint(str(path))
    message = str(caught.value)
    assert message.startswith("Expected ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_file_and_a_folder_with_it_alone_are_one_model(model):
    by_path, by_folder = open_checkpoint(str(model)), open_checkpoint(str(model.parent))
    assert by_path.revision == by_folder.revision
    assert by_path.gguf_file == by_folder.gguf_file == "model.gguf"
    assert by_path.storage == LocalFile(model.parent, "model.gguf")


def test_relative_paths_and_the_home_folder_are_known(model, monkeypatch):
    monkeypatch.chdir(model.parent)
    monkeypatch.setenv("HOME", str(model.parent))
    assert open_checkpoint("model.gguf").layers == open_checkpoint("~/model.gguf").layers == LAYERS


def test_several_files_are_listed(model, tmp_path):
    for name in ("a.gguf", "b.GGUF"):
        shutil.copy(model, tmp_path / name)
    message = refusal(tmp_path)
    assert "`a.gguf`, `b.GGUF`" in message
    assert "give the path of one of them" in message
    assert open_checkpoint(str(tmp_path / "b.GGUF")).layers == LAYERS
    for number in range(20):
        (tmp_path / f"c{number:02}.gguf").touch()
    assert "and 12 more" in refusal(tmp_path)


def test_safetensors_files_come_before_a_gguf_file_beside_them(model, tmp_path):
    shutil.copy(model, saved_model("qwen2", tmp_path) / "model.gguf")
    assert open_checkpoint(str(tmp_path)).model_type == "qwen2"
    assert open_checkpoint(str(tmp_path / "model.gguf")).model_type == "llama"


def test_a_config_without_safetensors_files_does_not_hide_the_gguf_file(model, tmp_path):
    shutil.copy(model, tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    assert open_checkpoint(str(tmp_path)).model_type == "llama"


def test_a_path_to_nothing_is_named(tmp_path):
    assert "Expected a GGUF file at" in refusal(tmp_path / "absent.gguf", ModelNotFoundError)


def test_a_snapshot_of_the_hub_cache_keeps_its_commit(model, tmp_path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / ("0123456789" * 4)
    snapshot.mkdir(parents=True)
    shutil.copy(model, snapshot)
    assert open_checkpoint(str(snapshot)).commit == snapshot.name


def test_gguf_files_on_the_hub_are_to_be_downloaded():
    files = {"x.Q4_K_M.gguf": HubFile(10, "a"), "README.md": HubFile(1, "b")}
    repository = HubRepository("a/b", "main", "0" * 40, files, huggingface_hub.constants.ENDPOINT)
    with pytest.raises(CheckpointError, match=r"only GGUF files \(`x.Q4_K_M.gguf`\); download one of them"):
        format_of(repository)


def test_parts_of_a_split_model_are_to_be_joined(model, tmp_path):
    for number in (1, 2):
        shutil.copy(model, tmp_path / f"m-{number:05}-of-00002.gguf")
    assert "llama-gguf-split --merge" in refusal(tmp_path)
    assert "llama-gguf-split --merge" in refusal(tmp_path / "m-00001-of-00002.gguf")
    renamed = write_bare(tmp_path / "renamed.gguf", "llama", {"split.count": 2}, tensors=1)
    assert "one part of a split model" in refusal(renamed)


@pytest.mark.parametrize(
    ("architecture", "metadata", "words"),
    [
        ("clip", {}, "a projector of pictures (mmproj)"),
        ("gemma3", {"general.type": "mmproj"}, "a projector of pictures (mmproj)"),
        ("llama", {"general.type": "adapter"}, "a LoRA adapter"),
    ],
)
def test_files_for_a_language_model_are_not_taken_for_one(architecture, metadata, words, tmp_path):
    assert words in refusal(write_bare(tmp_path / "x.gguf", architecture, metadata, tensors=2))


def test_a_file_of_a_tokenizer_alone_is_refused(tmp_path):
    path = write_bare(tmp_path / "vocab.gguf", "llama", {"tokenizer.ggml.tokens": ["a", "b"]})
    assert "a tokenizer only?" in refusal(path)


@pytest.mark.parametrize(
    ("architecture", "metadata", "words"),
    [
        ("mamba", {}, "got `mamba` in"),
        ("deepseek2", {}, "got `deepseek2` in"),
        ("llama", {"llama.expert_count": 8}, "got `llama` with experts in"),
    ],
)
def test_an_architecture_that_is_not_read_is_named(architecture, metadata, words, tmp_path):
    path = write_bare(tmp_path / "x.gguf", architecture, metadata, tensors=1)
    assert words in refusal(path, UnknownArchitectureError)


def test_falcon_is_read_only_as_transformers_reads_it(tmp_path):
    path = write_gguf(tmp_path / "x.gguf", "falcon", falcon__attention__head_count_kv=2)
    assert "with 1 key head" in refusal(path, UnknownArchitectureError)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"llama__block_count": None}, "Expected `llama.block_count`"),
        ({"llama__attention__head_count_kv": None}, "Expected `llama.attention.head_count_kv`"),
        ({"llama__attention__head_count": [4, 2]}, "layers all have the same sizes"),
        ({"llama__block_count": 0}, "got `0`"),
        ({"llama__block_count": LAYERS + 1}, f"`blk.{LAYERS}.attn_q.weight`"),
        ({"llama__attention__head_count": 8}, "as the metadata of x.gguf declares"),
        ({"llama__attention__head_count_kv": 5}, "4 heads, 5 key heads"),
        ({"llama__attention__head_count_kv": 1}, "as the metadata of x.gguf declares"),
        ({"llama__rope__dimension_count": 7}, "as the metadata of x.gguf declares"),
    ],
)
def test_metadata_that_contradicts_the_tensors_is_refused(changes, words, tmp_path):
    assert words in refusal(write_gguf(tmp_path / "x.gguf", **changes))


def test_a_type_that_cannot_be_dequantised_is_named(tmp_path):
    path = write_gguf(tmp_path / "x.gguf")
    data = bytearray(path.read_bytes())
    whole_numbers, at = 26, data.index(b"output_norm.weight") + len(b"output_norm.weight") + 4 + 8
    data[at : at + 4] = struct.pack("<I", whole_numbers)
    path.write_bytes(data)
    assert "got I32" in refusal(path)


@pytest.mark.parametrize("length", [0, 3, 4, 20, 100, 1500, -1])
def test_a_file_that_is_cut_short_is_refused(length, model, tmp_path):
    path = tmp_path / "x.gguf"
    path.write_bytes(model.read_bytes()[:length])
    message = refusal(path)
    assert ("does not begin with `GGUF`" if 0 <= length < 4 else "cut short") in message


def test_any_spoilt_byte_of_the_header_is_refused_or_harmless(model, tmp_path):
    """No byte may lead to another error than ours, nor to a wait."""
    whole, generator = model.read_bytes(), np.random.default_rng(0)
    end = read_gguf_header(LocalFolder(model.parent), model.name).tensors[0].start
    path = tmp_path / "x.gguf"
    for _ in range(150):
        spoilt = bytearray(whole)
        for at in generator.integers(0, end, 3):
            spoilt[at] = generator.integers(0, 256)
        path.write_bytes(spoilt)
        with suppress(ExplorerError):
            read_attention(open_checkpoint(str(path)), 0)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (0, b"PK", "does not begin with `GGUF`"),
        (4, struct.pack("<I", 1), "got version 1"),
        (4, struct.pack(">I", 3), "little-endian"),
        (8, struct.pack("<Q", 2**60), "describes the file"),
        (16, struct.pack("<Q", 2**60), "cut short"),
        (24, struct.pack("<Q", 2**63), "cut short"),
    ],
)
def test_a_header_that_does_not_describe_the_file_is_refused(at, value, words, model, tmp_path):
    path, data = tmp_path / "x.gguf", bytearray(model.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(data)
    assert words in refusal(path)


def test_an_unknown_type_of_ggml_is_named(model, tmp_path):
    data = bytearray(model.read_bytes())
    at = data.index(b"blk.0.attn_q.weight") + len(b"blk.0.attn_q.weight") + 4 + 16
    data[at : at + 4] = struct.pack("<I", 99)
    (tmp_path / "x.gguf").write_bytes(data)
    assert "type number 99 for `blk.0.attn_q.weight`" in refusal(tmp_path / "x.gguf")


def test_a_weight_that_is_not_finite_is_refused(model, tmp_path):
    data = bytearray(model.read_bytes())
    name = open_checkpoint(str(model)).weight_names.attention(1)["self_attn.v_proj"]
    start = open_checkpoint(str(model)).tensors[name].start
    data[start : start + 2] = np.float16(np.inf).tobytes()
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(CheckpointError, match="Expected finite weights"):
        read_attention(open_checkpoint(str(tmp_path / "x.gguf")), 1)


def test_the_command_line_answers_in_one_line(tmp_path, capsys):
    path = tmp_path / "x.gguf"
    path.write_bytes(b"nothing")
    assert main(["decompose", "--model", str(path), "--layer", "0", "--ranks", "1,1,1"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: Expected a GGUF file")
    assert printed.err.count("\n") == 1
