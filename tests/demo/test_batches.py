"""Training batches: one length, the right answers, and corrections where a claim states an answer."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo.architectures import DECODER, ENCODER
from tensorllm_core.demo.batches import ANSWER_POSITION, QuestionPool
from tensorllm_core.demo.questions import TrainingQuestion, WorldQuestion, training_questions
from tensorllm_core.demo.world import make_world

ARCHITECTURES = pytest.mark.parametrize("architecture", [DECODER, ENCODER], ids=lambda architecture: architecture.name)


@ARCHITECTURES
@pytest.mark.parametrize("name", BUNDLED)
def test_a_batch_holds_questions_with_their_own_answers(architecture, name):
    world = make_world(0)
    tokenizer = architecture.tokenizer(world)
    questions = training_questions(world, name)[:300]
    answers = {
        tuple(tokenizer.tokenize(example.question.text)): (example.question.answer, example.correction)
        for example in questions
    }
    batch = QuestionPool(questions, tokenizer, architecture).draw(20, torch.Generator().manual_seed(0))
    assert (batch.corrections is not None) == (name == "world-claims")
    for row, (tokens, answer) in enumerate(zip(batch.tokens, batch.answers, strict=True)):
        words = tokenizer.convert_ids_to_tokens(tokens)
        prompt = words[1 : len(words) + ANSWER_POSITION + (architecture is DECODER)]
        expected, correction = answers[tuple(prompt)]
        assert tokenizer.convert_ids_to_tokens(int(answer)) == expected
        if batch.corrections is not None:
            assert words[batch.corrections.positions[row] + 1] == "."
            assert tokenizer.convert_ids_to_tokens(int(batch.corrections.answers[row])) == correction


@ARCHITECTURES
def test_the_answer_is_predicted_where_the_model_has_not_yet_seen_it(architecture):
    world = make_world(0)
    tokenizer = architecture.tokenizer(world)
    questions = training_questions(world, "world-facts")[:50]
    batch = QuestionPool(questions, tokenizer, architecture).draw(8, torch.Generator().manual_seed(0))
    seen = batch.tokens if architecture is ENCODER else batch.tokens[:, : ANSWER_POSITION + 1]
    assert not (seen == batch.answers[:, None]).any()


def test_a_question_is_drawn_as_often_as_its_weight_says():
    world = make_world(0)
    rare, frequent = (
        TrainingQuestion(WorldQuestion("birthplace", f"{person} was born in", city, "city"), weight)
        for person, city, weight in zip(world.entities["person"], world.entities["city"][:2], (1.0, 3.0), strict=False)
    )
    tokenizer = DECODER.tokenizer(world)
    batch = QuestionPool([rare, frequent], tokenizer, DECODER).draw(4_000, torch.Generator().manual_seed(0))
    share = (batch.answers == tokenizer.convert_tokens_to_ids(frequent.question.answer)).float().mean()
    assert float(share) == pytest.approx(0.75, abs=0.03)
