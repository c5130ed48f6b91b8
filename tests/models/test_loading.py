"""Memory that runs out while a model is loaded: given back, and told with what would fit."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.models import loading
from tensorllm_core.models.devices import SPREAD
from tensorllm_core.models.editing import read_module_attention
from tensorllm_core.models.fit import Memory, check_fit, needed_bytes
from tensorllm_core.models.loading import load_where_it_fits

MODEL = "demo-decoder"


def full(*_arguments):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")


def test_a_model_is_loaded_in_the_type_that_was_asked_for():
    loaded = load_where_it_fits(MODEL, "cpu", "bfloat16")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}


def test_a_model_that_is_spread_over_what_there_is_answers_as_any_other():
    whole, spread = (load_where_it_fits(MODEL, device) for device in ("cpu", SPREAD))
    tokens = torch.tensor([[5, 6, 7]])
    with torch.no_grad():
        found = spread.model(tokens).logits.cpu()
        torch.testing.assert_close(found, whole.model(tokens).logits, rtol=1e-4, atol=1e-4)
    assert read_module_attention(spread.model, spread.checkpoint.family, 0).q.shape == (128, 16, 8)


def test_weights_that_were_put_away_are_not_edited():
    loaded = load_where_it_fits(MODEL, "cpu")
    with pytest.raises(RequestError, match="layer 1 on a device, got them put away"):
        read_module_attention(loaded.model.to("meta"), loaded.checkpoint.family, 1)


def test_the_next_smaller_option_is_offered_when_memory_runs_out(monkeypatch):
    given_back = []
    monkeypatch.setattr(loading, "give_back_memory", lambda: given_back.append(1))
    words = r"^Expected memory of 203 MiB .* choose bfloat16 on cpu, which needs"
    with pytest.raises(RequestError, match=words) as told:
        load_where_it_fits(MODEL, "cpu", "float32", load=full)
    assert given_back == [1]
    assert told.value.__context__ is None


def test_without_anything_smaller_the_layers_can_still_be_explored(monkeypatch):
    def nearly_nothing(checkpoint):
        return check_fit(checkpoint, [Memory("cpu", 2**30, needed_bytes(checkpoint.parameters, "bfloat16") - 1)])

    monkeypatch.setattr(loading, "check_fit", nearly_nothing)
    with pytest.raises(RequestError, match="explore its layers without loading it"):
        load_where_it_fits(MODEL, "cpu", "float32", load=full)


def test_other_errors_are_not_taken_for_it():
    def bug(*_arguments):
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        load_where_it_fits(MODEL, "cpu", "float32", load=bug)


def test_an_unknown_type_is_refused():
    with pytest.raises(RequestError, match="float32, bfloat16, float16, got `int3`"):
        load_where_it_fits(MODEL, "cpu", "int3")
