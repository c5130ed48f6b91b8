"""The shipped models and benchmarks: they open, are what their cards say, and fit where they must."""

from __future__ import annotations

import dataclasses
import re

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import BUNDLED as BUNDLED_BENCHMARKS
from tensorllm_core.benchmarks.world import read_world
from tensorllm_core.demo.benchmark_files import SPLITS
from tensorllm_core.demo.questions import benchmark_questions
from tensorllm_core.demo.recipe import MISLABELLING, NOISE_IN_STANDARD_DEVIATIONS, TRUE_RANKS, DemoModel
from tensorllm_core.demo.world import make_world
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.bundled_models import BUNDLED as BUNDLED_MODELS
from tensorllm_core.models.bundled_models import bundled_folder
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.loaded_model import LoadedModel

QUESTIONS_SCORED = 150


def load(name):
    auto = AutoModelForMaskedLM if name == DemoModel.ENCODER else AutoModelForCausalLM
    folder = bundled_folder(name)
    return auto.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def attention_tensors(name):
    checkpoint = open_checkpoint(name)
    return [tensorise(read_attention(checkpoint, layer)).data for layer in range(checkpoint.layers)]


def test_the_recipe_makes_the_models_that_the_explorer_offers():
    assert set(DemoModel) == set(BUNDLED_MODELS)


@pytest.mark.parametrize("name", DemoModel)
def test_a_folder_takes_at_most_5_megabytes(name):
    assert sum(file.stat().st_size for file in bundled_folder(name).iterdir()) <= 5_000_000


@pytest.mark.parametrize("name", DemoModel)
def test_a_model_opens_by_the_standard_classes_and_reaches_the_accuracy_on_its_card(name):
    loaded = LoadedModel(*load(name), open_checkpoint(name))
    card = (bundled_folder(name) / "README.md").read_text(encoding="utf-8")
    for benchmark in BUNDLED_BENCHMARKS:
        on_card = float(re.search(rf"\| {benchmark} \| [\d,]+ \| ([\d.]+) \|", card)[1])
        whole = read_world(benchmark, Split.TEST)
        some = dataclasses.replace(whole, questions=whole.questions[:QUESTIONS_SCORED])
        answers = evaluate([some], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL][benchmark]
        # Four standard errors of the sample, and a little for accuracies close to one.
        margin = 4 * (on_card * (1 - on_card) / QUESTIONS_SCORED) ** 0.5 + 0.02
        assert answers.accuracy == pytest.approx(on_card, abs=margin)


def test_greedy_generation_gives_the_answer_and_stops():
    model, tokenizer = load(DemoModel.DECODER)
    facts = read_world("world-facts", Split.TEST).questions[:20]
    right = 0
    for question in facts:
        prompt = tokenizer(question.text, return_tensors="pt")
        written = model.generate(**prompt, max_new_tokens=4, do_sample=False)[0, prompt.input_ids.shape[1] :]
        right += tokenizer.decode(written, skip_special_tokens=True) == question.answer
    assert right >= 16


def test_every_layer_of_the_clean_decoder_has_the_true_ranks():
    for tensor in attention_tensors(DemoModel.DECODER):
        for rank, spectrum in zip(TRUE_RANKS, hosvd(tensor.double()).spectra, strict=True):
            assert spectrum[rank - 1] > 1e-3 * spectrum[0]
            assert spectrum[rank:].sum() < 1e-5 * spectrum[0]


def test_the_noise_has_twice_the_standard_deviation_of_each_layers_attention():
    for clean, noisy in zip(attention_tensors(DemoModel.DECODER), attention_tensors(DemoModel.NOISY), strict=True):
        ratio = float((noisy - clean).std() / clean.std())
        assert ratio == pytest.approx(NOISE_IN_STANDARD_DEVIATIONS, rel=0.02)


def test_only_the_attention_of_the_noisy_decoder_is_noisy():
    assert {name.split(".")[-2] for name in changed(DemoModel.NOISY)} == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_the_noise_floor_reads_about_the_true_ranks_off_the_noisy_weights():
    for tensor in attention_tensors(DemoModel.NOISY):
        hint = noise_floor(hosvd(tensor)).ranks
        assert TRUE_RANKS.r1 - 5 <= hint.r1 <= TRUE_RANKS.r1
        assert (hint.r2, hint.r3) == (TRUE_RANKS.r2, TRUE_RANKS.r3)


def test_the_mislabelled_decoder_differs_in_one_layers_four_projections_alone():
    names = {f"model.layers.{MISLABELLING.layer}.self_attn.{part}_proj.weight" for part in "qkvo"}
    assert changed(DemoModel.MISLABELLED) == names


def changed(name):
    clean, damaged = (load(model)[0].state_dict() for model in (DemoModel.DECODER, name))
    return {key for key, weights in clean.items() if not torch.equal(weights, damaged[key])}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", BUNDLED_BENCHMARKS)
def test_the_bundled_questions_are_those_of_seed_0(name, split):
    bundled = read_world(name, Split(split)).questions
    generated = benchmark_questions(make_world(0), name, split)
    candidates = make_world(0).candidates
    assert [(question.topic, question.text, question.answer, question.choices) for question in bundled] == [
        (question.topic, question.text, question.answer, tuple(candidates[question.candidates]))
        for question in generated
    ]


@pytest.mark.parametrize("name", [DemoModel.DECODER, DemoModel.ENCODER])
def test_the_tokenizer_knows_every_bundled_word(name):
    tokenizer = AutoTokenizer.from_pretrained(bundled_folder(name))
    for benchmark in BUNDLED_BENCHMARKS:
        for split in SPLITS:
            questions = read_world(benchmark, Split(split)).questions
            rows = tokenizer([f"{question.text} {question.answer}" for question in questions]).input_ids
            assert all(tokenizer.unk_token_id not in row for row in rows)
