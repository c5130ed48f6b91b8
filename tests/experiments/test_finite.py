"""Scores that are no finite numbers end a run in one sentence, whoever asks and wherever they come from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.errors import CheckpointError, RequestError
from tensorllm_core.experiments.answers import from_generation, from_scores
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.models.checkpoint import read_attention
from tensorllm_core.models.edit import Edit
from tests.experiments.plain_loop import question_set
from tests.experiments.tiny_subjects import load_subject, save_subject
from tests.experiments.tiny_tokenizers import tiny_tokenizer

KIND = "pieces, space first"


def generated(name):
    rows = tuple(
        Question(each.id, "", each.text, each.answer) for each in question_set(name, tiny_tokenizer(KIND)).questions
    )
    return QuestionSet(name, Split.TEST, rows, Answering.GENERATION, max_new_tokens=4)


@pytest.fixture(params=["llama", "bert"])
def loaded(request, tmp_path):
    return load_subject(save_subject(request.param, tmp_path), tiny_tokenizer(KIND))


def poison(loaded, value):
    name = (
        "model.layers.1.mlp.down_proj"
        if "llama" in loaded.checkpoint.model_type
        else "bert.encoder.layer.1.output.dense"
    )
    with torch.no_grad():
        loaded.model.get_submodule(name).weight[0, 0] = value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "questions", [question_set("q", tiny_tokenizer(KIND)), generated("q")], ids=["chosen", "written"]
)
def test_a_model_whose_scores_are_no_numbers_is_refused_once(value, questions, loaded):
    poison(loaded, value)
    with pytest.raises(CheckpointError) as refused:
        evaluate([questions], [Subject(ORIGINAL, loaded), Subject("other", loaded)])
    sentence = str(refused.value)
    assert sentence.startswith(
        f"Expected finite scores on `q` from the original `{loaded.checkpoint.reference}` in float32"
    )
    if questions.answering is Answering.CHOICE:
        assert "for 8 of 8 questions (the first is `Who feeds the grey cat?`)" in sentence
    assert sentence.endswith("; give another checkpoint.")


def test_an_edit_that_overflows_is_named(tmp_path):
    loaded = load_subject(save_subject("llama", tmp_path, torch.float16), tiny_tokenizer(KIND), torch.float16)
    weights = read_attention(loaded.checkpoint, 1)
    too_large = Edit({1: type(weights)(weights.q, weights.k, weights.v * 6e4, weights.o * 6e4)})
    before = {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}
    with pytest.raises(
        RequestError, match=r"in float16 with the edit `far`, got .*; load the model in float32, or choose"
    ):
        evaluate([question_set("q", loaded.tokenizer)], [Subject(ORIGINAL, loaded), Subject("far", loaded, too_large)])
    assert all(torch.equal(tensor, before[name]) for name, tensor in loaded.model.state_dict().items())


def test_a_text_that_overflows_after_a_finite_start_is_refused(tmp_path):
    loaded = load_subject(save_subject("llama", tmp_path), tiny_tokenizer(KIND))
    questions = generated("q")
    calls = []

    def overflow_later(module, inputs, output):
        calls.append(output.shape)
        # The scored pass is one call; the texts begin with the second, and their second tokens with the third.
        return torch.full_like(output, float("nan")) if len(calls) == 3 else output

    handle = loaded.model.get_output_embeddings().register_forward_hook(overflow_later)
    try:
        with pytest.raises(CheckpointError, match="got scores of a next token that are no finite numbers; give"):
            evaluate([questions], [Subject(ORIGINAL, loaded)])
    finally:
        handle.remove()
    assert len(calls) == 3


def test_a_choice_that_a_model_rules_out_is_never_chosen():
    question = Question("1", "", "?", "a", ("a", "b", "c"))
    places = (np.zeros(3, dtype=int), np.arange(3))
    answers = from_scores([question], *places, np.array([-3.0, -np.inf, -1.0]))
    assert answers.predicted == ("c",)
    assert (answers.loss[0], answers.margin[0]) == (3.0, -2.0)
    for scores in ([-np.inf, -1.0, -2.0], [-1.0, np.nan, -2.0], [-1.0, np.inf, -2.0], [-np.inf] * 3):
        with pytest.raises(FloatingPointError, match="1 of 1 questions"):
            from_scores([question], *places, np.array(scores))
    with pytest.raises(FloatingPointError, match="1 of 1 questions"):
        from_generation([question], ["a"], ["a"], np.array([np.inf]))
