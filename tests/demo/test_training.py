"""A few training steps: deterministic, held at the true ranks, and the damage exactly where it should be."""

from __future__ import annotations

import copy
import dataclasses
import random

import pytest
import torch

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo.architectures import DECODER, ENCODER
from tensorllm_core.demo.batches import QuestionPool
from tensorllm_core.demo.derived import add_noise, freeze_but_attention, mislabel
from tensorllm_core.demo.questions import training_questions
from tensorllm_core.demo.recipe import DECODER_TRAINING, ENCODER_TRAINING, NOISE_IN_STANDARD_DEVIATIONS
from tensorllm_core.demo.training import deterministic, train
from tensorllm_core.demo.world import make_world
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.families import family_of
from tensorllm_core.models.module_weights import read_module_attention

STEPS = 4
SMALL_BATCH = tuple((name, 4) for name in BUNDLED)
RECIPES = {"llama": DECODER_TRAINING, "roberta": ENCODER_TRAINING}


@pytest.fixture(scope="module")
def world():
    return make_world(0)


def trained(architecture, world, seed):
    tokenizer = architecture.tokenizer(world)
    pools = {name: QuestionPool(training_questions(world, name)[:200], tokenizer, architecture) for name in BUNDLED}
    recipe = dataclasses.replace(RECIPES[architecture.name], steps=STEPS, batch=SMALL_BATCH, warm_up=1)
    with deterministic(seed):
        model = architecture.build(tokenizer)
        train(model, architecture, pools, recipe, seed, "test")
    return model


def attention_tensors(model):
    family = family_of(model.config.model_type)
    layers = range(model.config.num_hidden_layers)
    return [tensorise(read_module_attention(model, family, layer)).data for layer in layers]


@pytest.mark.parametrize("architecture", [DECODER, ENCODER], ids=lambda architecture: architecture.name)
def test_the_same_seed_gives_the_same_weights_bit_by_bit(architecture, world):
    first, again, other = (trained(architecture, world, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(weights, again[name]) for name, weights in first.items())
    assert any(not torch.equal(weights, other[name]) for name, weights in first.items())


def test_a_decoder_ends_at_its_true_ranks_in_every_layer(world):
    for tensor in attention_tensors(trained(DECODER, world, 0)):
        for rank, spectrum in zip(DECODER_TRAINING.ranks, hosvd(tensor).spectra, strict=True):
            assert float(spectrum[rank:].norm()) < 1e-6 * float(spectrum.norm())


def test_the_thread_count_and_the_strictness_are_restored(world):
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with deterministic(0):
        assert torch.get_num_threads() == 1
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_the_noise_is_white_and_of_the_given_size(world):
    torch.manual_seed(0)
    clean = DECODER.build(DECODER.tokenizer(world))
    noisy = copy.deepcopy(clean)
    add_noise(noisy, NOISE_IN_STANDARD_DEVIATIONS, seed=5)
    for before, after in zip(attention_tensors(clean), attention_tensors(noisy), strict=True):
        noise = (after - before) / before.std()
        assert float(noise.std()) == pytest.approx(NOISE_IN_STANDARD_DEVIATIONS, rel=0.02)
        assert abs(float(noise.mean())) < 0.05


def test_the_share_of_wrong_labels_is_the_given_one_and_they_have_the_right_type(world):
    questions = training_questions(world, "world-facts")
    relabelled = mislabel(questions, world, 0.4, random.Random(0))
    wrong = [after for before, after in zip(questions, relabelled, strict=True) if before.question != after.question]
    assert len(wrong) / len(questions) == pytest.approx(0.4, abs=0.03)
    assert all(example.question.answer in world.candidates[example.question.candidates] for example in wrong)


def test_freezing_leaves_one_layers_four_projections_trainable(world):
    model = DECODER.build(DECODER.tokenizer(world))
    freeze_but_attention(model, 2)
    trainable = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trainable == {f"model.layers.2.self_attn.{part}_proj.weight" for part in "qkvo"}


def test_the_learning_rate_warms_up_stays_flat_and_ends_at_zero():
    recipe = dataclasses.replace(DECODER_TRAINING, steps=100, warm_up=10, flat_share=0.5, learning_rate=1.0)
    rates = [recipe.learning_rate_at(step) for step in (0, 5, 10, 50, 75, 100)]
    assert rates == pytest.approx([0, 0.5, 1, 1, 0.5, 0])
