"""Every method is held to the same number of stored entries, and what it loses is measured on the weights."""

from __future__ import annotations

import math

import pytest
import torch

from tensorllm_core.errors import RankError, RequestError, StoppedError
from tensorllm_core.experiments.comparison import (
    bytes_to_hold,
    check_ratios,
    compress_at_budgets,
    entries_to_save,
    subjects_of,
)
from tensorllm_core.experiments.edits import edit_of, read_for_all
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.methods.description import LayerSizes
from tensorllm_core.methods.registry import METHODS, make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.edit import edited
from tensorllm_core.models.feed_forward import read_module_feed_forward
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.module_weights import read_module_attention
from tests.models.tiny_models import saved_model

SIZES = LayerSizes(128, 16, heads=8, groups=8, d_ff=344, feed_forward_matrices=3)
# A method that replaces less than the attention cannot save as much as the attention does.
QUICK = {
    name: make_method(name)
    for name, method in METHODS.items()
    if not method.is_slow and method.replaced_entries(SIZES) >= SIZES.attention_entries
}
LAYERS = (1, 2)
ATTENTION = SIZES.attention_entries


@pytest.fixture(scope="module")
def weights():
    return read_for_all(open_checkpoint("demo-decoder-noisy"), LAYERS, QUICK.values())


@pytest.fixture(scope="module")
def compressed_methods(weights):
    return list(compress_at_budgets(weights, QUICK, (4.0, 12.0)))


def test_every_method_saves_as_much_as_the_attention_does_at_the_ratio(compressed_methods, weights):
    assert [each.result.method for each in compressed_methods] == [name for name in QUICK for _ in range(2)]
    for each in compressed_methods:
        least = sum(entries_to_save(weights, each.result.ratio).values())
        assert least == 2 * (ATTENTION - math.floor(ATTENTION / each.result.ratio))
        assert each.compressed.saved_entries >= least


def test_a_ratio_of_attention_methods_is_their_own_ratio(compressed_methods):
    for each in compressed_methods:
        if each.result.method == "tensorllm":
            assert each.result.ratio <= each.compressed.compression_ratio < 1.1 * each.result.ratio


def test_errors_are_those_of_the_weights_in_the_edited_model(compressed_methods):
    loaded = load_model("demo-decoder-noisy", device="cpu")
    family = loaded.checkpoint.family

    def read_matrices():
        matrices = {}
        for layer in LAYERS:
            attention = read_module_attention(loaded.model, family, layer)
            matrices |= {(layer, name): getattr(attention, name.lower()) for name in "QKVO"}
            matrices |= {(layer, name): m for name, m in read_module_feed_forward(loaded.model, family, layer).items()}
        return matrices

    before = read_matrices()
    for each in compressed_methods:
        with edited(loaded, edit_of(each.compressed)):
            after = read_matrices()
        changed = {name for (_, name) in before if any(not torch.equal(before[layer, name], after[layer, name])
                                                       for layer in LAYERS)}  # fmt: skip
        assert changed == set(each.result.errors)
        for name, error in each.result.errors.items():
            lost = sum(float((before[layer, name] - after[layer, name]).double().square().sum()) for layer in LAYERS)
            energy = sum(float(before[layer, name].double().square().sum()) for layer in LAYERS)
            assert error == pytest.approx(math.sqrt(lost / energy), rel=1e-5)


def test_more_room_never_costs_and_refinement_never_does(compressed_methods):
    error = {(each.result.method, each.result.ratio): each.result.error for each in compressed_methods}
    assert all(error[name, 4.0] <= error[name, 12.0] for name in QUICK)
    assert error["tensorllm-refined", 12.0] <= error["tensorllm", 12.0] < error["random-subspace", 12.0]


def test_the_original_is_asked_first_and_each_method_once(compressed_methods):
    loaded = load_model("demo-decoder-noisy", device="cpu")
    names = [subject.name for subject in subjects_of(loaded, compressed_methods)]
    assert names[0] == ORIGINAL
    assert len(set(names)) == len(names) == 1 + len(compressed_methods)


def test_a_budget_out_of_reach_is_a_sentence_and_the_others_go_on(weights):
    methods_at_100 = list(
        compress_at_budgets(weights, {name: QUICK[name] for name in ("laser-attention", "tensorllm")}, (100.0,))
    )
    assert "Expected to save at most" in methods_at_100[0].result.problem
    assert (methods_at_100[0].compressed, methods_at_100[0].result.errors) == (None, {})
    assert methods_at_100[1].compressed is not None


def test_a_method_that_does_not_fit_the_model_is_a_sentence_and_the_others_go_on(tmp_path):
    methods = {name: make_method(name) for name in ("trawl-attention", "tensorllm")}
    checkpoint = open_checkpoint(str(saved_model("mistral", tmp_path)))
    methods_at_2 = list(compress_at_budgets(read_for_all(checkpoint, (0,), methods.values()), methods, (2.0,)))
    assert "Expected matrices of one shape to stack" in methods_at_2[0].result.problem
    assert methods_at_2[1].result.problem == ""


@pytest.mark.parametrize(
    "ratios",
    [[], [1.0], [0.5, 4.0], [float("nan")], [float("inf")], [2.0 + n for n in range(30)]],
    ids=["none", "one", "half", "nan", "infinite", "many"],
)
def test_budgets_that_are_none_are_refused(ratios):
    with pytest.raises(RankError, match="Expected"):
        check_ratios(ratios)


def test_no_method_is_refused_and_a_stop_is_obeyed(weights):
    with pytest.raises(RequestError, match="one or more methods"):
        list(compress_at_budgets(weights, {}, (4.0,)))
    with pytest.raises(StoppedError):
        list(compress_at_budgets(weights, QUICK, (4.0,), lambda share, message: share < 0.3))


def test_the_room_for_all_replacements_is_counted_before(weights, compressed_methods):
    held = sum(
        tensor.nbytes
        for each in compressed_methods
        for new in each.compressed.replacements.values()
        for tensor in (
            *new.feed_forward.values(),
            *([] if new.attention is None else [getattr(new.attention, name) for name in "qkvo"]),
        )
    )
    assert held <= bytes_to_hold(weights, QUICK, 2) <= 2 * held
