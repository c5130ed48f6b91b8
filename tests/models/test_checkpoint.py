from __future__ import annotations

import json
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file

from tensorllm_core.errors import CheckpointError, LayerError, ModelNotFoundError, UnknownArchitectureError
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.other_contents import INDEX_FILE, SINGLE_FILE
from tensorllm_core.models.storage import LocalFolder
from tests.models.broken_models import change_config, change_weights
from tests.models.tiny_models import LAYERS, saved_model

K_PROJ = "model.layers.1.self_attn.k_proj.weight"


@pytest.fixture
def folder(tmp_path):
    return saved_model("llama-grouped-wide", tmp_path)


def all_equal(first, second) -> bool:
    return all(torch.equal(getattr(first, part), getattr(second, part)) for part in "qkvo")


def test_sizes_come_from_the_config_also_where_heads_do_not_fill_the_model(folder):
    checkpoint = open_checkpoint(str(folder))
    sizes = (checkpoint.layers, checkpoint.heads, checkpoint.groups, checkpoint.d_model, checkpoint.d_head)
    assert sizes == (LAYERS, 8, 2, 32, 12)
    weights = read_attention(checkpoint, 0)
    assert (weights.q.shape, weights.k.shape, weights.o.shape) == ((32, 12, 8), (32, 12, 2), (32, 12, 8))


def test_a_sharded_checkpoint_gives_the_same_weights(folder, tmp_path):
    sharded = saved_model("llama-grouped-wide", tmp_path / "sharded", max_shard_size="20KB")
    assert len(list(sharded.glob("*.safetensors"))) > 2
    single = open_checkpoint(str(folder))
    for layer in range(LAYERS):
        assert all_equal(read_attention(open_checkpoint(str(sharded)), layer), read_attention(single, layer))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_float_type_arrives_as_float32(folder, dtype):
    change_weights(folder, lambda weights: weights.update({name: w.to(dtype) for name, w in weights.items()}))
    k = read_attention(open_checkpoint(str(folder)), 1).k
    assert k.dtype is torch.float32
    stored = load_file(folder / SINGLE_FILE)[K_PROJ]
    assert torch.equal(k[:, :, 1], stored[12:].T.float())


def test_older_configs_without_groups_or_head_width_mean_plain_heads(tmp_path):
    folder = saved_model("llama", tmp_path)
    config = json.loads((folder / "config.json").read_text())
    before = open_checkpoint(str(folder)).sizes
    for name in ("num_key_value_heads", "head_dim"):
        del config[name]
    (folder / "config.json").write_text(json.dumps(config))
    assert open_checkpoint(str(folder)).sizes == before


class Counted:
    """Counts the bytes that are read from the disk."""

    def __init__(self, monkeypatch):
        self.count = 0
        read = LocalFolder.read

        def counting(storage, name, start, count):
            self.count += count
            return read(storage, name, start, count)

        monkeypatch.setattr(LocalFolder, "read", counting)


def test_opening_reads_headers_only_and_a_layer_its_own_bytes_only(tmp_path, monkeypatch):
    folder = saved_model("llama", tmp_path, max_shard_size="20KB")
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    counted = Counted(monkeypatch)
    checkpoint = open_checkpoint(str(folder))
    not_weights = sum(path.stat().st_size for path in folder.glob("*.json"))
    assert counted.count < not_weights + weights - sum(entry.size for entry in checkpoint.tensors.values()) + 1
    counted.count = 0
    read_attention(checkpoint, 2)
    assert counted.count == checkpoint.sizes.entries * 4


def test_the_revision_stays_while_the_files_do_and_changes_with_them(folder, tmp_path):
    revision = open_checkpoint(str(folder)).revision
    assert open_checkpoint(str(folder)).revision == revision
    moved = folder.rename(tmp_path.with_name(f"{tmp_path.name}-moved"))
    assert open_checkpoint(str(moved)).revision == revision
    moved.rename(folder)
    os.utime(folder / SINGLE_FILE, ns=(0, 0))
    touched = open_checkpoint(str(folder)).revision
    change_config(folder, rms_norm_eps=0.5)
    configured = open_checkpoint(str(folder)).revision
    assert len({revision, touched, configured}) == 3


@pytest.mark.parametrize("layer", [-1, LAYERS, 10**9])
def test_a_layer_that_the_model_does_not_have_is_refused(folder, layer):
    with pytest.raises(LayerError, match=rf"from 0 to {LAYERS - 1}, got {layer};"):
        read_attention(open_checkpoint(str(folder)), layer)


@pytest.mark.parametrize("value", [2e15, -1e30])
def test_a_weight_whose_square_float32_cannot_sum_is_refused_by_name(folder, value):
    change_weights(folder, lambda weights: weights[K_PROJ].view(-1)[7:8].fill_(value))
    with pytest.raises(CheckpointError, match=r"Expected weights below 1e\+15 in size, got .* in `model.layers.1"):
        read_attention(open_checkpoint(str(folder)), 1)
    read_attention(open_checkpoint(str(folder)), 0)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_weight_that_is_not_finite_is_refused_by_name_and_other_layers_still_open(folder, value):
    change_weights(folder, lambda weights: weights[K_PROJ].__setitem__((3, 4), value))
    checkpoint = open_checkpoint(str(folder))
    read_attention(checkpoint, 0)
    with pytest.raises(CheckpointError, match=rf"NaN or infinity in `{K_PROJ}`"):
        read_attention(checkpoint, 1)


def test_a_file_cut_short_after_opening_is_refused(folder):
    checkpoint = open_checkpoint(str(folder))
    os.truncate(folder / SINGLE_FILE, 5000)
    with pytest.raises(CheckpointError, match="cut short"):
        read_attention(checkpoint, 1)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"hidden_size": None}, "`hidden_size`"),
        ({"hidden_size": "32"}, "`hidden_size`"),
        ({"hidden_size": True}, "`hidden_size`"),
        ({"num_attention_heads": 0}, "`num_attention_heads`"),
        ({"num_attention_heads": -4}, "`num_attention_heads`"),
        ({"num_hidden_layers": 1.5}, "`num_hidden_layers`"),
        ({"num_key_value_heads": 3}, "multiple of its `num_key_value_heads`"),
        ({"num_attention_heads": 5, "num_key_value_heads": 5, "head_dim": None}, "multiple of its `num_attention"),
        ({"head_dim": 16}, "of shape"),
        ({"num_hidden_layers": LAYERS + 1}, rf"`model.layers.{LAYERS}.self_attn.q_proj.weight`"),
        ({"num_hidden_layers": 10**9}, rf"`model.layers.{LAYERS}.self_attn.q_proj.weight`"),
        ({"model_type": "gpt2", "n_layer": 1, "n_head": 1, "n_embd": 1}, r"`h.0.attn.c_proj.weight`"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised with `gptq`"),
        ({"quantization_config": 3}, "quantised"),
    ],
)
def test_a_config_that_contradicts_the_weights_is_refused(folder, changes, complaint):
    change_config(folder, **changes)
    with pytest.raises(CheckpointError, match=complaint):
        open_checkpoint(str(folder))


@pytest.mark.parametrize("model_type", ["megamodel", "", None, ["llama"], 3])
def test_an_architecture_without_a_family_is_refused_by_name(folder, model_type):
    change_config(folder, model_type=model_type)
    with pytest.raises(UnknownArchitectureError, match="Add a model family"):
        open_checkpoint(str(folder))


@pytest.mark.parametrize("dtype", [torch.int32, torch.int8, torch.float8_e4m3fn])
def test_codes_in_a_matrix_outside_the_attention_are_refused(folder, dtype):
    name = "model.layers.2.mlp.up_proj.weight"
    change_weights(folder, lambda weights: weights.update({name: weights[name].to(dtype)}))
    with pytest.raises(CheckpointError, match=f"Expected `{name}` as F64, F32, F16, BF16, got"):
        open_checkpoint(str(folder))


def test_a_missing_tensor_is_named(folder):
    change_weights(folder, lambda weights: weights.pop(K_PROJ))
    with pytest.raises(CheckpointError, match=K_PROJ):
        open_checkpoint(str(folder))


def test_weights_of_whole_numbers_are_refused(folder):
    change_weights(folder, lambda weights: weights.update({K_PROJ: weights[K_PROJ].to(torch.int8)}))
    with pytest.raises(CheckpointError, match="got I8"):
        open_checkpoint(str(folder))


def test_two_models_in_one_checkpoint_are_refused(folder):
    def double(weights):
        weights.update({f"second.{name}": tensor.clone() for name, tensor in weights.items()})

    change_weights(folder, double)
    with pytest.raises(CheckpointError, match=r"under the prefixes `model\.`, `second\.model\.`"):
        open_checkpoint(str(folder))


def test_a_folder_without_config_or_with_a_missing_shard_is_refused(tmp_path):
    folder = saved_model("bert", tmp_path / "whole", max_shard_size="20KB")
    first = min(folder.glob("*.safetensors"))
    incomplete = shutil.copytree(folder, tmp_path / "incomplete", ignore=shutil.ignore_patterns(first.name))
    with pytest.raises(CheckpointError, match=rf"shard `{first.name}` that {INDEX_FILE}"):
        open_checkpoint(str(incomplete))
    (folder / "config.json").unlink()
    with pytest.raises(CheckpointError, match=r"Expected config\.json"):
        open_checkpoint(str(folder))


def test_a_shard_that_is_a_dangling_link_is_refused(folder):
    (folder / SINGLE_FILE).unlink()
    (folder / SINGLE_FILE).symlink_to(folder / "nowhere")
    with pytest.raises(CheckpointError, match="got nothing there"):
        open_checkpoint(str(folder))


def test_a_name_that_leads_nowhere_is_refused():
    with pytest.raises(ModelNotFoundError):
        open_checkpoint("no-such-model")
