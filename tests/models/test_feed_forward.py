"""The feed-forward matrices of every family, against hooks that know nothing of our patterns."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import CheckpointError
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.feed_forward import read_feed_forward, read_module_feed_forward, write_module_feed_forward
from tests.models.tiny_models import LAYERS, TINY, logits, saved_model, tiny_model

LAYER = 1
NEURONS = [3, 10]
WITH_FEED_FORWARD = [name for name, tiny in TINY.items() if FAMILIES[tiny.model_type].feed_forward]


@pytest.fixture(params=WITH_FEED_FORWARD)
def tiny(request):
    return request.param


@pytest.fixture
def family(tiny):
    return FAMILIES[TINY[tiny].model_type]


@pytest.fixture
def model(tiny):
    return tiny_model(tiny)


def with_neurons_scaled(model, family, tiny, factor):
    """Logits when the outputs of these neurons are multiplied by a factor, by a hook before the last matrix."""

    def scale(_module, inputs):
        hidden = inputs[0].clone()
        hidden[..., NEURONS] *= factor
        return (hidden, *inputs[1:])

    block = TINY[tiny].output_projection.format(LAYER).removesuffix(f".{family.o.path}")
    handle = model.get_submodule(f"{block}.{family.feed_forward[-1].path}").register_forward_pre_hook(scale)
    try:
        return logits(model)
    finally:
        handle.remove()


def test_reading_then_writing_back_changes_no_bit(model, family):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for layer in range(LAYERS):
        write_module_feed_forward(model, family, layer, read_module_feed_forward(model, family, layer))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_the_last_matrix_holds_a_row_for_each_neuron(model, family, tiny):
    expected = with_neurons_scaled(model, family, tiny, 0.0)
    assert (expected - logits(model)).abs().max() > 1e-4
    matrices = read_module_feed_forward(model, family, LAYER)
    matrices[family.feed_forward_names[-1]][NEURONS] = 0
    write_module_feed_forward(model, family, LAYER, matrices)
    torch.testing.assert_close(logits(model), expected, rtol=1e-5, atol=1e-5)


def test_the_matrix_before_the_last_holds_a_row_for_each_neuron(model, family, tiny):
    """Twice the rows of `up` give twice as much; without a gate, no rows of `in` and no bias give nothing."""
    names = family.feed_forward_names
    factor = 2.0 if "up" in names else 0.0
    for name, parameter in model.named_parameters():
        if name.endswith(".bias"):
            parameter.data.zero_()
    expected = with_neurons_scaled(model, family, tiny, factor)
    matrices = read_module_feed_forward(model, family, LAYER)
    matrices["up" if "up" in names else "in"][NEURONS] *= factor
    write_module_feed_forward(model, family, LAYER, matrices)
    torch.testing.assert_close(logits(model), expected, rtol=1e-5, atol=1e-5)
    assert names in {("gate", "up", "down"), ("in", "out")}


def test_a_checkpoint_on_disk_and_the_model_give_the_same_matrices(model, family, tiny, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(tiny, tmp_path)))
    on_disk, in_memory = read_feed_forward(checkpoint, LAYER), read_module_feed_forward(model, family, LAYER)
    assert list(on_disk) == list(in_memory) == list(family.feed_forward_names)
    assert all(torch.equal(on_disk[name], in_memory[name]) for name in on_disk)
    assert len({matrix.shape for matrix in on_disk.values()}) == 1


def test_experts_are_refused(tmp_path):
    checkpoint = open_checkpoint(str(saved_model("mixtral", tmp_path)))
    with pytest.raises(CheckpointError, match="`mixtral`, some of whose layers have several experts"):
        read_feed_forward(checkpoint, 0)


def test_incomplete_or_alien_matrices_are_refused_and_change_nothing():
    model, family = tiny_model("llama"), FAMILIES["llama"]
    matrices = read_module_feed_forward(model, family, LAYER)
    with pytest.raises(CheckpointError, match="`up` of the layer, got none"):
        write_module_feed_forward(model, family, LAYER, {"gate": matrices["gate"], "down": matrices["down"]})
    with pytest.raises(CheckpointError, match=r"shape \(48, 32\) for `mlp.up_proj`, got \(47, 32\)"):
        write_module_feed_forward(model, family, LAYER, matrices | {"up": matrices["up"][1:]})
    assert torch.equal(read_module_feed_forward(model, family, LAYER)["gate"], matrices["gate"])
