from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from tensorllm_core.errors import CheckpointError, LayerError
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.feed_forward import read_module_feed_forward
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.module_weights import read_module_attention, write_module_attention
from tensorllm_core.types import AttentionWeights
from tests.models.tiny_models import LAYERS, TINY, logits, saved_model, tiny_model
from tests.patience import PATIENCE


@pytest.fixture(params=TINY)
def loaded(request, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(request.param, tmp_path)))
    return LoadedModel(tiny_model(request.param), None, checkpoint)


@pytest.fixture
def grouped(tmp_path):
    checkpoint = open_checkpoint(str(saved_model("llama-grouped-wide", tmp_path)))
    return LoadedModel(tiny_model("llama-grouped-wide"), None, checkpoint)


def flipped(loaded: LoadedModel, layer: int) -> AttentionWeights:
    weights = read_module_attention(loaded.model, loaded.checkpoint.family, layer)
    return AttentionWeights(*(part.flip(0) for part in (weights.q, weights.k, weights.v, weights.o)))


def state(loaded: LoadedModel) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_an_edit_holds_inside_the_block_and_is_undone_to_the_bit(loaded):
    before, expected = state(loaded), logits(loaded.model)
    layers = (0,) if loaded.checkpoint.sizes.blocks == 1 else (0, 2)
    replacements = {layer: flipped(loaded, layer) for layer in layers}
    with edited(loaded, Edit(replacements)) as model:
        assert model is loaded.model
        assert (logits(model) - expected).abs().max() > 1e-3
        for layer, weights in replacements.items():
            assert torch.equal(read_module_attention(model, loaded.checkpoint.family, layer).o, weights.o)
    assert same(before, state(loaded))


def test_an_edit_is_undone_also_after_an_exception(loaded):
    before = state(loaded)
    with pytest.raises(KeyboardInterrupt), edited(loaded, Edit({1: flipped(loaded, 1)})):
        raise KeyboardInterrupt
    assert same(before, state(loaded))


def test_an_edit_that_fails_half_way_leaves_nothing_behind(grouped):
    before = state(grouped)
    wrong = flipped(grouped, 1)
    wrong = replace(wrong, k=wrong.k[:, :, :1], v=wrong.v[:, :, :1])
    with (
        pytest.raises(CheckpointError, match=r"`self_attn\.k_proj`"),
        edited(grouped, Edit({0: flipped(grouped, 0), 1: wrong})),
    ):
        pytest.fail("the block must not run")
    assert same(before, state(grouped))


def test_a_layer_that_the_model_does_not_have_is_refused(grouped):
    weights = flipped(grouped, 0)
    with pytest.raises(LayerError), edited(grouped, Edit({LAYERS: weights})):
        pytest.fail("the block must not run")
    for ask in (read_module_attention, lambda *where: write_module_attention(*where, weights)):
        with pytest.raises(LayerError):
            ask(grouped.model, grouped.checkpoint.family, -1)


def test_edits_inside_edits_are_undone_one_by_one(grouped):
    before = state(grouped)
    with edited(grouped, Edit({1: flipped(grouped, 1)})):
        outer = state(grouped)
        with edited(grouped, Edit({1: flipped(grouped, 1), 0: flipped(grouped, 0)})):
            assert not same(outer, state(grouped))
        assert same(outer, state(grouped))
    assert same(before, state(grouped))


def test_nobody_else_can_run_the_model_while_it_is_edited(grouped):
    expected = logits(grouped.model)

    def run_original():
        with edited(grouped, Edit({})) as model:
            return logits(model)

    with ThreadPoolExecutor(1) as pool:
        with edited(grouped, Edit({1: flipped(grouped, 1)})):
            other = pool.submit(run_original)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.2)
        assert torch.equal(other.result(timeout=PATIENCE), expected)


def test_a_model_in_half_precision_is_edited_and_restored_in_its_own_type(grouped):
    grouped.model.to(torch.bfloat16)
    before = state(grouped)
    with edited(grouped, Edit({1: flipped(grouped, 1)})):
        assert {tensor.dtype for tensor in grouped.model.parameters()} == {torch.bfloat16}
        assert read_module_attention(grouped.model, grouped.checkpoint.family, 1).q.dtype is torch.float32
    assert same(before, state(grouped))


def test_what_is_read_from_a_module_is_a_copy(grouped):
    before = state(grouped)
    read_module_attention(grouped.model, grouped.checkpoint.family, 0).q.zero_()
    assert same(before, state(grouped))


def test_a_module_in_training_keeps_its_gradients_when_written(grouped):
    family = FAMILIES["llama"]
    logits_with_graph = grouped.model(input_ids=torch.tensor([[3, 4, 5]])).logits
    logits_with_graph.sum().backward()
    gradient = grouped.model.model.layers[0].self_attn.q_proj.weight.grad.clone()
    write_module_attention(grouped.model, family, 0, flipped(grouped, 0))
    parameter = grouped.model.model.layers[0].self_attn.q_proj.weight
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert torch.equal(parameter.grad, gradient)


def test_a_model_of_another_family_is_refused(grouped):
    with pytest.raises(CheckpointError, match=r"h\.0\.attn\.c_proj"):
        read_module_attention(grouped.model, FAMILIES["gpt2"], 0)


def test_a_removed_layer_adds_nothing_to_the_residual_stream(loaded):
    expected = logits(loaded.model)
    path = next(tiny.output_projection for tiny in TINY.values() if tiny.model_type == loaded.checkpoint.model_type)
    output = loaded.model.get_submodule(path.format(1))
    with edited(loaded, Edit(removed=frozenset({1}))):
        without = logits(loaded.model)
    with torch.no_grad():
        for parameter in output.parameters():
            parameter.zero_()
    assert torch.equal(logits(loaded.model), without)
    assert not torch.equal(expected, without)
    with pytest.raises(LayerError), edited(loaded, Edit(removed=frozenset({LAYERS}))):
        pass


def test_layers_that_share_weights_are_changed_together_and_by_one_replacement(tmp_path):
    checkpoint = open_checkpoint(str(saved_model("albert", tmp_path)))
    loaded = LoadedModel(tiny_model("albert"), None, checkpoint)
    assert checkpoint.sizes.sharing(1) == (0, 1, 2)
    weights, results = flipped(loaded, 0), []
    for layer in range(LAYERS):
        with edited(loaded, Edit({layer: weights})) as model:
            results.append(logits(model))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])
    both = Edit({0: weights, 2: weights})
    with (
        pytest.raises(LayerError, match="share their weights, got one for layer 0 and one for layer 2"),
        edited(loaded, both),
    ):
        pass


@pytest.mark.parametrize("tiny", ["llama", "gpt2", "phi3", "modernbert", "bert"])
def test_feed_forward_matrices_are_replaced_one_by_one_and_come_back(tiny, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(tiny, tmp_path)))
    loaded = LoadedModel(tiny_model(tiny), None, checkpoint)
    before, expected = state(loaded), logits(loaded.model)
    old = read_module_feed_forward(loaded.model, checkpoint.family, 1)
    for name, matrix in old.items():
        with edited(loaded, Edit(feed_forward={1: {name: matrix.flip(0)}})) as model:
            new = read_module_feed_forward(model, checkpoint.family, 1)
            assert torch.equal(new[name], matrix.flip(0))
            assert all(torch.equal(new[other], old[other]) for other in old if other != name)
            assert (logits(model) - expected).abs().max() > 1e-4
    assert same(before, state(loaded))


def test_a_feed_forward_matrix_that_the_family_lacks_is_refused(grouped):
    with (
        pytest.raises(CheckpointError, match="Expected feed-forward matrices among `gate`, `up`, `down`, got `in`"),
        edited(grouped, Edit(feed_forward={0: {"in": torch.ones(48, 32)}})),
    ):
        pass


def test_an_edit_names_every_layer_that_it_changes():
    assert Edit(removed=frozenset({3}), feed_forward={1: {}}).layers == (1, 3)
