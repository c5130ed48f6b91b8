"""Lines of a config.json that ask for more than scores change no answer; those that change what tokens see are said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tensorllm_core.benchmarks.benchmark import Answering
from tensorllm_core.errors import CheckpointError
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.models.loaded_model import load_model
from tests.experiments.plain_loop import plain_answers, question_set
from tests.experiments.tiny_subjects import load_subject, save_subject
from tests.experiments.tiny_tokenizers import tiny_tokenizer
from tests.models.broken_models import change_config

KIND = "pieces, space first"
OUTPUTS = {"output_attentions": True, "output_hidden_states": True, "output_router_logits": True}
EXTRAS = [
    ("mixtral", OUTPUTS),
    ("gpt_oss", OUTPUTS | {"sliding_window": 5}),
    ("granitemoe", OUTPUTS),
    ("qwen3_moe", OUTPUTS),
    ("falcon-plain", OUTPUTS),
    ("llama", OUTPUTS | {"is_encoder_decoder": True}),
    ("gpt2", OUTPUTS | {"is_encoder_decoder": True}),
    ("bert", OUTPUTS),
]
DIRECTIONS = [
    ("llama", "is_causal", False),
    ("gpt2", "is_causal", False),
    ("mistral", "is_causal", None),
    ("gemma", "use_bidirectional_attention", True),
    ("gemma3_text", "use_bidirectional_attention", True),
    ("bert", "is_causal", True),
]


def answers(folder, **options):
    loaded = load_subject(folder, tiny_tokenizer(KIND))
    questions = replace(question_set("q", loaded.tokenizer), **options)
    return evaluate([questions], [Subject(ORIGINAL, loaded)]).answers[ORIGINAL]["q"]


@pytest.mark.parametrize(("name", "lines"), EXTRAS, ids=[f"{name} {len(lines)}" for name, lines in EXTRAS])
def test_a_config_that_asks_for_more_than_scores_answers_the_same(name, lines, tmp_path):
    folder = save_subject(name, tmp_path)
    change_config(folder, **{key: value for key, value in lines.items() if key == "sliding_window"})
    ways = [{}] if name == "bert" else [{}, {"answering": Answering.GENERATION, "max_new_tokens": 6}]
    expected = [answers(folder, **way) for way in ways]
    change_config(folder, **lines)
    for way, before in zip(ways, expected, strict=True):
        after = answers(folder, **way)
        assert list(after.predicted) == list(before.predicted)
        np.testing.assert_allclose(after.loss, before.loss, rtol=1e-6)


def test_a_mistral_model_with_kinds_of_layers_is_read_as_what_it_is_loaded_as(tmp_path):
    folder = save_subject("mistral", tmp_path)
    change_config(folder, sliding_window=5, layer_types=["full_attention", "sliding_attention", "full_attention"])
    loaded = load_subject(folder, tiny_tokenizer(KIND))
    assert loaded.model.config.model_type == "ministral"
    questions = question_set("q", loaded.tokenizer)
    predicted, losses = plain_answers(loaded.model, loaded.tokenizer, 0, questions, fills_in=False)
    found = answers(folder)
    assert list(found.predicted) == predicted
    np.testing.assert_allclose(found.loss, losses, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "line", "value"), DIRECTIONS)
def test_a_model_whose_tokens_see_others_is_not_asked(name, line, value, tmp_path):
    folder = save_subject(name, tmp_path)
    change_config(folder, **{line: value})
    with pytest.raises(CheckpointError, match=rf"got one that does not \(`{line}` in its config.json\)"):
        load_model(str(folder), "cpu")
    change_config(folder, **{line: not value})
    load_subject(folder, tiny_tokenizer(KIND))
