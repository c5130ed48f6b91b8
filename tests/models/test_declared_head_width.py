"""A head width in config.json counts exactly where transformers honours it: the built model is the oracle."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.module_weights import read_module_attention
from tests.models.tiny_models import TINY

_WITHOUT_SETTER = {name for name in TINY if name.startswith("falcon")}
"""Their config class computes the head width and takes none."""


@pytest.mark.parametrize(
    ("name", "declared"),
    [*((name, width) for name in sorted(TINY.keys() - _WITHOUT_SETTER) for width in (4, 12)), ("llama", None)],
)
def test_a_declared_head_width_is_read_as_transformers_reads_it(name, declared, tmp_path):
    tiny = replace(TINY[name], options={**TINY[name].options, "head_dim": declared})
    model = tiny.build()
    model.save_pretrained(tmp_path)
    family = FAMILIES[tiny.model_type]
    stored, loaded = read_attention(open_checkpoint(str(tmp_path)), 1), read_module_attention(model, family, 1)
    assert all(getattr(stored, part).equal(getattr(loaded, part)) for part in "qkvo")
