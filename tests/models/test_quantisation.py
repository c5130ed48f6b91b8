from __future__ import annotations

import pytest

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.quantisation import refuse_quantised_config, refuse_quantised_tensors

BASE = "model.layers.0.self_attn.q_proj"


@pytest.mark.parametrize(
    ("declaration", "method"),
    [
        ({"quant_method": "gptq", "bits": 4}, "gptq"),
        ({"quant_method": "compressed-tensors"}, "compressed-tensors"),
        ({"load_in_8bit": True, "llm_int8_threshold": 6.0}, "bitsandbytes"),
        ({"bits": 4}, "unnamed"),
        ({}, "unnamed"),
        (3, "unnamed"),
    ],
)
def test_a_config_that_declares_quantisation_is_refused_by_its_name(declaration, method):
    with pytest.raises(CheckpointError, match=rf"quantised with `{method}`; choose the model's unquantised"):
        refuse_quantised_config({"quantization_config": declaration})


@pytest.mark.parametrize(
    ("endings", "method"),
    [
        (("qweight", "qzeros", "scales", "g_idx"), "gptq"),
        (("qweight", "qzeros", "scales"), "awq"),
        (("weight", "SCB"), "bitsandbytes"),
        (("weight", "weight.absmax", "weight.quant_state.bitsandbytes__nf4"), "bitsandbytes"),
    ],
)
def test_tensors_that_hold_codes_are_refused_with_the_name_of_the_method(endings, method):
    with pytest.raises(CheckpointError, match=rf"quantised with `{method}`"):
        refuse_quantised_tensors([f"{BASE}.{ending}" for ending in endings])


def test_plain_weights_are_accepted():
    refuse_quantised_config({"model_type": "llama", "quantization_config": None})
    refuse_quantised_tensors([f"{BASE}.weight", f"{BASE}.bias", "lm_head.weight", "scales_of_justice.weight"])
