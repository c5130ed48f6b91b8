"""The engine answers as a plain loop over the questions does, however it batches, resumes, stops or fails."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.errors import BenchmarkError, RequestError
from tensorllm_core.experiments import edits
from tensorllm_core.experiments import evaluate as engine
from tensorllm_core.experiments.edits import attention_removal, read_layers
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, empty_answer_cache, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.tensorllm import TensorLLM
from tensorllm_core.models.bundled_models import bundled_folder
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.types import Ranks
from tests.experiments.conftest import BENCHMARKS, some_questions

COUNT = 60
RANKS = Ranks(10, 5, 3)


def edit_of(loaded, *layers, ranks=RANKS):
    prepared = TensorLLM().prepare(read_layers(loaded.checkpoint, layers, TensorLLM()))
    return edits.edit_of(prepared.at(dict.fromkeys(prepared.tensors, tuple(ranks))))


def state(loaded):
    return {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}


def unchanged(loaded, before):
    clean = not any(vars(module).get("forward") or module._forward_hooks or module._forward_pre_hooks
                    for module in loaded.model.modules())  # fmt: skip
    return clean and all(torch.equal(tensor, before[name]) for name, tensor in loaded.model.state_dict().items())


def stored_matrix(weights, part):
    """A projection as PyTorch stores it, written here anew: (out, in), head after head."""
    cut = getattr(weights, part)
    if part == "o":
        return torch.cat([cut[:, :, head] for head in range(cut.shape[2])], dim=1)
    return torch.cat([cut[:, :, head].T for head in range(cut.shape[2])], dim=0)


NAMES = {
    "llama": ("model.layers.{}.self_attn.{}_proj.weight", dict(zip("qkvo", "qkvo", strict=True))),
    "roberta": (
        "roberta.encoder.layer.{}.attention.{}.weight",
        {"q": "self.query", "k": "self.key", "v": "self.value", "o": "output.dense"},
    ),
}


@torch.no_grad()
def plain_loop(loaded, questions, edit):
    """One question at a time through the whole model, edited weights written in by hand."""
    model, tokenizer = loaded.model, loaded.tokenizer
    before = state(loaded)
    pattern, names = NAMES[loaded.checkpoint.family.name]
    for layer, weights in edit.replacements.items():
        for part, name in names.items():
            model.get_parameter(pattern.format(layer, name)).copy_(stored_matrix(weights, part))
    predicted, losses = [], []
    for question in questions.questions:
        text = question.text if tokenizer.mask_token is None else f"{question.text} {tokenizer.mask_token}"
        logits = model(input_ids=torch.tensor([tokenizer(text).input_ids])).logits[0]
        logits = logits[-1 if tokenizer.mask_token is None else -2].double().log_softmax(dim=0)
        scores = [float(logits[tokenizer.convert_tokens_to_ids(choice)]) for choice in question.choices]
        predicted.append(question.choices[int(np.argmax(scores))])
        losses.append(-scores[question.choices.index(question.answer)])
    model.load_state_dict(before)
    return predicted, losses


@pytest.mark.parametrize("name", ["decoder", "encoder"])
@pytest.mark.parametrize("layers", [(), (3,), (1, 2)])
def test_answers_and_losses_are_those_of_a_plain_loop(name, layers, request):
    loaded = request.getfixturevalue(name)
    sets = [some_questions(benchmark, COUNT) for benchmark in BENCHMARKS]
    edit = edit_of(loaded, *layers) if layers else Edit()
    before = state(loaded)
    evaluation = evaluate(sets, [Subject(ORIGINAL, loaded), Subject("edited", loaded, edit)], wave=25)
    assert evaluation.complete
    assert unchanged(loaded, before)
    for questions in sets:
        answers = evaluation.answers["edited"][questions.benchmark]
        predicted, losses = plain_loop(loaded, questions, edit)
        assert list(answers.predicted) == predicted
        np.testing.assert_allclose(answers.loss, losses, atol=1e-4)
        assert answers.right.tolist() == [
            text == question.answer for text, question in zip(predicted, questions.questions, strict=True)
        ]


def test_a_pass_that_begins_at_the_edited_layer_gives_the_same_bits(decoder):
    sets = [some_questions("world-hop", 100)]
    subjects = [Subject(ORIGINAL, decoder), Subject("edited", decoder, edit_of(decoder, 2))]
    without = evaluate(sets, subjects, store=PrefixStore(0, 0))
    store = PrefixStore()
    for _ in range(2):
        reused = evaluate(sets, subjects, store=store)
        for name in (ORIGINAL, "edited"):
            first, second = (evaluation.answers[name]["world-hop"] for evaluation in (without, reused))
            assert np.array_equal(first.loss, second.loss)
            assert np.array_equal(first.margin, second.margin)
    assert store.bytes_in_memory > 0


def test_each_benchmark_has_its_turn_and_a_stop_keeps_the_answers_so_far(decoder):
    sets = [some_questions(benchmark, 50) for benchmark in BENCHMARKS]
    counts, sentences = [], []

    def note(evaluation):
        sentences.append(evaluation.so_far)
        counts.append({name: len(answers.right) for name, answers in evaluation.answers[ORIGINAL].items()})

    before = state(decoder)
    subjects = [Subject(ORIGINAL, decoder), Subject("removed", decoder, attention_removal((1,)))]
    evaluation = evaluate(sets, subjects, wave=20, on_wave=note, progress=lambda *_: len(counts) < 5)
    assert not evaluation.complete
    assert counts[3] == dict.fromkeys(BENCHMARKS, 20)
    assert evaluation.share == 100 / 200
    first, *others = BENCHMARKS
    assert sentences[0] == (
        f"10% of the questions are answered: a random sample of {first}. None yet of {', '.join(others)}."
    )
    assert sentences[4] == "50% of the questions are answered: a random sample of each benchmark."
    for by_benchmark in evaluation.answers.values():
        assert {name: len(answers.right) for name, answers in by_benchmark.items()} == counts[4]
    assert unchanged(decoder, before)


def test_unedited_answers_are_computed_once(decoder, monkeypatch):
    sets, cache = [some_questions("world-bios", 40)], empty_answer_cache()
    first = evaluate(sets, [Subject(ORIGINAL, decoder)], cache=cache)
    monkeypatch.setattr(engine, "ask", None)
    again = evaluate(sets, [Subject(ORIGINAL, decoder)], cache=cache)
    assert again.answers[ORIGINAL]["world-bios"] is first.answers[ORIGINAL]["world-bios"]
    with pytest.raises(TypeError):
        evaluate(sets, [Subject("edited", decoder, attention_removal((0,)))], cache=cache)


def test_models_of_one_architecture_whose_files_have_one_time_answer_for_themselves(tmp_path):
    sets = [some_questions("world-facts", 60)]
    models = {}
    for name in ("demo-decoder", "demo-decoder-noisy"):
        folder = shutil.copytree(bundled_folder(name), tmp_path / name)
        for file in folder.iterdir():
            os.utime(file, ns=(0, 0))
        models[name] = load_model(str(folder), device="cpu")
    alone = [evaluate(sets, [Subject(name, loaded)]).answers[name] for name, loaded in models.items()]
    together = evaluate(sets, [Subject(name, loaded) for name, loaded in models.items()])
    for name, own in zip(models, alone, strict=True):
        assert np.array_equal(together.answers[name]["world-facts"].loss, own["world-facts"].loss)
    assert not np.array_equal(alone[0]["world-facts"].loss, alone[1]["world-facts"].loss)


def test_two_evaluations_at_once_equal_their_serial_results(decoder):
    sets = [some_questions(benchmark, 80) for benchmark in ("world-hop", "world-facts")]
    edits = [edit_of(decoder, 1), edit_of(decoder, 0, 1, 2, 3, ranks=Ranks(4, 2, 2)), attention_removal((2,))]

    def run(edit):
        store = PrefixStore()
        return evaluate(sets, [Subject(ORIGINAL, decoder), Subject("edited", decoder, edit)], store=store, wave=16)

    serial = [run(edit) for edit in edits]
    before = state(decoder)
    with ThreadPoolExecutor(3) as threads:
        together = list(threads.map(run, edits))
    for first, second in zip(serial, together, strict=True):
        for name in (ORIGINAL, "edited"):
            for questions in sets:
                answers = [evaluation.answers[name][questions.benchmark] for evaluation in (first, second)]
                assert np.array_equal(answers[0].loss, answers[1].loss)
    assert unchanged(decoder, before)


@pytest.mark.parametrize("where", ["score_batch", "from_scores"])
def test_a_failure_on_the_way_leaves_the_model_unedited(decoder, monkeypatch, where):
    def fail(*arguments):
        raise ZeroDivisionError

    before = state(decoder)
    monkeypatch.setattr(f"tensorllm_core.experiments.waves.{where}", fail)
    with pytest.raises(ZeroDivisionError):
        evaluate([some_questions("world-hop", 20)], [Subject("edited", decoder, edit_of(decoder, 1))])
    assert unchanged(decoder, before)


def test_with_too_little_memory_fewer_questions_are_asked_at_a_time(decoder, monkeypatch):
    sets = [some_questions("world-hop", 64)]
    subjects = [Subject(ORIGINAL, decoder), Subject("edited", decoder, edit_of(decoder, 2))]
    expected = evaluate(sets, subjects)
    real, row_counts = engine.ask, []

    def small_memory(loaded, edit, wave, layer, store, most_rows, go_on):
        row_counts.append(most_rows)
        if most_rows > 16:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 TiB.")
        return real(loaded, edit, wave, layer, store, most_rows, go_on)

    monkeypatch.setattr(engine, "ask", small_memory)
    with_small_memory = evaluate(sets, subjects)
    assert row_counts[:6] == [256, 128, 64, 32, 16, 16]
    for name in (ORIGINAL, "edited"):
        first, second = (evaluation.answers[name]["world-hop"] for evaluation in (expected, with_small_memory))
        assert first.predicted == second.predicted
        np.testing.assert_allclose(first.loss, second.loss, atol=1e-5)

    def no_memory(*arguments):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(engine, "ask", no_memory)
    with pytest.raises(RequestError, match="one question at a time"):
        evaluate(sets, subjects)


def test_questions_beyond_the_context_are_left_out_and_a_notice_says_so(decoder):
    ordinary = some_questions("world-facts", 5)
    long = Question("long", "", "word " * 80, ordinary.questions[0].answer, ordinary.questions[0].choices)
    mixed = QuestionSet("mixed", Split.TEST, (*ordinary.questions, long))
    evaluation = evaluate([mixed], [Subject(ORIGINAL, decoder)])
    assert len(evaluation.answers[ORIGINAL]["mixed"].right) == 5
    assert evaluation.notices == (
        "1 of 6 questions of `mixed` are longer than the 64 tokens that the model reads and are left out.",
    )
    with pytest.raises(BenchmarkError, match="Expected questions of at most 64 tokens"):
        evaluate([QuestionSet("long", Split.TEST, (long,))], [Subject(ORIGINAL, decoder)])


def test_the_room_for_the_answer_is_named_where_it_is_what_is_missing(decoder, encoder):
    question = Question("q", "", "cockpits. Profession:", "pilot")
    texts = QuestionSet("texts", Split.TEST, (question,), Answering.GENERATION, max_new_tokens=4000)
    with pytest.raises(BenchmarkError, match=r"64 tokens with the 4,000 of an answer .* choose fewer new tokens"):
        evaluate([texts], [Subject(ORIGINAL, decoder)])
    short = replace(texts, questions=(question, replace(question, id="long", text="word " * 55)), max_new_tokens=20)
    assert evaluate([short], [Subject(ORIGINAL, decoder)]).notices == (
        "1 of 2 questions of `texts` with the 20 of an answer are longer than the 64 tokens that the model reads and "
        "are left out.",
    )
    long = replace(texts, questions=(replace(question, text="word " * 80),))
    with pytest.raises(BenchmarkError, match="at most 64 tokens for"):
        evaluate([long], [Subject(ORIGINAL, encoder)])


def test_what_cannot_be_asked_is_refused_in_a_sentence(decoder):
    unknown = QuestionSet("q", Split.TEST, (Question("1", "", "Who?", "Zaphod", ("Zaphod", "true")),))
    with pytest.raises(BenchmarkError, match="tokens that `demo-decoder-noisy` knows, got `Zaphod`"):
        evaluate([unknown], [Subject(ORIGINAL, decoder)])
    with pytest.raises(BenchmarkError, match="at least one question in `none`"):
        evaluate([QuestionSet("none", Split.TEST, ())], [Subject(ORIGINAL, decoder)])
    with pytest.raises(BenchmarkError, match="different benchmarks"):
        evaluate([some_questions("world-hop", 3)] * 2, [Subject(ORIGINAL, decoder)])


@pytest.mark.parametrize("name", ["decoder", "encoder"])
@torch.no_grad()
def test_choices_of_several_tokens_are_scored_by_their_sum(name, request):
    loaded = request.getfixturevalue(name)
    questions = some_questions("world-facts", 6)
    first = questions.questions[0]
    choices = (f"{first.choices[0]} {first.choices[1]}", first.choices[2], f"{first.choices[1]} true false")
    rows = tuple(
        Question(question.id, "", question.text, choices[at % 3], choices)
        for at, question in enumerate(questions.questions)
    )
    evaluation = evaluate([QuestionSet("several", Split.TEST, rows)], [Subject(ORIGINAL, loaded)])
    answers = evaluation.answers[ORIGINAL]["several"]
    tokenizer, mask = loaded.tokenizer, loaded.tokenizer.mask_token
    for number, question in enumerate(rows):
        sums = []
        for choice in choices:
            ids = tokenizer.convert_tokens_to_ids(choice.split())
            if mask is None:
                text = f"{question.text} {choice}"
                start = len(tokenizer(question.text).input_ids) - 1
            else:
                text = f"{question.text} {' '.join([mask] * len(ids))}"
                start = tokenizer(text).input_ids.index(tokenizer.mask_token_id)
            logits = loaded.model(input_ids=torch.tensor([tokenizer(text).input_ids])).logits[0].log_softmax(dim=1)
            sums.append(sum(float(logits[start + at, token]) for at, token in enumerate(ids)))
        assert answers.predicted[number] == choices[int(np.argmax(sums))]
        assert answers.loss[number] == pytest.approx(-sums[number % 3], abs=1e-4)


@torch.no_grad()
def test_generated_answers_are_right_when_they_contain_the_gold_one(decoder):
    questions = some_questions("world-facts", 30)
    generated = QuestionSet(
        "generated",
        Split.TEST,
        tuple(Question(q.id, "", q.text, q.answer) for q in questions.questions),
        Answering.GENERATION,
        max_new_tokens=3,
    )
    answers = evaluate([generated], [Subject(ORIGINAL, decoder)]).answers[ORIGINAL]["generated"]
    tokenizer = decoder.tokenizer
    for number, question in enumerate(generated.questions):
        row = torch.tensor([tokenizer(question.text).input_ids])
        text = tokenizer.decode(
            decoder.model.generate(
                row, attention_mask=torch.ones_like(row), max_new_tokens=3, do_sample=False, pad_token_id=1
            )[0, row.shape[1] :],
            skip_special_tokens=True,
        )
        assert answers.predicted[number] == text.strip()
        assert answers.right[number] == (question.answer.casefold() in text.casefold())
    assert 0 < answers.accuracy < 1
    assert np.isfinite(answers.loss).all()


def test_an_encoder_fills_in_five_masks_where_answers_are_generated(encoder):
    questions = some_questions("world-facts", 4)
    rows = tuple(Question(question.id, "", question.text, question.answer) for question in questions.questions)
    generated = QuestionSet("generated", Split.TEST, rows, Answering.GENERATION, max_new_tokens=5)
    answers = evaluate([generated], [Subject(ORIGINAL, encoder)]).answers[ORIGINAL]["generated"]
    assert all(len(text.split()) <= 5 for text in answers.predicted)
    assert any(answers.predicted)


def test_a_random_subspace_of_the_same_ranks_stores_as_much_and_answers_worse(decoder):
    layers = tuple(range(4))
    weights = read_layers(decoder.checkpoint, layers, TensorLLM())
    ours, control = (
        prepared.at(dict.fromkeys(prepared.tensors, (12, 6, 4)))
        for prepared in (TensorLLM().prepare(weights), RandomSubspace().prepare(weights))
    )
    assert control.compression_ratio == ours.compression_ratio
    subjects = [Subject("ours", decoder, edits.edit_of(ours)), Subject("control", decoder, edits.edit_of(control))]
    answers = evaluate([some_questions("world-bios", 200)], subjects).answers
    assert answers["ours"]["world-bios"].accuracy > answers["control"]["world-bios"].accuracy + 0.2
