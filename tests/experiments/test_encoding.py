"""Where a prompt ends and an answer begins, how long a row may be, and which questions a model cannot be asked."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import Gemma3Config, Gemma3ForConditionalGeneration, PreTrainedTokenizerFast

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.experiments.encoding import ENCODER_MASKS, encode
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.limits import longest_row, padding_token
from tensorllm_core.experiments.prompt_form import PromptForm
from tensorllm_core.experiments.tokens import PromptTokens
from tests.experiments.plain_loop import plain_answers
from tests.experiments.tiny_subjects import LONGEST, VOCABULARY, load_subject, save_subject
from tests.experiments.tiny_tokenizers import KINDS, tiny_tokenizer
from tests.models.tiny_models import TINY


def plain(tokenizer):
    """Prompts as they are."""
    return PromptForm(QuestionSet("any", Split.TEST, ()), tokenizer, "any")


@pytest.fixture(scope="module")
def models_by_name(tmp_path_factory):
    names = (
        "llama",
        "bert",
        "roberta",
        "camembert",
        "distilbert",
        "deberta-v2",
        "gpt2",
        "opt",
        "gptj",
        "gpt_neo",
        "bloom",
    )
    folders = {name: save_subject(name, tmp_path_factory.mktemp(name)) for name in names}
    return {name: load_subject(folder, tiny_tokenizer("word pieces")) for name, folder in folders.items()}


def questions_of(*rows, answering=Answering.CHOICE, **more):
    """Rows of a prompt and its choices, the first of which is right."""
    questions = tuple(
        Question(f"row {number}", "", text, choices[0], tuple(choices) if answering is Answering.CHOICE else ())
        for number, (text, *choices) in enumerate(rows, start=1)
    )
    return QuestionSet("q", Split.TEST, questions, answering, **more)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_appended_is_dropped_once_and_masks_stand_for_the_answers_tokens(kind):
    tokenizer, end = tiny_tokenizer(kind), len(KINDS[kind].end)
    for prompt in ("Who feeds it?", f"Who feeds it? {tokenizer.eos_token}", f"It is {tokenizer.mask_token}"):
        for answer in ("Mira", "West Bay", "(two)", f"{tokenizer.mask_token} so", ".5"):
            tokens = PromptTokens(tokenizer, [(prompt, [answer])], plain(tokenizer))
            alone, whole = (tuple(tokenizer(text).input_ids) for text in (prompt, f"{prompt} {answer}"))
            assert tokens.prompt(prompt) == alone[: len(alone) - end]
            count = len(tokens.answer(prompt, answer))
            assert tokens.prompt(prompt) + tokens.answer(prompt, answer) == whole[: len(whole) - end]
            masked = tokens.with_masks(prompt, count)
            assert len(masked) == len(whole)
            start = len(alone) - end
            assert masked[:start] + masked[start + count :] == whole[:start] + whole[start + count :]
            assert set(masked[start : start + count]) == {tokenizer.mask_token_id}


def test_an_answer_that_the_prompt_swallows_has_its_tokens_after_another_word():
    vocabulary = {token: number for number, token in enumerate([*"abis? ", " b", "? b", " bi"])}
    words = Tokenizer(models.BPE(vocabulary, [(" ", "b"), ("?", " b"), (" b", "i")]))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words)
    tokens = PromptTokens(tokenizer, [("is?", ["b", "bi", "a"]), ("is", ["bi"])], plain(tokenizer))
    assert words.encode("is? b").tokens == ["i", "s", "? b"]
    number = vocabulary.get
    assert tokens.prompt("is?") == (number("i"), number("s"), number("?"))
    assert tokens.answer("is?", "b") == (number(" b"),)
    assert tokens.answer("is?", "bi") == (number(" bi"),)
    assert tokens.answer("is?", "a") == (number(" "), number("a"))
    assert tokens.answer("is", "bi") == (number(" bi"),)


@pytest.mark.parametrize(
    "name", ["bert", "roberta", "camembert", "distilbert", "deberta-v2", "gpt2", "opt", "gptj", "gpt_neo", "llama"]
)
def test_the_longest_row_is_read_and_a_longer_one_left_out(name, models_by_name):
    loaded = models_by_name[name]
    longest = longest_row(loaded)
    assert longest == (LONGEST - 1 if name in {"roberta", "camembert"} else LONGEST + 2)
    around = 3 if loaded.checkpoint.family.objective.name == "FILL_IN" else 1
    questions = questions_of(*((" ".join(["cat"] * (longest - around + more)), "yes", "no") for more in (0, 1)))
    evaluation = evaluate([questions], [Subject(ORIGINAL, loaded)])
    assert [each.id for each in evaluation.answers[ORIGINAL]["q"].questions] == ["row 1"]
    (notice,) = evaluation.notices
    assert notice.startswith("1 of 2 questions of `q` are longer")
    _, losses = plain_answers(
        loaded.model, loaded.tokenizer, 1, replace(questions, questions=questions.questions[:1]), fills_in=around == 3
    )
    assert evaluation.answers[ORIGINAL]["q"].loss.tolist() == pytest.approx(losses, abs=1e-4)


def test_a_row_has_room_for_what_is_generated(models_by_name):
    for name, after in (("gpt2", 9), ("roberta", ENCODER_MASKS + 1)):
        loaded = models_by_name[name]
        words = longest_row(loaded) - 1 - after
        rows = [(" ".join(["cat"] * (words + more)), "yes") for more in (0, 1)]
        questions = questions_of(*rows, answering=Answering.GENERATION, max_new_tokens=9)
        answers = evaluate([questions], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"]
        assert [each.id for each in answers.questions] == ["row 1"]


@pytest.mark.parametrize("value", [None, 0, -3, "many", True, float("nan")])
def test_a_config_without_a_length_sets_no_limit(value, models_by_name, monkeypatch):
    for name, longest in (("bloom", 2**31), ("llama", 2**31), ("bert", LONGEST + 2)):
        loaded = models_by_name[name]
        monkeypatch.setitem(loaded.model.config.__dict__, "max_position_embeddings", value)
        assert longest_row(loaded) == longest
    loaded = replace(models_by_name["bloom"], tokenizer=copy.deepcopy(models_by_name["bloom"].tokenizer))
    loaded.tokenizer.model_max_length = value
    assert longest_row(loaded) == 2**31


def test_the_table_of_a_tower_for_pictures_is_no_limit(tmp_path):
    text = {**TINY["gemma3_text"].options, "vocab_size": VOCABULARY, "max_position_embeddings": 4096}
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Gemma3Config(
        text_config=text, vision_config={**vision, "image_size": 64, "patch_size": 4}, mm_tokens_per_image=4
    )
    Gemma3ForConditionalGeneration(config).save_pretrained(tmp_path)
    assert longest_row(load_subject(tmp_path, tiny_tokenizer("byte-level"))) == 4096


def test_an_unknown_answer_costs_its_question_and_a_notice_names_it(models_by_name):
    loaded = models_by_name["llama"]
    questions = questions_of(("Who?", "Mira", "Tom"), ("Who?", "Mira", "Ж"), ("Where?", "Lima", "Porto"))
    named = replace(questions.questions[0], id="my id", choices=("Mira", "Ж"))
    mixed = replace(questions, questions=(*questions.questions, named))
    evaluation = evaluate([mixed], [Subject(ORIGINAL, loaded)])
    assert [each.id for each in evaluation.answers[ORIGINAL]["q"].questions] == ["row 1", "row 3"]
    first, second = evaluation.notices
    assert first.startswith("Row 2 of `q`: Expected answers that consist of tokens that `")
    assert first.endswith("knows, got `Ж`; it is left out.")
    assert second.startswith("Question `my id` of `q`: ")
    alone = evaluate([replace(mixed, questions=mixed.questions[::2])], [Subject(ORIGINAL, loaded)])
    assert alone.answers[ORIGINAL]["q"].loss.tolist() == evaluation.answers[ORIGINAL]["q"].loss.tolist()
    with pytest.raises(BenchmarkError, match=r"knows, got `Ж` in row 2 of `q`, and no question is left; choose"):
        evaluate([replace(mixed, questions=mixed.questions[1:2])], [Subject(ORIGINAL, loaded)])


def test_many_unknown_answers_are_counted(models_by_name):
    rows = [(f"Who is number {number}?", "Mira", "Ж") for number in range(30)]
    encoding = encode(questions_of(("Who?", "Mira", "Tom"), *rows), models_by_name["bert"])
    assert len(encoding.question_set.questions) == 1
    assert len(encoding.notices) == 11
    assert encoding.notices[-1] == "And 20 more of `q` are left out for tokens that the model does not know."


def test_a_word_that_no_tokenizer_rule_covers_costs_its_question(models_by_name):
    # Without a token for unknown words, a text with one is refused as a whole.
    words = Tokenizer(models.WordLevel({"a": 0, "yes": 1, "no": 2, "so": 3, "?": 4}))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    loaded = replace(models_by_name["llama"], tokenizer=PreTrainedTokenizerFast(tokenizer_object=words))
    encoding = encode(questions_of(("so?", "yes", "no"), ("why?", "yes", "no"), ("so?", "yes", "perhaps")), loaded)
    assert [each.id for each in encoding.question_set.questions] == ["row 1"]
    assert "Row 2 of `q`: Expected a prompt of tokens that" in encoding.notices[0]
    assert encoding.notices[1].endswith("knows, got `perhaps`; it is left out.")


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_tokens_without_weights_cost_their_questions_and_never_pad_a_row(name, tmp_path):
    tokenizer = copy.deepcopy(tiny_tokenizer("pieces, space in front"))
    tokenizer.add_tokens([f"<filler {number}>" for number in range(VOCABULARY - len(tokenizer))])
    tokenizer.add_special_tokens({"pad_token": "<later pad>"})
    tokenizer.add_tokens([AddedToken("<later>", normalized=False)])
    loaded = load_subject(save_subject(name, tmp_path), tokenizer)
    assert padding_token(loaded) == tokenizer.eos_token_id
    rows = [("Who feeds the grey cat?", "Mira", "Tom and Mira"), ("Lima.", "Porto", "West Bay North")]
    beyond = [("Who is <later>?", "Mira", "Tom"), ("Who?", "Mira", "not <later>")]
    evaluation = evaluate([questions_of(*rows, *beyond)], [Subject(ORIGINAL, loaded)])
    assert len(evaluation.notices) == 2
    for number, notice in enumerate(evaluation.notices, start=3):
        assert notice.startswith(f"Row {number} of `q`: Expected tokens with numbers below {VOCABULARY}, as")
        assert notice.endswith("got `<later>` with number 601; it is left out.")
    _, losses = plain_answers(loaded.model, tokenizer, 0, questions_of(*rows), fills_in=name == "bert")
    assert evaluation.answers[ORIGINAL]["q"].loss.tolist() == pytest.approx(losses, abs=1e-4)
    generated = questions_of(*rows, answering=Answering.GENERATION, max_new_tokens=4)
    assert len(evaluate([generated], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"].right) == 2
    with pytest.raises(BenchmarkError, match=r"numbers below 600, .* in row 1 of `q`, and no question is left"):
        evaluate([questions_of(*beyond)], [Subject(ORIGINAL, loaded)])
