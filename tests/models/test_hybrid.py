"""Models with layers that have no attention: the others work, and whoever asks for one of these is told what it is."""

from __future__ import annotations

import json

import pytest
import torch

from tensorllm_core.__main__ import main
from tensorllm_core.errors import CheckpointError, LayerError
from tensorllm_core.experiments.edits import attention_removal
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.families import FAMILIES
from tensorllm_core.models.loaded_model import load_model
from tensorllm_core.models.module_weights import read_module_attention
from tensorllm_core.runs.plan import chosen_layers
from tests.models.broken_models import change_weights
from tests.models.hybrid_models import HYBRID, LAYERS, WITH_ATTENTION, hybrid_model, saved_hybrid
from tests.models.tiny_models import logits, with_tokenizer


@pytest.fixture(params=HYBRID)
def folder(request, tmp_path):
    return with_tokenizer(saved_hybrid(request.param, tmp_path / request.param))


def test_every_hybrid_family_has_a_tiny_model():
    assert {name for name, family in FAMILIES.items() if family.without_attention} == HYBRID.keys()


def test_the_layers_with_attention_are_read_as_they_are_loaded(folder):
    checkpoint = open_checkpoint(str(folder))
    assert checkpoint.attention_layers == WITH_ATTENTION
    loaded = load_model(str(folder), "cpu")
    torch.testing.assert_close(logits(loaded.model), logits(hybrid_model(folder.name)))
    for layer in WITH_ATTENTION:
        stored = read_attention(checkpoint, layer)
        module = read_module_attention(loaded.model, checkpoint.family, layer)
        assert all(getattr(stored, part).equal(getattr(module, part)) for part in "qkvo")
    assert checkpoint.attention_parameters == len(WITH_ATTENTION) * checkpoint.sizes.entries
    assert checkpoint.parameters_by_kind()["attention"] == checkpoint.attention_parameters


def test_an_edit_changes_the_layers_with_attention_and_no_other(folder):
    loaded = load_model(str(folder), "cpu")
    before = logits(loaded.model)
    layer = WITH_ATTENTION[-1]
    with edited(loaded, Edit({layer: read_attention(loaded.checkpoint, layer)})) as model:
        assert torch.equal(logits(model), before)
    with edited(loaded, attention_removal((layer,))) as model:
        assert not torch.allclose(logits(model), before)


@pytest.mark.parametrize("layer", [0, LAYERS - 1])
def test_a_layer_without_attention_is_refused_with_what_it_is(folder, layer):
    checkpoint = open_checkpoint(str(folder))
    words = rf"with attention \(1, 3\), got {layer}, which is one of the {checkpoint.family.without_attention[:11]}"
    for ask in (lambda: read_attention(checkpoint, layer), lambda: chosen_layers(checkpoint, str(layer))):
        with pytest.raises(LayerError, match=words):
            ask()


def test_all_and_a_range_stand_for_the_layers_with_attention(folder):
    checkpoint = open_checkpoint(str(folder))
    assert chosen_layers(checkpoint, "all") == chosen_layers(checkpoint, "0-4") == WITH_ATTENTION
    assert chosen_layers(checkpoint, "2-4") == (3,)
    with pytest.raises(LayerError, match="got 4, which"):
        chosen_layers(checkpoint, "4-4")


def test_half_an_attention_is_a_fault(folder):
    name = open_checkpoint(str(folder)).weight_names.attention(1)
    change_weights(folder, lambda weights: weights.pop(next(iter(name.values()))))
    with pytest.raises(CheckpointError, match="Expected the tensor"):
        open_checkpoint(str(folder))


def test_the_command_line_evaluates_all_layers_with_attention(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    questions = tmp_path / "own.jsonl"
    choices = ["w7", "w8", "w9 w4"]
    rows = [{"question": f"w{number}", "answer": choices[number % 2], "choices": choices} for number in range(10)]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = ["--benchmark", str(questions), "--layers", "all", "--split", "all", "--ranks", "32,8,6", "--json"]
    assert main(["evaluate", "--model", str(folder), "--device", "cpu", *asked]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["layers"] == list(WITH_ATTENTION)
    # Full ranks change nothing.
    assert report["edited"]["loss"] == pytest.approx(report["baseline"]["loss"], abs=1e-4)
    main(["inspect", "--model", str(folder), "--json"])
    assert json.loads(capsys.readouterr().out)["layers_without_attention"] == [0, 2, 4]
