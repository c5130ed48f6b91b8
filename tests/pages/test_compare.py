"""The Compare screen in Streamlit's test harness."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.session.scene import COMPARE_TABS
from pages.work import caches as cache
from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import load_questions
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.experiments.comparison import compress_at_budgets, subjects_of
from tensorllm_core.experiments.edits import read_for_all
from tensorllm_core.experiments.evaluate import evaluate
from tensorllm_core.experiments.paired import paired
from tensorllm_core.experiments.statistics import verdict
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.loaded_model import load_model
from tests.pages.visits import arriving, drawn, sentences, value, visit

QUICK = {
    "methods": "tensorllm,separate,random-subspace",
    "budgets": "8",
    "benchmark": "world-bios,world-facts",
    "sample": "40",
}


@pytest.fixture(autouse=True, scope="module")
def _own_jobs() -> Iterator[None]:
    cache.job_board.clear()
    yield
    cache.job_board.clear()


def compare(**parameters: str) -> AppTest:
    return visit("compare", **{**QUICK, **parameters})


def words(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption, *app.info))


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def table(app: AppTest) -> pd.DataFrame:
    return app.dataframe[-1].value


def test_it_compares_without_a_click() -> None:
    app = compare()
    assert not app.exception
    assert sentences(app) == []
    assert len(app.get("plotly_chart")) == 3
    assert value(app, "Best at 16x: TensorLLM").endswith("%")
    assert "**TensorLLM has the highest accuracy of these methods.** Against the original: +" in words(app)
    assert "Better than Separate Q, K, V, O, more than chance explains" in words(app)
    assert "Better than the control, Random subspace, more than chance explains" in words(app)
    assert button(app, "Compare again")


def test_where_every_method_makes_the_answers_worse_the_best_one_is_not_praised() -> None:
    app = compare(model="demo-encoder", methods="separate,tensorllm", budget="64", budgets="64", sample="100")
    assert "**No method keeps the accuracy of the original;" in words(app)
    assert "highest accuracy" not in words(app)


def test_a_long_comparison_says_what_it_would_ask_and_waits_for_a_click() -> None:
    app = visit("compare")
    assert not app.exception
    assert sentences(app) == []
    assert "**22 models answer 2,000 questions each**: the original, and 7 methods at 3 budgets." in words(app)
    assert re.search(r"That takes about \*\*\d+ s\*\* on 2 cores", words(app))
    assert app.get("plotly_chart"), "how the methods differ"
    # A change of the settings does not begin it.
    app.query_params["sample"] = "499"
    drawn(app)
    assert "22 models answer 1,996 questions each" in words(app)


@pytest.mark.parametrize(("key", "benchmark"), [("compare", "world-facts"), ("compare here", "world-hop")])
def test_both_buttons_begin_it_and_the_next_visitor_sees_its_result_at_once(key: str, benchmark: str) -> None:
    link = {
        "methods": "tensorllm,trawl-attention",
        "budgets": "16",
        "layers": "1",
        "sample": "7",
        "benchmark": benchmark,
    }
    app = visit("compare", **link)
    assert "and longer with TRAWL on Q, K, V, O, whose decompositions are slow" in words(app)
    app.button(key).click()
    drawn(app)
    assert value(app, "Best at 16x").endswith("%")
    again = visit("compare", **link)
    assert value(again, "Best at 16x") == value(app, "Best at 16x")
    assert button(again, "Compare again")


def test_the_live_figures_bring_what_is_known_of_every_budget_and_its_focus_keeps_them_all() -> None:
    app = compare(plain="0")
    assert not app.exception
    shown = {element.proto.component_name: element.proto for element in app.get("bidi_component")}
    assert len(app.get("plotly_chart")) == 1
    header = shown["live_store"].bytes.decode("utf-8", errors="ignore")
    for ratio in (8, 16):
        assert f"Best at {ratio}x: TensorLLM" in header
        assert f"Against the original at {ratio}x: of 2 methods" in header


def test_the_link_restores_all_of_it() -> None:
    parameters = {
        "budget": "12.0",
        "layers": "1-2",
        "split": "validation",
        "tab": "Any two methods",
        "first": "separate",
        "second": "original",
    }
    app = compare(**parameters)
    assert sentences(app) == []
    for name, text in (QUICK | parameters).items():
        assert app.query_params[name] == text, name
    slider = next(slider for slider in app.select_slider if slider.label == "Budget in focus")
    assert slider.value == 12.0
    assert [box.value for box in app.selectbox if box.label in {"Is", "better than"}] == ["separate", "original"]
    assert "**From original to Separate Q, K, V, O, at 12x.**" in words(app)


@pytest.mark.parametrize("tab", COMPARE_TABS)
def test_every_tab_draws(tab: str) -> None:
    app = compare(tab=tab)
    assert not app.exception
    assert sentences(app) == []


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"methods": "tensorllm,magic"}, "got `magic`"),
        ({"budget": "1"}, "got `1`"),
        ({"budget": "nan"}, "got `nan`"),
        ({"budgets": "4,x"}, "got `4,x`"),
        ({"budgets": "0.5"}, "got `0.5`"),
        ({"budgets": "inf"}, "got `inf`"),
        ({"first": "magic"}, "got `magic`"),
        ({"second": "7"}, "got `7`"),
        ({"benchmark": "zzz"}, "got zzz"),
        ({"layers": "0-9"}, "Expected a layer from 0 to 3"),
    ],
)
def test_nonsense_in_the_link_costs_one_sentence(parameters: dict[str, str], said: str) -> None:
    app = compare(sample="10", **parameters)
    assert not app.exception
    assert len(sentences(app)) == 1
    assert said in sentences(app)[0]


def test_a_method_that_cannot_reach_the_budget_says_so_and_the_others_go_on() -> None:
    app = compare(methods="tensorllm,laser-attention", budget="300.0", layers="0", sample="10")
    assert sentences(app) == []
    assert "**SVD of Q, K, V, O** is left out at 300x. Expected to save at most" in words(app)
    assert value(app, "Best at 300x: TensorLLM").endswith("%")
    assert value(app, "Next") == "–"


def test_a_budget_that_nobody_reaches_is_no_end() -> None:
    for tab in COMPARE_TABS:
        app = compare(methods="laser-attention,random-subspace", budget="60000.0", sample="10", tab=tab)
        assert not app.exception
        assert sentences(app) == []
        assert "**No method can save as much as this budget asks for**" in words(app)


def test_stored_entries_and_the_ratio_are_two_ways_to_say_the_budget() -> None:
    app = compare(budget="8.0")
    field = next(field for field in app.number_input if field.label.startswith("or as entries"))
    assert field.value == 65536 // 8
    field.set_value(4096)
    drawn(app)
    assert "budget" not in app.query_params, "16 is where it begins"
    assert "saves 61,440 of the 65,536 entries" in words(app)
    next(slider for slider in app.select_slider if slider.label == "Budget in focus").set_value(32.0)
    drawn(app)
    assert next(field for field in app.number_input if field.label.startswith("or as entries")).value == 2048
    assert "Shown: the last run." in words(app)


def test_without_a_method_it_stays_as_it_was() -> None:
    app = compare()
    next(group for group in app.get("button_group") if group.label == "Methods").set_value([])
    drawn(app)
    assert sentences(app) == ["Expected one or more methods, got none; the choice stays as it was."]
    assert app.query_params["methods"] == QUICK["methods"]


def test_a_pinned_result_stays_while_the_rest_changes() -> None:
    app = compare()
    button(app, "Pin").click()
    drawn(app)
    label = "Grey, pinned: demo-decoder-noisy, 4 layers, 80 test questions of world-bios, world-facts"
    assert label in words(app)
    app.query_params["layers"] = "1"
    drawn(app)
    assert "Shown: the last run." in words(app)
    button(app, "Compare").click()
    drawn(app)
    assert label in words(app)
    assert "94% of the attention of layer 1" in str(app.metric[3].delta)
    button(app, "Unpin").click()
    drawn(app)
    assert "pinned" not in words(app)


def test_the_test_of_two_methods_is_that_of_their_answers() -> None:
    names = ("tensorllm", "separate")
    app = compare(tab="Any two methods", first=names[0], second=names[1])
    methods = {name: make_method(name) for name in names}
    checkpoint = open_checkpoint("demo-decoder-noisy")
    methods_at_budgets = list(
        compress_at_budgets(read_for_all(checkpoint, range(4), methods.values()), methods, [16.0])
    )
    questions = [shuffled(load_questions(name, Split.TEST), 40) for name in ("world-bios", "world-facts")]
    answers = evaluate(questions, subjects_of(load_model("demo-decoder-noisy", "cpu"), methods_at_budgets)).answers
    expected = paired(answers["separate at 16x"], answers["tensorllm at 16x"])
    assert f"**From Separate Q, K, V, O to TensorLLM, at 16x.** {verdict(expected.accuracy)}" in words(app)
    shown = table(app)
    for row, (accuracy, loss) in zip(shown.itertuples(), expected.by_benchmark.values(), strict=False):
        assert (row.before, row.after, row.fixed, row.broken, row.p) == pytest.approx(
            (accuracy.before, accuracy.after, accuracy.fixed, accuracy.broken, accuracy.p)
        )
        assert shown.loc[row.Index, "loss change"] == pytest.approx(loss.delta, abs=1e-5)
    assert shown["change"].iloc[-1] == pytest.approx(expected.accuracy.delta)


def test_what_each_stores_adds_up() -> None:
    shown = table(compare(tab="What each stores"))
    assert (shown["original"] - shown["stored"] == shown["saved"]).all()
    assert (shown["saved"] >= 4 * 61440).all()
    assert shown.set_index("method").loc["TensorLLM", "ranks"] == "(12, 6, 4)"


def test_a_stopped_comparison_says_so_and_may_start_again() -> None:
    app = arriving("compare", methods="tensorllm-aligned,tensorllm", sample="0", split="all", budget="5")
    app.run()
    button(app, "Compare").click()
    app.run()
    button(app, "Stop").click()
    drawn(app)
    assert not app.exception
    assert "Comparing: stopped" in words(app)
    assert button(app, "Start again")


def test_it_presents() -> None:
    app = compare(present="1")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2, "no tabs below"
    assert len(app.metric) == 3
