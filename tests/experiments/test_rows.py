"""Choices that share their prompt in one row are scored as in rows of their own, by every family that may do so."""

from __future__ import annotations

import dataclasses
import inspect
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModelForCausalLM

from tensorllm_core.experiments.packing import pack
from tensorllm_core.experiments.rows import rows_after_prompt
from tensorllm_core.experiments.scoring import batches, score_batch
from tensorllm_core.models.branches import takes_branches
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.family import Windows
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import blocks_of, recording, resumed
from tests.models.tiny_models import LAYERS, TINY, VOCABULARY, saved_model, tiny_model

DECODERS = [name for name, tiny in TINY.items() if tiny.objective is AutoModelForCausalLM]
IN_ROWS = {"bloom", "gpt_neo"}
"""Positions come from a mask of zeros and ones, or from the place in the row."""
WINDOWED = [name for name in DECODERS if FAMILIES[TINY[name].model_type].windows is not Windows.NONE]
PROMPTS = [(5, 9, 12, 7, 30, 31), (8,), (20, 21, 22, 23)]
CHOICES = [
    [(3, 4, 5), (3, 4, 6, 7, 8), (3, 9), (10,), (11, 3, 4, 5), (11, 3, 4)],
    [(3, 4, 5, 6, 7, 8, 9), (40,)],
    [(13,), (14,)],
]


def probes(most):
    """The rows of three questions."""
    return [
        probe
        for number, (prompt, choices) in enumerate(zip(PROMPTS, CHOICES, strict=True))
        for probe in rows_after_prompt(number, prompt, choices, most)
    ]


def scores(model, most, rows=8):
    """The score of each choice of each question, by their numbers."""
    found = {}
    for batch in batches(
        probes(most), most_rows=rows, most_tokens=2**14, vocabulary=VOCABULARY, pad=2, masked=False, key="k"
    ):
        answers = zip(batch.questions.tolist(), batch.choices.tolist(), score_batch(model, batch), strict=True)
        found |= {(question, choice): score for question, choice, score in answers}
    return [found[key] for key in sorted(found)]


@torch.no_grad()
def one_at_a_time(model):
    """The same by a plain loop of one row each."""
    found = []
    for prompt, choices in zip(PROMPTS, CHOICES, strict=True):
        for choice in choices:
            logits = model(input_ids=torch.tensor([prompt + choice])).logits[0].float().log_softmax(dim=1)
            found.append(sum(float(logits[len(prompt) - 1 + at, token]) for at, token in enumerate(choice)))
    return found


@pytest.mark.parametrize("name", DECODERS)
def test_a_shared_prompt_gives_the_scores_of_a_plain_loop(name, tmp_path):
    model = tiny_model(name)
    family = open_checkpoint(str(saved_model(name, tmp_path))).family
    assert takes_branches(model, family) is (family.name not in IN_ROWS)
    most = 2**10 if takes_branches(model, family) else 0
    expected = one_at_a_time(model)
    for rows in (1, 8):
        np.testing.assert_allclose(scores(model, most, rows), expected, atol=1e-4, rtol=1e-5)
    np.testing.assert_allclose(scores(model, most), scores(model, 0), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", WINDOWED)
def test_windows_that_are_shorter_than_a_branch_are_kept(name):
    options = {**TINY[name].options, "sliding_window": 4, "use_sliding_window": True}
    if FAMILIES[TINY[name].model_type].windows is Windows.BY_LAYER:
        options["layer_types"] = ["full_attention", "sliding_attention", "sliding_attention"]
    torch.manual_seed(0)
    config = AutoConfig.for_model(TINY[name].model_type, **options, **TINY[name].tokens)
    model = AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    assert model.config.sliding_window == 4
    expected = one_at_a_time(model)
    np.testing.assert_allclose(scores(model, 2**10), expected, atol=1e-4, rtol=1e-5)
    model.config.sliding_window = 4096
    wide = AutoModelForCausalLM.from_config(model.config).eval()
    wide.load_state_dict(model.state_dict())
    assert not np.allclose(one_at_a_time(wide), expected, atol=1e-4), "the window must matter here"


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_types_are_as_near_as_their_rounding(attention, dtype):
    model = tiny_model("llama-grouped-wide").to(dtype)
    model.set_attn_implementation(attention)
    apart = np.abs(np.array(scores(model, 2**10)) - np.array(one_at_a_time(model)))
    assert apart.max() < (0.2 if dtype is torch.bfloat16 else 0.02)


@pytest.mark.parametrize("name", ["llama", "gpt2", "opt", "gemma2", "falcon-grouped"])
@pytest.mark.parametrize("layer", range(1, LAYERS))
def test_a_pass_over_branches_begins_at_a_layer_with_the_same_bits(name, layer, tmp_path):
    loaded = LoadedModel(tiny_model(name), None, open_checkpoint(str(saved_model(name, tmp_path))))
    blocks = blocks_of(loaded)
    (batch,) = batches(probes(64), most_rows=9, most_tokens=999, vocabulary=50, pad=2, masked=False, key="k")
    with recording(blocks, layer) as entering:
        score_batch(loaded.model, batch)
    with edited(loaded, Edit(removed=frozenset({layer}))):
        expected = score_batch(loaded.model, batch)
        with resumed(blocks, layer, entering[0]):
            assert np.array_equal(score_batch(loaded.model, batch), expected)


def test_what_cannot_read_branches_says_so(tmp_path):
    model, family = tiny_model("falcon-plain"), open_checkpoint(str(saved_model("falcon-plain", tmp_path))).family
    assert takes_branches(model, family)
    assert not takes_branches(model, dataclasses.replace(family, branches=False))
    for name, value in {
        "alibi": True,
        "text_config": object(),
        "_attn_implementation": "flash_attention_2",
        "model_type": "unheard_of",
    }.items():
        model = tiny_model("falcon-plain")
        object.__setattr__(model.config, name, value)
        assert not takes_branches(model, family), name


@pytest.mark.parametrize(
    ("name", "line", "value", "takes"),
    [
        ("qwen2", "layer_types", ["chunked_attention"], False),
        ("llama", "layer_types", ["chunked_attention"], True),
        ("mistral", "sliding_window", 0, False),
        ("mistral", "sliding_window", True, False),
        ("mistral", "sliding_window", None, True),
        ("llama", "sliding_window", "x", True),
    ],
)
def test_a_window_counts_only_where_the_model_has_one(name, line, value, takes):
    model = tiny_model(name)
    object.__setattr__(model.config, line, value)
    assert takes_branches(model, FAMILIES[model.config.model_type]) is takes


@pytest.mark.parametrize("name", DECODERS)
def test_a_family_has_the_windows_of_its_model(name):
    module = sys.modules[type(tiny_model(name)).__module__]
    by_window = hasattr(module, "create_sliding_window_causal_mask")
    by_layer = "layer_types" in inspect.getsource(module)
    expected = (Windows.BY_LAYER if by_layer else Windows.EVERY_LAYER) if by_window else Windows.NONE
    assert FAMILIES[TINY[name].model_type].windows is expected


def test_the_prompt_is_read_once_and_shared_beginnings_too():
    (row,) = rows_after_prompt(0, PROMPTS[0], CHOICES[0], 2**10)
    # 6 of the prompt; 3, 4, 6 and 7 of the choices that begin with 3; 11, 3 and 4 of the others.
    assert len(row.tokens) == 13
    assert row.length == 10
    alone = rows_after_prompt(0, PROMPTS[0], CHOICES[0], 0)
    assert sum(len(each.tokens) for each in alone) == 6 + 8 + 10 + 7 + 9 + 8


@pytest.mark.parametrize("most", [0, 1, 3, 5, 100])
def test_every_choice_stands_in_one_row_of_bounded_length(most):
    rows = rows_after_prompt(4, PROMPTS[0], CHOICES[0], most)
    assert sorted(target.choice for row in rows for target in row.targets) == list(range(len(CHOICES[0])))
    for row in rows:
        longest = max(len(target.tokens) - 1 for target in row.targets)
        assert len(row.tokens) - len(PROMPTS[0]) <= max(most, longest)


def test_choices_of_one_token_need_no_row_of_their_own():
    (row,) = rows_after_prompt(0, (1, 2), [(3,), (4,)], 0)
    assert (row.tokens, row.ends) == ((1, 2), ())


tokens = st.integers(0, 2)


@given(
    prompt=st.lists(tokens, min_size=1, max_size=4),
    choices=st.lists(st.lists(tokens, min_size=1, max_size=5), min_size=1, max_size=6),
)
def test_a_token_sees_the_prompt_and_the_beginning_of_its_own_choices(prompt, choices):
    packed = pack(tuple(prompt), [tuple(choice) for choice in choices])
    for choice, predicted in zip(choices, packed.predicted, strict=True):
        assert len(predicted) == len(choice)
        for at, place in enumerate(predicted):
            seen = [before for before in range(place + 1) if place < packed.ends[before]]
            assert [packed.tokens[before] for before in seen] == [*prompt, *choice[:at]]
            assert [packed.depths[before] for before in seen] == list(range(len(seen)))
