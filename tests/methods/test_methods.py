"""What holds for every registered method, on plain and on grouped attention.

What is expected of a method is read from its description; no method is named here but in tests of its own options.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from tensorllm_core.errors import LayoutError, RankError, RequestError, StoppedError
from tensorllm_core.experiments.edits import edit_of, read_layers
from tensorllm_core.methods.description import LayerSizes, Options
from tensorllm_core.methods.laser import Laser
from tensorllm_core.methods.matrices import ATTENTION_MATRICES
from tensorllm_core.methods.method import KEPT, Compressed, Method, Prepared
from tensorllm_core.methods.rank_text import parse_ranks
from tensorllm_core.methods.registry import METHODS, make_method
from tensorllm_core.methods.trawl import Trawl
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.edit import edited
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.types import LayerWeights, Layout
from tests.methods.test_tensorise import random_weights
from tests.models.tiny_models import logits, saved_model, tiny_model

D_MODEL, D_HEAD, D_FF = 24, 5, 30
# Groups, and query heads in each of them.
GROUPINGS = {"plain": (4, 1), "grouped": (2, 2)}
POSSIBLE = [
    (name, grouping)
    for name, grouping in itertools.product(METHODS, GROUPINGS)
    if grouping == "plain" or not METHODS[name].needs_plain_attention
]


def layer_weights(grouping: str, seed: int, turns_freely: bool = False) -> LayerWeights:
    groups, shared_by = GROUPINGS[grouping]
    attention = random_weights(D_MODEL, D_HEAD, groups, shared_by, seed)
    generator = torch.Generator().manual_seed(seed + 100)
    dense = {name: torch.randn(D_FF, D_MODEL, generator=generator) for name in ("gate", "up", "down")}
    return LayerWeights(attention, dense, turns_freely)


def layer_sizes(grouping: str, turns_freely: bool = False) -> LayerSizes:
    groups, shared_by = GROUPINGS[grouping]
    return LayerSizes(D_MODEL, D_HEAD, groups * shared_by, groups, D_FF, 3, turns_freely)


def matrices(weights: LayerWeights) -> dict[str, torch.Tensor]:
    attention = {name: getattr(weights.attention, name) for name in ("q", "k", "v", "o")} if weights.attention else {}
    return attention | dict(weights.feed_forward)


def after(layers: dict[int, LayerWeights], compressed: Compressed) -> dict[int, LayerWeights]:
    return {
        layer: LayerWeights(
            compressed.replacements[layer].attention or weights.attention,
            {**weights.feed_forward, **compressed.replacements[layer].feed_forward},
        )
        for layer, weights in layers.items()
    }


def squared_error(layers: dict[int, LayerWeights], compressed: Compressed) -> float:
    new = after(layers, compressed)
    return sum(
        float((matrix.double() - matrices(new[layer])[name].double()).square().sum())
        for layer, weights in layers.items()
        for name, matrix in matrices(weights).items()
    )


def is_possible(tensor, ranks) -> bool:
    try:
        tensor.check(ranks)
    except RankError:
        return False
    return True


@pytest.fixture(params=POSSIBLE, ids="-".join)
def case(request):
    name, grouping = request.param
    layers = {layer: layer_weights(grouping, layer) for layer in (0, 2)}
    return name, grouping, layers, make_method(name).prepare(layers)


def full(prepared: Prepared) -> dict[str, tuple[int, ...]]:
    return {name: tensor.limits for name, tensor in prepared.tensors.items()}


def all_ranks(prepared: Prepared, rank: int) -> dict[str, tuple[int, ...]]:
    return {name: (rank,) * len(tensor.limits) for name, tensor in prepared.tensors.items()}


def test_every_method_keeps_the_protocol(case):
    name, _, _, prepared = case
    assert isinstance(make_method(name), Method)
    assert [unit.layers for unit in prepared.units] == [(0,), (2,)]


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].needs_plain_attention])
def test_a_method_that_needs_plain_attention_refuses_grouped_attention(name):
    with pytest.raises(LayoutError, match="Expected"):
        make_method(name).prepare({0: layer_weights("grouped", 0)})


def test_full_ranks_lose_nothing_and_shapes_and_dtypes_stay(case):
    _, _, layers, prepared = case
    compressed = prepared.at(full(prepared))
    for layer, weights in after(layers, compressed).items():
        for name, matrix in matrices(weights).items():
            old = matrices(layers[layer])[name]
            assert (matrix.shape, matrix.dtype) == (old.shape, old.dtype)
            assert torch.allclose(matrix, old, atol=2e-5)


def test_the_error_never_rises_with_a_rank(case):
    method, _, layers, prepared = case
    for name, tensor in prepared.tensors.items():
        front = tensor.front()
        assert (front.stored_entries[1:] >= front.stored_entries[:-1]).all()
        assert (front.squared_error[1:] <= front.squared_error[:-1] + 1e-9).all()
        others = full(prepared)
        diagonal = [tuple(math.ceil(limit * share / 10) for limit in tensor.limits) for share in range(1, 11)]
        steps = [ranks for ranks in diagonal if is_possible(tensor, ranks)]
        assert len(steps) > 3
        errors = [squared_error(layers, prepared.at(others | {name: ranks})) for ranks in steps]
        # At a local optimum the larger of two ranks near each other may come out a little worse.
        slack = 1.02 if METHODS[method].has_local_optima else 1.0 + 1e-5
        assert all(later <= earlier * slack + 1e-6 for earlier, later in itertools.pairwise(errors))


@pytest.mark.parametrize("turns_freely", [False, True])
@pytest.mark.parametrize(("name", "grouping"), POSSIBLE)
def test_stored_and_replaced_entries_are_those_of_the_formulas_in_the_description(name, grouping, turns_freely):
    method, sizes = METHODS[name], layer_sizes(grouping, turns_freely)
    prepared = make_method(name).prepare({layer: layer_weights(grouping, layer, turns_freely) for layer in (0, 2)})
    tensors = prepared.tensors.values()
    ranks = [rank for rank in (1, 2, 3) if all(is_possible(tensor, (rank,) * len(tensor.limits)) for tensor in tensors)]
    assert len(ranks) > 1
    for rank in ranks:
        compressed = prepared.at(all_ranks(prepared, rank))
        stored, replaced = method.stored_entries(sizes, rank), method.replaced_entries(sizes)
        assert (compressed.stored_entries, compressed.original_entries) == (2 * stored, 2 * replaced)
        assert compressed.compression_ratio == replaced / stored


def test_no_more_entries_change_than_the_description_says(case):
    method, grouping, layers, prepared = case
    new = after(layers, prepared.at(all_ranks(prepared, 1)))
    changed = sum(
        int((matrix != matrices(new[layer])[name]).sum())
        for layer, weights in layers.items()
        for name, matrix in matrices(weights).items()
    )
    assert 0 < changed <= 2 * METHODS[method].replaced_entries(layer_sizes(grouping))


def test_a_ratio_is_met_and_more_room_never_costs(case):
    _, _, layers, prepared = case
    errors = []
    for ratio in (3.0, 2.0, 1.2):
        compressed = prepared.at(prepared.ranks_for_compression(ratio))
        assert compressed.compression_ratio >= ratio
        errors.append(squared_error(layers, compressed))
    assert all(later <= earlier * 1.02 + 1e-6 for earlier, later in itertools.pairwise(errors))


def test_a_budget_for_each_layer_is_kept(case):
    method, grouping, _, prepared = case
    replaced = METHODS[method].replaced_entries(layer_sizes(grouping))
    saved = {0: replaced // 3, 2: 2 * replaced // 3}
    ranks = prepared.ranks_for_saving(saved)
    for unit in prepared.units:
        stored = unit.fixed_entries + sum(
            tensor.entries if ranks[name] == KEPT else tensor.stored_entries(ranks[name])
            for name, tensor in unit.tensors.items()
        )
        assert unit.entries - stored >= sum(saved[layer] for layer in unit.layers)


def test_what_cannot_be_reached_is_said_with_the_limit(case):
    _, _, _, prepared = case
    with pytest.raises(RankError, match=r"Expected a compression ratio above 0 and of at most \d+"):
        prepared.ranks_for_compression(1e6)
    with pytest.raises(RankError, match="ask for a ratio"):
        prepared.ranks_for_compression(0.0)
    with pytest.raises(RankError, match=r"Expected to save at most [\d,]+ of the [\d,]+ entries"):
        prepared.ranks_for_saving({0: 10**9, 2: 0})


def test_impossible_ranks_are_refused(case):
    _, _, _, prepared = case
    for tensor in prepared.tensors.values():
        many = tuple(limit + 1 for limit in tensor.limits)
        for ranks in (many, (0,) * len(many), (1,) * (len(many) + 1)):
            with pytest.raises((RankError, TypeError)):
                tensor.check(ranks)
    with pytest.raises(RankError, match="got none"):
        prepared.at({})


def test_it_stops_when_progress_asks(case):
    name, _, layers, _ = case
    with pytest.raises(StoppedError):
        make_method(name).prepare(layers, lambda share, message: False)
    shares = []
    make_method(name).prepare(layers, lambda share, message: shares.append(share) is None)
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("tiny", ["llama", "gpt2", "modernbert"])
def test_an_edit_changes_a_model_and_is_undone(name, tiny, tmp_path):
    checkpoint = open_checkpoint(str(saved_model(tiny, tmp_path)))
    loaded = LoadedModel(tiny_model(tiny), None, checkpoint)
    before, expected = {key: value.clone() for key, value in loaded.model.state_dict().items()}, logits(loaded.model)
    method = make_method(name)
    prepared = method.prepare(read_layers(checkpoint, (0, 2), method))
    with edited(loaded, edit_of(prepared.at(prepared.ranks_for_compression(2.0)))) as model:
        assert (logits(model) - expected).abs().max() > 1e-4
    with edited(loaded, edit_of(prepared.at(full(prepared)))) as model:
        assert torch.allclose(logits(model), expected, atol=1e-4)
    assert all(torch.equal(value, before[key]) for key, value in loaded.model.state_dict().items())


def test_matrices_of_different_shapes_cannot_be_stacked():
    layers = {0: layer_weights("grouped", 0)}
    with pytest.raises(LayoutError, match="Expected matrices of one shape to stack, got `Q` of layer 0 with 24 x 20"):
        Trawl(ATTENTION_MATRICES).prepare(layers)
    wider = LayerWeights(None, {"up": torch.ones(D_FF + 1, D_MODEL)})
    with pytest.raises(LayoutError, match="`up` of layer 1 with 31 x 24"):
        Trawl(("up",)).prepare({0: layer_weights("plain", 0), 1: wider})


def test_one_matrix_is_stacked_over_the_layers_and_not_alone():
    layers = {layer: layer_weights("plain", layer) for layer in range(3)}
    prepared = Trawl(("down",)).prepare(layers)
    assert list(prepared.tensors) == ["down of layers 0-2"]
    assert prepared.units[0].layers == (0, 1, 2)
    replacement = prepared.at(full(prepared)).replacements[1]
    assert torch.allclose(replacement.feed_forward["down"], layers[1].feed_forward["down"], atol=2e-5)
    assert set(replacement.feed_forward) == {"down"}
    with pytest.raises(RequestError, match="two or more matrices to stack, got `down` of layer 0 alone"):
        Trawl(("down",)).prepare({0: layers[0]})


@pytest.mark.parametrize("matrix", ["U_in", "gates", ""])
def test_a_matrix_that_the_family_lacks_is_refused(matrix):
    with pytest.raises(RequestError, match=r"Expected matrices of this model among `Q`, .* `down`, each once, got"):
        Laser((matrix,)).prepare({0: layer_weights("plain", 0)})


def test_laser_on_a_model_without_one_feed_forward_part_is_refused():
    with pytest.raises(RequestError, match="got `feed-forward`"):
        Laser().prepare({0: LayerWeights(random_weights(D_MODEL, D_HEAD, 2, 1))})


def test_a_tensor_is_kept_rather_than_stored_in_more_entries():
    layer = layer_weights("plain", 0)
    to_save = layer_sizes("plain").attention_entries // 2
    # Feed-forward matrices of rank one: nearly all of the budget is left to the attention, which is worth it.
    thin = {name: matrix[:, :1] @ matrix[:1, :] for name, matrix in layer.feed_forward.items()}
    layers = {0: LayerWeights(layer.attention, thin)}
    prepared = make_method("hybrid").prepare(layers)
    ranks = prepared.ranks_for_saving({0: to_save})
    compressed = prepared.at(ranks)
    assert ranks["layer 0"] == KEPT
    assert compressed.replacements[0].attention is None
    assert compressed.saved_entries >= to_save
    assert squared_error(layers, compressed) < 1e-6
    for name, tensor in prepared.tensors.items():
        assert ranks[name] == KEPT or tensor.stored_entries(ranks[name]) < tensor.entries


def test_a_hybrid_can_take_the_feed_forward_matrices_of_another_layer():
    layers = {0: layer_weights("plain", 0), 5: LayerWeights(None, layer_weights("plain", 5).feed_forward)}
    method = make_method("hybrid", Options(feed_forward_layer=5))
    assert method.feed_forward_layers((0,)) == (5,)
    prepared = method.prepare(layers)
    assert set(prepared.tensors) == {"layer 0", "layer 5 gate", "layer 5 up", "layer 5 down"}
    replacements = prepared.at(parse_ranks("6,3,2;5").of(prepared)).replacements
    assert replacements[0].attention is not None
    assert not replacements[0].feed_forward
    assert replacements[5].attention is None
    assert set(replacements[5].feed_forward) == {"gate", "up", "down"}
    assert prepared.at(prepared.ranks_for_saving({0: 1000})).saved_entries >= 1000


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("zzz", Options(), "Expected the method to be one of `tensorllm`"),
        ("laser", Options(Layout.RELEASED_CODE), "Expected the layout `paper` for `laser`"),
        ("tensorllm", Options(matrices=("Q",)), "Expected no matrices for the method `tensorllm`, got Q"),
        ("laser", Options(feed_forward_layer=2), "Expected no feed-forward layer for the method `laser`, got 2"),
        ("trawl", Options(attention="separate"), "Expected no method on the attention for the method `trawl`"),
        ("hybrid", Options(attention="laser"), "Expected a method that compresses attention alone"),
        ("hybrid", Options(attention="zzz"), "Expected the method to be one of `tensorllm`"),
        ("hybrid", Options(matrices=("Q",)), "Expected feed-forward matrices of this model among `gate`, .*, got `Q`"),
        ("separate", Options(matrices=("Q", "Q")), "each once, got `Q`, `Q`"),
        ("separate", Options(matrices=("up",)), "Expected parts among `Q`, `K`, `V`, `O`"),
    ],
    ids=["name", "layout", "matrices", "layer", "attention", "not attention", "no method", "half", "twice", "part"],
)
def test_options_that_a_method_does_not_know_are_refused(name, options, words):
    with pytest.raises((RequestError, LayoutError), match=words):
        make_method(name, options).prepare({0: layer_weights("plain", 0)})


def test_a_hybrid_can_have_another_method_on_its_attention():
    prepared = make_method("hybrid", Options(attention="separate")).prepare({0: layer_weights("plain", 0)})
    assert {len(tensor.limits) for tensor in prepared.tensors.values()} == {1, 2}
    replacement = prepared.at(prepared.ranks_for_compression(2.0)).replacements[0]
    assert replacement.attention is not None
    assert set(replacement.feed_forward) == {"gate", "up", "down"}


@pytest.mark.parametrize("text", ["", "a", "1,2,", "0", "1;;2", "1.5", "0.0", "0.1;0.2", "-3", "1,2,3,x"])
def test_ranks_that_cannot_be_read_are_refused(text):
    with pytest.raises(RankError, match="Expected positive whole ranks"):
        parse_ranks(text)


def test_ranks_go_to_the_tensors_that_have_as_many():
    prepared = make_method("hybrid").prepare({0: layer_weights("plain", 0)})
    ranks = parse_ranks("(6, 3, 2); 0.5").of(prepared)
    assert ranks == {"layer 0": (6, 3, 2), "layer 0 gate": (12,), "layer 0 up": (12,), "layer 0 down": (12,)}
    with pytest.raises(RankError, match=r"Expected 1 rank for layer 0 gate, got `6,3,2`; give R\."):
        parse_ranks("6,3,2").of(prepared)
