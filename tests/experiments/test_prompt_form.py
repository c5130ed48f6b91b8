"""Questions in a chat template are the tokens of a plain loop, and a template that fails costs one sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet, Split
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.experiments.encoding import encode

SPECIAL = ["<s>", "</s>", "<|start|>", "<|end|>"]
TURNS = "{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
TEMPLATES = {
    "a line of its own": "{{ bos_token }}" + TURNS + "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}",
    "a space": "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] "
    "{{ message['content'] }} [/INST]{% else %} {{ message['content'] }}</s>{% endif %}{% endfor %}",
    "nothing": "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}<|start|>"
    "{{ message['content'] }}{% else %}<|end|>{{ message['content'] }}</s>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|end|>{% endif %}",
}
JOINTS = {"a line of its own": "", "a space": " ", "nothing": ""}
QUESTIONS = (
    Question("1", "", "What is 2 plus 3?", "5", ("5", "four", "twenty two")),
    Question("2", "", "Is it true? ", "yes", ("yes", "no")),
)


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE that puts `<s>` before every text, unless it is told not to."""
    bytes_and_merges = Tokenizer(models.BPE())
    bytes_and_merges.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_and_merges.decoder = decoders.ByteLevel()
    texts = ["What is 2 plus 3? user assistant yes no four five twenty two"] * 5
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=340, special_tokens=SPECIAL, initial_alphabet=alphabet)
    bytes_and_merges.train_from_iterator(texts, trainer)
    bytes_and_merges.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_and_merges, bos_token="<s>", eos_token="</s>", model_max_length=512
    )


def asked(decoder, tokenizer, template, **settings):
    tokenizer.chat_template = template
    decoder.model.config.max_position_embeddings = 512
    return encode(QuestionSet("q", Split.TEST, QUESTIONS, chat=True, **settings), replace(decoder, tokenizer=tokenizer))


@pytest.fixture
def decoder(decoder):
    before = decoder.model.config.max_position_embeddings
    yield decoder
    decoder.model.config.max_position_embeddings = before


@pytest.mark.parametrize("name", TEMPLATES)
def test_rows_are_those_of_a_plain_loop(name, decoder, tokenizer):
    encoding = asked(decoder, tokenizer, TEMPLATES[name])
    for number, question in enumerate(QUESTIONS):
        message = [{"role": "user", "content": question.text.rstrip()}]
        prompt = tokenizer.apply_chat_template(message, add_generation_prompt=True, return_dict=False)
        text = tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False)
        assert prompt.count(tokenizer.bos_token_id) == 1
        scored = {}
        for probe in encoding.probes[number]:
            for target in probe.targets:
                # What the model has read when it predicts the first token of the answer, and the answer.
                assert list(probe.tokens[: target.positions[0] + 1]) == prompt
                scored[target.choice] = list(target.tokens)
        for place, choice in enumerate(question.choices):
            whole = tokenizer(f"{text}{JOINTS[name]}{choice}", add_special_tokens=False).input_ids
            assert whole == prompt + scored[place]


def test_generated_answers_follow_the_same_prompt(decoder, tokenizer):
    template = TEMPLATES["a line of its own"]
    encoding = asked(decoder, tokenizer, template, answering=Answering.GENERATION, max_new_tokens=3)
    message = [{"role": "user", "content": "What is 2 plus 3?"}]
    expected = tokenizer.apply_chat_template(message, add_generation_prompt=True, return_dict=False)
    assert list(encoding.prompts[0]) == expected


BROKEN = {
    None: "Expected a tokenizer with a chat template for `demo-decoder-noisy`, got one without",
    "{% for": "got one that fails",
    "{{ raise_exception('only a system may speak') }}": "only a system may speak",
    "{{ messages[7]['content'] }}": "got one that fails",
    "{{ 1 / 0 }}": "got one that fails",
    "{{ ''.__class__.__mro__ }}": "got one that",
    "hello": "one that writes the question 0 times",
    "{{ messages[0]['content'] }}{{ messages[0]['content'] }}": "one that writes the question 2 times",
    "{{ messages[0]['content'] }}{% for n in range(90000) %}12345{% endfor %}": "writes too much",
    r"{{ '\ud800' }}{{ messages[0]['content'] }}": "writes too much or no text",
}


@pytest.mark.parametrize("template", BROKEN)
def test_a_template_that_fails_costs_one_sentence(template, decoder, tokenizer):
    with pytest.raises(BenchmarkError) as raised:
        asked(decoder, tokenizer, template)
    assert BROKEN[template] in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_chat_template_is_part_of_the_key():
    plain = QuestionSet("q", Split.TEST, QUESTIONS)
    assert replace(plain, chat=True).key != plain.key
