"""The Heads screen in Streamlit's test harness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.heads.similarity import compare_heads
from tensorllm_core.linalg.hosvd import reconstruct
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.layer_analysis import LayerAnalysis, rank_result, refine_layer
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import plan_layer
from tensorllm_core.types import Ranks
from tests.models.tiny_models import saved_model
from tests.pages.visits import drawn, number, sentences, visit


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def analysed(model: str, layer: int = 1) -> LayerAnalysis:
    checkpoint = open_checkpoint(model)
    return analyse_layer(plan_layer(checkpoint, layer), checkpoint)


@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
def test_energies_and_errors_are_those_of_a_direct_reconstruction(refined: bool, grouped: bool, tmp_path: Path) -> None:
    analysis = analysed(str(saved_model("llama-grouped-wide", tmp_path)) if grouped else "demo-decoder-noisy")
    ranks = Ranks(5, 4, 3)
    refinement = refine_layer(analysis, ranks) if refined else None
    heads = compare_heads(analysis, rank_result(analysis, ranks, refinement))
    weights = analysis.tensor.data.double().cpu().numpy()
    lost = weights - reconstruct(heads.result.tucker).double().cpu().numpy()
    energy, error = (np.sum(array**2, axis=(0, 1)) for array in (weights, lost))
    np.testing.assert_allclose(heads.energy, energy.sum(axis=0) / energy.sum(), rtol=1e-6)
    np.testing.assert_allclose(heads.error, np.sqrt(error.sum(axis=0) / energy.sum(axis=0)), rtol=1e-4)
    np.testing.assert_allclose(heads.part_error, np.sqrt(error / energy), rtol=1e-4)
    assert heads.error[heads.easiest] == heads.error.min()
    assert heads.error[heads.hardest] == heads.error.max()


def test_the_two_most_alike_heads_have_the_largest_cosine_in_magnitude() -> None:
    analysis = analysed("demo-decoder")
    heads = compare_heads(analysis, rank_result(analysis, Ranks(12, 6, 4)))
    one, other = heads.most_alike()
    assert one != other
    apart = np.abs(heads.similarity - np.eye(len(heads.similarity)))
    assert abs(heads.similarity[one, other]) == pytest.approx(apart.max())


def test_all_four_pictures_are_there() -> None:
    app = visit("heads")
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4


def test_ranks_and_head_in_the_link_are_shown_and_move() -> None:
    app = visit("heads", r1="6", r2="3", r3="2", group="5", alike="1")
    assert "Ranks **(6, 3, 2)**" in words(app)
    assert next(box for box in app.selectbox if box.label == "Head").value == 5
    number(app, "R1").set_value(7)
    drawn(app)
    assert "Ranks **(7, 3, 2)**" in words(app)
    assert app.query_params["r1"] == "7"
    assert app.query_params["alike"] == "1"


def test_choosing_a_head_puts_it_into_the_link() -> None:
    app = visit("heads")
    next(box for box in app.selectbox if box.label == "Head").set_value(3)
    drawn(app)
    assert app.query_params["group"] == "3"


def test_ranks_that_lose_nothing_are_said_to() -> None:
    assert "lose nothing: the error of every head is only rounding" in words(visit("heads", model="demo-decoder"))


@pytest.mark.parametrize("refine", ["0", "1"])
@pytest.mark.parametrize("name", ["llama-grouped-wide", "llama-multi-query"])
def test_groups_are_called_groups(name: str, refine: str, tmp_path: Path) -> None:
    app = visit("heads", model=str(saved_model(name, tmp_path)), refine=refine)
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 4
    shown = "\n".join(caption.value for caption in app.caption)
    assert "roup" in shown
    # Query heads are heads in grouped attention, too; whatever else is called a head there is wrong.
    assert "head" not in shown.replace("d_head", "").replace("query head", "")
    assert [box.label for box in app.selectbox if box.label in {"Head", "Group"}] == ["Group"]


@pytest.mark.parametrize(
    ("parameters", "words_shown"),
    [
        ({"r1": "0", "r2": "1", "r3": "1"}, "got `0`"),
        ({"r1": "99999", "r2": "8", "r3": "4"}, "from (1, 1, 1) to (128, 16, 4)"),
        ({"group": "x"}, "got `x`"),
        ({"model": "nope"}, "nope"),
    ],
)
def test_nonsense_in_the_link_costs_one_sentence(parameters: dict[str, str], words_shown: str) -> None:
    app = visit("heads", **parameters)
    assert not app.exception
    assert len(sentences(app)) == 1
    assert words_shown in sentences(app)[0]
    assert len(app.get("plotly_chart")) == 4


def test_it_presents_and_refines() -> None:
    app = visit("heads", present="1", refine="1", r1="4", r2="2", r3="1")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 4
