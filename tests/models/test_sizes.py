"""Sizes from configs, against what transformers makes of the same config."""

from __future__ import annotations

import pytest
from transformers import AutoConfig

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.sizes import SizeNames
from tests.models.tiny_models import WITHOUT_TINY

HEADS = 96


@pytest.mark.parametrize("model_type", sorted(set(FAMILIES) - WITHOUT_TINY))
def test_a_config_that_leaves_sizes_out_means_what_transformers_takes_it_for(model_type):
    names = FAMILIES[model_type].size_names
    least = {names.layers: 24, names.heads: HEADS, names.d_model: 4 * HEADS}
    complete = AutoConfig.for_model(model_type, **least).to_dict()
    assert not {names.groups, names.d_head, names.multi_query, names.blocks} & set(least)
    assert names.read(least) == names.read(complete)


def test_a_model_that_also_takes_pictures_has_the_sizes_of_its_text_part():
    text = {"hidden_size": 2560, "num_hidden_layers": 34, "model_type": "gemma3_text"}
    sizes = FAMILIES["gemma3"].size_names.read({"model_type": "gemma3", "text_config": text, "hidden_size": 1})
    assert (sizes.layers, sizes.heads, sizes.groups, sizes.d_model, sizes.d_head) == (34, 8, 4, 2560, 256)


def test_bloom_is_read_under_the_names_that_its_published_configs_use():
    sizes = FAMILIES["bloom"].size_names.read({"n_embed": 1024, "n_layer": 24, "num_attention_heads": 16})
    assert (sizes.layers, sizes.heads, sizes.d_model, sizes.d_head) == (24, 16, 1024, 64)


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ({}, 1),
        ({"multi_query": False}, 8),
        ({"new_decoder_architecture": True, "num_kv_heads": 2}, 2),
        ({"new_decoder_architecture": True, "num_kv_heads": 4, "multi_query": True}, 4),
    ],
)
def test_falcon_has_one_group_or_as_many_as_its_generation_says(more, groups):
    config = {"num_hidden_layers": 2, "num_attention_heads": 8, "hidden_size": 64, **more}
    assert FAMILIES["falcon"].size_names.read(config).groups == groups


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"num_hidden_groups": 5}, "`num_hidden_layers` to be a multiple of its `num_hidden_groups`, got 12 and 5"),
        ({"inner_group_num": 2}, "`inner_group_num` to be 1, got 2"),
    ],
)
def test_sharing_that_is_not_understood_is_refused(more, message):
    config = {"num_hidden_layers": 12, "num_attention_heads": 8, "hidden_size": 64, **more}
    with pytest.raises(CheckpointError, match=message):
        FAMILIES["albert"].size_names.read(config)


@pytest.mark.parametrize("value", [0, -1, 1.5, "4", None, True, 2**40])
def test_a_size_that_is_no_positive_whole_number_is_refused(value):
    config = {"num_hidden_layers": value, "num_attention_heads": 4, "hidden_size": 32}
    with pytest.raises(CheckpointError, match="positive whole number for `num_hidden_layers`"):
        SizeNames().read(config)
