"""`inspect` on a checkpoint of every family."""

from __future__ import annotations

import json

import pytest

from tensorllm_core.__main__ import main
from tests.models.tiny_models import LAYERS, TINY, saved_model, tiny_model


@pytest.mark.parametrize("name", TINY)
def test_inspect_lists_layers_heads_groups_and_widths(name, tmp_path, capsys):
    saved_model(name, tmp_path)
    capsys.readouterr()
    main(["inspect", "--model", str(tmp_path), "--json"])
    told = json.loads(capsys.readouterr().out)
    config = tiny_model(name).config
    assert told["model_type"] == TINY[name].model_type
    assert (told["layers"], told["heads"], told["d_model"]) == (LAYERS, config.num_attention_heads, config.hidden_size)
    assert told["heads"] % told["groups"] == 0
    assert told["d_head"] >= 4
