from __future__ import annotations

import pytest
import torch

from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.module_weights import read_module_attention


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_model_opens_loads_and_reads_a_text(name):
    checkpoint = open_checkpoint(name)
    loaded = load_model(name, "cpu")
    tokens = loaded.tokenizer("who is it", return_tensors="pt")
    with torch.no_grad():
        assert torch.isfinite(loaded.model(input_ids=tokens["input_ids"]).logits).all()
    for layer in range(checkpoint.layers):
        on_disk = read_attention(checkpoint, layer)
        in_memory = read_module_attention(loaded.model, checkpoint.family, layer)
        assert all(torch.equal(getattr(on_disk, part), getattr(in_memory, part)) for part in "qkvo")
