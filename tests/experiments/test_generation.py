"""Generation is greedy whatever a model's settings ask for; a gold answer is found however a tokenizer spells it."""

from __future__ import annotations

import copy
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import normalizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.experiments.answers import from_generation
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.generation import generate_answers
from tensorllm_core.experiments.limits import ending_tokens, longest_short_row
from tests.experiments.tiny_subjects import VOCABULARY, load_subject, save_subject
from tests.experiments.tiny_tokenizers import tiny_tokenizer
from tests.models.hybrid_models import HYBRID

NEW_TOKENS = 12
PROMPTS = ("Who feeds the grey cat?", "Lima.", "Where do the ferries land? They land in West Bay North, in")
SETTINGS = [
    {"repetition_penalty": 1.4},
    {"encoder_repetition_penalty": 0.5},
    {"no_repeat_ngram_size": 1},
    {"encoder_no_repeat_ngram_size": 1},
    {"exponential_decay_length_penalty": (1, 9.0)},
    {"return_dict_in_generate": True, "output_scores": True},
    {"stop_strings": ["e"]},
    {"prompt_lookup_num_tokens": 3},
    {"forced_bos_token_id": 9},
    {"forced_eos_token_id": 1},
    {"suppress_tokens": list(range(20, 500))},
    {"begin_suppress_tokens": list(range(20, 500))},
    {"bad_words_ids": [[number] for number in range(20, 500)]},
    {"sequence_bias": [[[30], 90.0]]},
    {"min_length": 90},
    {"min_new_tokens": 90},
    {"max_length": 3},
    {"max_time": 0.0},
    {"num_beams": 3, "num_return_sequences": 2, "length_penalty": -5.0},
    {"do_sample": True, "temperature": 9.0, "top_k": 3},
    {"cache_implementation": "static"},
    {"cache_implementation": "no such cache"},
    {"use_cache": False},
    {"guidance_scale": 3.0},
    {"watermarking_config": {"bias": 90.0}},
    {"penalty_alpha": 0.6, "top_k": 4},
    {"token_healing": True},
]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    return load_subject(save_subject("llama", tmp_path_factory.mktemp("llama")), tiny_tokenizer("pieces, space first"))


@torch.no_grad()
def continued(loaded, prompt, ends):
    """The likeliest token each time, by whole passes of batch one."""
    row = start = loaded.tokenizer(prompt).input_ids
    for _ in range(NEW_TOKENS):
        best = int(loaded.model(input_ids=torch.tensor([row])).logits[0, -1].argmax())
        if best in ends:
            break
        row = [*row, best]
    return loaded.tokenizer.decode(row[len(start) :], skip_special_tokens=True)


def generated(loaded):
    return generate_answers(loaded, [tuple(loaded.tokenizer(prompt).input_ids) for prompt in PROMPTS], NEW_TOKENS)


@pytest.mark.parametrize(
    "settings", SETTINGS, ids=[f"{number} {next(iter(each))}" for number, each in enumerate(SETTINGS)]
)
def test_no_setting_of_the_model_changes_what_it_writes(settings, decoder, monkeypatch, capfd):
    expected = [continued(decoder, prompt, {1}) for prompt in PROMPTS]
    own = copy.deepcopy(decoder.model.generation_config)
    for name, value in settings.items():
        setattr(own, name, value)
    monkeypatch.setattr(decoder.model, "generation_config", own)
    before = (copy.deepcopy(vars(own)), decoder.model.config.to_dict(), set(vars(decoder.model)))
    assert generated(decoder) == expected
    assert decoder.model.generation_config is own
    assert (vars(own), decoder.model.config.to_dict(), set(vars(decoder.model))) == before
    assert capfd.readouterr().err == ""


def test_a_text_that_outgrows_the_short_factors_is_written_as_alone(tmp_path):
    name = "phi3, long rope from some row on"
    loaded = load_subject(save_subject(name, tmp_path), tiny_tokenizer("pieces, space first"))
    lengths = [len(loaded.tokenizer(prompt).input_ids) for prompt in PROMPTS]
    assert min(lengths) + NEW_TOKENS > longest_short_row(loaded) > min(lengths)
    assert max(lengths) > longest_short_row(loaded)
    assert generated(loaded) == [continued(loaded, prompt, {1}) for prompt in PROMPTS]


@pytest.mark.parametrize("name", ["lfm2", "bamba", "granitemoehybrid", "jamba"])
def test_a_state_that_runs_over_padding_changes_no_text(name, tmp_path):
    bias = "conv_bias" if name == "lfm2" else "mamba_proj_bias"
    config = AutoConfig.for_model(name, **HYBRID[name], vocab_size=VOCABULARY, **{bias: True})
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.4)
    model.save_pretrained(tmp_path)
    loaded = load_subject(tmp_path, tiny_tokenizer("pieces, space first"))
    assert generated(loaded) == [continued(loaded, prompt, {1}) for prompt in PROMPTS]


def test_a_text_ends_at_every_token_that_keeps_apart_from_text(decoder, monkeypatch):
    tokenizer = copy.deepcopy(decoder.tokenizer)
    tokenizer.add_tokens(["<turn>"])
    turn, word = tokenizer.convert_tokens_to_ids("<turn>"), tokenizer.convert_tokens_to_ids("▁Lima")
    loaded = replace(decoder, tokenizer=tokenizer)
    own = copy.deepcopy(decoder.model.generation_config)
    for broken in ([turn, 1, word], turn, [turn, None, "</s>", -1, True, 2.5, 10**9], "</s>", {"a": 1}):
        own.eos_token_id = broken
        monkeypatch.setattr(decoder.model, "generation_config", own)
        named = turn in (broken if isinstance(broken, list) else [broken])
        assert ending_tokens(loaded) == ((1, turn) if named else (1,))
        assert generated(loaded) == [continued(loaded, prompt, set(ending_tokens(loaded))) for prompt in PROMPTS]


def test_what_follows_the_end_is_no_part_of_an_answer(decoder, monkeypatch):
    free = [continued(decoder, prompt, ()) for prompt in PROMPTS]
    first = int(decoder.model(input_ids=torch.tensor([decoder.tokenizer(PROMPTS[0]).input_ids])).logits[0, -1].argmax())
    tokenizer = copy.deepcopy(decoder.tokenizer)
    tokenizer.eos_token, tokenizer.pad_token = tokenizer.convert_ids_to_tokens(first), "▁Lima"
    loaded = replace(decoder, tokenizer=tokenizer)
    assert generated(loaded)[0] == ""
    assert generated(loaded) == [continued(loaded, prompt, {first}) for prompt in PROMPTS]
    assert generated(loaded) != free


@pytest.mark.parametrize(
    ("kind", "gold"),
    [
        ("word pieces", "D'Arcy"),
        ("word pieces", "7.25"),
        ("word pieces", "half-open"),
        ("word pieces", "Zoë"),
        ("word pieces, cased", "(now)."),
        ("unigram", "½ ﬁx"),
        ("byte-level", " can't"),
        ("pieces, space in front", "2,000  pins"),
    ],
)
def test_a_model_that_writes_the_tokens_of_the_gold_answer_is_right(kind, gold, decoder, monkeypatch):
    tokenizer = tiny_tokenizer(kind)
    if kind == "unigram":
        tokenizer = copy.deepcopy(tokenizer)
        tokenizer.add_tokens(["1⁄2 fix"])
    loaded = replace(decoder, tokenizer=tokenizer)
    questions = QuestionSet(
        "q", Split.TEST, (Question("1", "", "Which is it?", gold),), Answering.GENERATION, max_new_tokens=5
    )
    bare = tokenizer(f"Which is it? {gold.strip()}", add_special_tokens=False).input_ids
    tokens = bare[len(tokenizer("Which is it?", add_special_tokens=False).input_ids) :]
    written = tokenizer.decode([*tokens, *tokens], skip_special_tokens=True)
    monkeypatch.setattr("tensorllm_core.experiments.waves.generate_answers", lambda *arguments: [written])
    answers = evaluate([questions], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"]
    assert answers.right.tolist() == [True]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_count_but_not_how_they_are_composed(form):
    question = Question("1", "", "Who?", unicodedata.normalize(form, "Zoë"))
    for text, right in (("It is ZOË.", True), (unicodedata.normalize("NFD", "Zoë"), True), ("Zoe", False)):
        assert from_generation([question], ["</s>"], [text], np.ones(1)).right.tolist() == [right]


@pytest.mark.parametrize(
    ("gold", "text"), [("x2", "x²"), ("3.5", "3. 5"), ("O'Brien", "o brien"), ("second-hand", "second hand")]
)
def test_another_answer_stays_wrong(gold, text):
    question = Question("1", "", "Which?", gold)
    assert from_generation([question], [gold], [text], np.ones(1)).right.tolist() == [False]
    assert from_generation([question], [""], ["anything"], np.ones(1)).right.tolist() == [False]


def test_a_tokenizer_that_composes_characters_finds_a_gold_answer_in_parts(decoder, monkeypatch):
    words = copy.deepcopy(tiny_tokenizer("byte-level").backend_tokenizer)
    words.normalizer = normalizers.NFC()
    loaded = replace(decoder, tokenizer=PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>"))
    gold = unicodedata.normalize("NFD", "Zoë")
    questions = QuestionSet("q", Split.TEST, (Question("1", "", "Who?", gold),), Answering.GENERATION, max_new_tokens=5)
    monkeypatch.setattr("tensorllm_core.experiments.waves.generate_answers", lambda *arguments: ["it is Zoë"])
    assert evaluate([questions], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"].accuracy == 1.0
