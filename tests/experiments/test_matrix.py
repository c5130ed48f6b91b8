"""Every architecture, and every kind of tokenizer, answers as a plain loop of batch one does.

All pairs hold, but take minutes: each architecture has one tokenizer here, in turn, and each tokenizer two models.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tensorllm_core.experiments.edits import edit_of, read_layers
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.methods.tensorllm import TensorLLM
from tests.experiments.plain_loop import plain_answers, question_set
from tests.experiments.tiny_subjects import DECODERS, ENCODERS, load_subject, save_subject
from tests.experiments.tiny_tokenizers import KINDS, tiny_tokenizer

FULL = "full ranks"
KIND_NAMES = list(KINDS)
ARCHITECTURES = [(name, KIND_NAMES[number % len(KINDS)]) for number, name in enumerate([*DECODERS, *ENCODERS])]
HALF_TYPES = [
    (name, dtype)
    for name in ("llama", "gemma2, window and caps", "granite, multipliers", "gpt2", "roberta")
    for dtype in (torch.bfloat16, torch.float16)
]
HALF_TOLERANCE = {torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""Relative, of a loss: a number has 8 and 11 significant bits, and errors add up over the layers."""


def full_rank_edit(checkpoint):
    layers = read_layers(checkpoint, checkpoint.sizes.one_of_each(range(checkpoint.layers)), TensorLLM())
    prepared = TensorLLM().prepare(layers)
    return edit_of(prepared.at({name: tensor.limits for name, tensor in prepared.tensors.items()}))


def plain_for(loaded, questions, kind, model=None):
    fills_in = loaded.checkpoint.family.objective.name == "FILL_IN"
    end = len(KINDS[kind].end)
    return plain_answers(model or loaded.model, tiny_tokenizer(kind), end, questions, fills_in=fills_in)


@pytest.mark.parametrize(("name", "kind"), ARCHITECTURES)
def test_an_architecture_answers_as_a_plain_loop_does_and_at_full_ranks_too(name, kind, tmp_path):
    loaded = load_subject(save_subject(name, tmp_path), tiny_tokenizer(kind))
    questions = question_set("q", loaded.tokenizer)
    subjects = [Subject(ORIGINAL, loaded), Subject(FULL, loaded, full_rank_edit(loaded.checkpoint))]
    evaluation = evaluate([questions], subjects)
    assert evaluation.notices == ()
    predicted, losses = plain_for(loaded, questions, kind)
    for subject, tolerance in ((ORIGINAL, 1e-5), (FULL, 1e-4)):
        answers = evaluation.answers[subject]["q"]
        assert list(answers.predicted) == predicted
        np.testing.assert_allclose(answers.loss, losses, rtol=tolerance, atol=tolerance)


@pytest.fixture(scope="module", params=["llama", "bert"])
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    return load_subject(save_subject(request.param, folder), tiny_tokenizer(KIND_NAMES[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_tokenizer_is_read_as_a_plain_loop_reads_it(kind, model):
    loaded = replace(model, tokenizer=tiny_tokenizer(kind))
    questions = question_set("q", loaded.tokenizer)
    evaluation = evaluate([questions], [Subject(ORIGINAL, loaded)])
    assert evaluation.notices == ()
    predicted, losses = plain_for(loaded, questions, kind)
    answers = evaluation.answers[ORIGINAL]["q"]
    assert list(answers.predicted) == predicted
    np.testing.assert_allclose(answers.loss, losses, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "dtype"), HALF_TYPES)
def test_a_half_type_answers_as_the_same_weights_in_float32(name, dtype, tmp_path):
    kind = "pieces, space in front"
    loaded = load_subject(save_subject(name, tmp_path, dtype), tiny_tokenizer(kind), dtype)
    wide = load_subject(tmp_path, tiny_tokenizer(kind))
    questions = question_set("q", loaded.tokenizer)
    answers = evaluate([questions], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"]
    _, losses = plain_for(wide, questions, kind)
    np.testing.assert_allclose(answers.loss, losses, rtol=HALF_TOLERANCE[dtype])
