"""What a method made of some layers, as an edit; edits of feed-forward matrices answer as a model that has them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from tensorllm_core.experiments.edits import edit_of, read_for_all, read_layers
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.methods.description import Options
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.feed_forward import read_module_feed_forward, write_module_feed_forward
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.module_weights import write_module_attention
from tests.experiments.conftest import some_questions


@pytest.mark.parametrize("name", ["laser", "hybrid", "trawl-tucker"])
def test_an_edit_answers_as_a_model_whose_matrices_were_replaced_for_good(name, decoder):
    method = make_method(name)
    prepared = method.prepare(read_layers(decoder.checkpoint, (2, 3), method))
    compressed = prepared.at(prepared.ranks_for_compression(3.0))
    questions = some_questions("world-facts", 80)
    subjects = [Subject(ORIGINAL, decoder), Subject("edited", decoder, edit_of(compressed))]
    answers = evaluate([questions], subjects).answers["edited"]["world-facts"]

    twin = copy.deepcopy(decoder.model)
    family = decoder.checkpoint.family
    for layer, new in compressed.replacements.items():
        if new.attention is not None:
            write_module_attention(twin, family, layer, new.attention)
        whole = read_module_feed_forward(twin, family, layer) | dict(new.feed_forward)
        write_module_feed_forward(twin, family, layer, whole)
    plain = LoadedModel(twin, decoder.tokenizer, decoder.checkpoint)
    expected = evaluate([questions], [Subject(ORIGINAL, plain)], store=PrefixStore(0, 0)).answers[ORIGINAL]
    assert answers.predicted == expected["world-facts"].predicted
    assert np.array_equal(answers.loss, expected["world-facts"].loss)


def test_only_what_a_method_needs_is_read():
    checkpoint = open_checkpoint("demo-decoder")
    hybrid = make_method("hybrid", Options(feed_forward_layer=3))
    weights = read_layers(checkpoint, (1,), hybrid)
    assert (weights[1].attention is not None, dict(weights[1].feed_forward)) == (True, {})
    assert (weights[3].attention, set(weights[3].feed_forward)) == (None, {"gate", "up", "down"})
    assert set(read_layers(checkpoint, (1,), make_method("tensorllm"))) == {1}
    together = read_for_all(checkpoint, (1,), [hybrid, make_method("laser")])
    assert {layer: bool(weights.feed_forward) for layer, weights in together.items()} == {1: True, 3: True}


def test_a_replacement_of_one_kind_leaves_the_other_alone():
    checkpoint = open_checkpoint("demo-decoder")
    for name, attention, dense in (("tensorllm", True, False), ("laser", False, True), ("hybrid", True, True)):
        method = make_method(name)
        prepared = method.prepare(read_layers(checkpoint, (1,), method))
        edit = edit_of(prepared.at(prepared.ranks_for_compression(2.0)))
        assert (bool(edit.replacements), bool(edit.feed_forward)) == (attention, dense)
        assert all(torch.isfinite(m).all() for m in edit.feed_forward.get(1, {}).values())
