"""Which files are the model: what transformers itself loads from the same folder is the oracle."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from transformers import AutoModelForCausalLM

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.module_weights import read_module_attention
from tensorllm_core.models.other_contents import INDEX_FILE, SINGLE_FILE
from tensorllm_core.models.storage import LocalFolder
from tensorllm_core.models.weight_files import weight_files
from tests.models.broken_models import change_config
from tests.models.tiny_models import saved_model, tiny_model, with_tokenizer


@pytest.fixture
def folder(tmp_path):
    """A saved model as one file."""
    return with_tokenizer(saved_model("llama", tmp_path / "model"))


@pytest.fixture
def older(tmp_path):
    """An older save of another model as shards."""
    model = tiny_model("llama")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.neg_()
    model.save_pretrained(tmp_path / "older", max_shard_size="20KB")
    return tmp_path / "older"


def copy(source, target, pattern):
    for path in source.glob(pattern):
        shutil.copy(path, target)


def assert_explored_as_loaded(folder):
    """What is explored, what we load, and what transformers loads are the same weights."""
    checkpoint = open_checkpoint(str(folder))
    explored = read_attention(checkpoint, 1)
    plain = read_module_attention(AutoModelForCausalLM.from_pretrained(folder), checkpoint.family, 1)
    loaded = read_module_attention(load_model(str(folder), "cpu").model, checkpoint.family, 1)
    for part in ("q", "k", "v", "o"):
        assert torch.equal(getattr(explored, part), getattr(plain, part))
        assert torch.equal(getattr(loaded, part), getattr(plain, part))


@pytest.mark.parametrize("left_behind", ["model*", INDEX_FILE, "*-of-*"])
def test_a_single_file_counts_whatever_an_older_save_left_beside_it(folder, older, left_behind):
    copy(older, folder, left_behind)
    assert weight_files(LocalFolder(folder)).names == (SINGLE_FILE,)
    assert_explored_as_loaded(folder)


def test_an_index_counts_where_there_is_no_single_file(folder, older):
    (folder / SINGLE_FILE).unlink()
    copy(older, folder, "model*")
    assert_explored_as_loaded(folder)


def test_other_safetensors_files_beside_the_model_are_not_the_model(folder, older):
    shutil.copy(next(older.glob("*-of-*")), folder / "consolidated.safetensors")
    shutil.copy(next(older.glob("*-of-*")), folder / "model.fp16.safetensors")
    assert_explored_as_loaded(folder)


@pytest.mark.parametrize("as_shards", [False, True])
def test_the_file_that_the_config_names_comes_first(folder, older, as_shards):
    if as_shards:
        copy(older, folder, "*-of-*")
        shutil.copy(older / INDEX_FILE, folder / "other.safetensors.index.json")
        change_config(folder, transformers_weights="other.safetensors.index.json")
    else:
        AutoModelForCausalLM.from_pretrained(older).save_pretrained(older / "whole")
        shutil.copy(older / "whole" / SINGLE_FILE, folder / "other.safetensors")
        change_config(folder, transformers_weights="other.safetensors")
    assert_explored_as_loaded(folder)
    first = read_attention(open_checkpoint(str(folder)), 0).q
    assert torch.equal(first, read_attention(open_checkpoint(str(older)), 0).q)


@pytest.mark.parametrize("name", ["absent.safetensors", "../model.safetensors", "config.json", 3, ["a.safetensors"]])
def test_a_config_that_names_no_weights_is_refused(folder, name):
    change_config(folder, transformers_weights=name)
    with pytest.raises(CheckpointError, match="`transformers_weights`"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model.fp16.safetensors"], r"the variant `fp16` alone \(`model.fp16.safetensors`\); take `.fp16` out"),
        (["model.bf16-00001-of-00002.safetensors", "model.safetensors.index.bf16.json"], "the variant `bf16` alone"),
        (["model-00001-of-00002.safetensors"], f"`{INDEX_FILE}` beside the shards"),
        (["consolidated.safetensors"], "`consolidated.safetensors`; rename it"),
        (["model.onnx", "model.onnx_data"], "for ONNX only"),
        (["tf_model.h5"], "for TensorFlow only"),
        (["flax_model.msgpack"], "for Flax only"),
        (["pytorch_model.bin", "model.onnx"], "only pickled ones"),
        (["adapter_config.json", "adapter_model.safetensors"], "an adapter .LoRA. of `someone/base`; open that model"),
    ],
)
@pytest.mark.parametrize("has_config", [True, False])
def test_a_folder_without_a_model_is_refused_with_what_it_holds(folder, names, message, has_config):
    (folder / SINGLE_FILE).unlink()
    if not has_config:
        (folder / "config.json").unlink()
    for name in names:
        content = {"base_model_name_or_path": "someone/base"} if name == "adapter_config.json" else {}
        (folder / name).write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=message):
        open_checkpoint(str(folder))


@pytest.mark.parametrize("content", ["[]", "{", '{"base_model_name_or_path": 3}', '{"base_model_name_or_path": ""}'])
def test_an_adapter_that_names_no_base_is_refused_all_the_same(folder, content):
    (folder / SINGLE_FILE).unlink()
    (folder / "adapter_config.json").write_text(content)
    with pytest.raises(CheckpointError, match="a model that it does not name"):
        open_checkpoint(str(folder))


def test_without_a_config_the_weights_are_not_to_blame(folder):
    (folder / "training_args.bin").touch()
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"Expected config\.json in"):
        open_checkpoint(str(folder))
