"""Stepping through layers: neighbours are there before they are asked for, and large layers show a first picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.work import ahead, jobs
from pages.work.caches import job_board, layer_cache
from pages.work.layer_cache import LayerCache
from pages.work.task import State
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.runs import layer_decomposition
from tensorllm_core.runs.layer_analysis import go_on
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import LayerPlan, plan_layer
from tensorllm_core.storage.cache import BoundedCache
from tensorllm_core.types import Ranks
from tests.pages.visits import arriving, drawn, value, visit
from tests.patience import PATIENCE

MODEL = "demo-decoder"


@pytest.fixture
def checkpoint() -> Checkpoint:
    return open_checkpoint(MODEL)


@pytest.fixture
def prepares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ahead.SWITCH, "on")


@pytest.fixture
def the_whole_may_come(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every layer counts as one that takes long, and is completed once this event is set."""
    event, complete = threading.Event(), layer_decomposition.add_first_mode

    def completed(*given):
        assert event.wait(PATIENCE)
        return complete(*given)

    monkeypatch.setattr(layer_decomposition, "add_first_mode", completed)
    monkeypatch.setattr(layer_decomposition, "AT_ONCE", -1.0)
    monkeypatch.setattr(layer_decomposition, "LEADING", 8)
    yield event
    event.set()


def prepared(checkpoint: Checkpoint, *layers: int) -> None:
    """Wait until these layers are there."""
    plans = [plan_layer(checkpoint, layer) for layer in layers]
    with job_board().changed:
        assert job_board().changed.wait_for(lambda: all(map(layer_cache().has, plans)), PATIENCE)


def until(app: AppTest, shows: str) -> AppTest:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if any(shows in caption.value for caption in app.run().caption):
            return app
    raise AssertionError(f"the screen never showed: {shows}")


def test_the_neighbours_of_a_layer_are_there_when_they_are_asked_for(
    prepares, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(model=MODEL, layer="1")
    prepared(checkpoint, 2, 0, 3)

    def start(*given, **named):
        raise AssertionError("the layer was there already")

    monkeypatch.setattr(jobs, "start", start)
    assert visit(model=MODEL, layer="2").metric


def test_nothing_is_prepared_that_is_switched_off_or_too_large(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list = []
    monkeypatch.setattr(job_board(), "prepare", lambda wanted, session, device: wishes.append(len(wanted)))
    visit(model=MODEL, layer="1")
    assert wishes == []
    monkeypatch.setenv(ahead.SWITCH, "on")
    visit(model=MODEL, layer="1")
    size = layer_cache().size_of(layer_cache().get(plan_layer(checkpoint, 1)))
    layer_cache().most_prepared_bytes = 2 * size
    visit(model=MODEL, layer="1")
    layer_cache().most_prepared_bytes = size - 1
    visit(model=MODEL, layer="1")
    layer_cache().most_prepared_bytes = 3 * size
    monkeypatch.setattr(ahead, "_free_memory", lambda device: size)
    visit(model=MODEL, layer="1")
    assert wishes == [3, 2, 0, 0]


def test_going_backwards_the_layers_below_come_first(prepares, monkeypatch: pytest.MonkeyPatch) -> None:
    titles: list[list[str]] = []
    monkeypatch.setattr(
        job_board(), "prepare", lambda wanted, session, device: titles.append([wish.title for wish in wanted])
    )
    app = visit(model=MODEL, layer="3")
    app.query_params["layer"] = "2"
    drawn(app)
    assert [title.split()[-1] for title in titles[-1]] == ["1", "0"]


def test_a_first_picture_stands_until_the_whole_takes_its_place(the_whole_may_come: threading.Event) -> None:
    app = arriving("decompose", model=MODEL, layer="2", r1="40", r2="6", r3="2")
    until(app, "8 strongest directions")
    assert app.get("progress")
    assert any("In use: **(8, 6, 2)**" in caption.value for caption in app.caption)
    first = value(app, "Relative error")
    the_whole_may_come.set()
    drawn(app)
    assert not any("In use" in caption.value or "strongest" in caption.value for caption in app.caption)
    assert value(app, "Relative error") != first
    assert app.query_params["r1"] in ("40", ["40"])


def test_figures_at_ranks_within_the_first_picture_do_not_jump(the_whole_may_come: threading.Event) -> None:
    app = arriving("decompose", model=MODEL, layer="2", r1="5", r2="4", r3="2")
    until(app, "8 strongest directions")
    first = value(app, "Relative error")
    the_whole_may_come.set()
    drawn(app)
    assert float(value(app, "Relative error")) == pytest.approx(float(first), abs=2e-4)


def test_a_stopped_whole_leaves_its_first_picture_and_may_begin_again(the_whole_may_come: threading.Event) -> None:
    app = arriving("decompose", model=MODEL, layer="2")
    until(app, "8 strongest directions")
    next(button for button in app.button if button.label == "Stop").click().run()
    the_whole_may_come.set()
    drawn(app)
    assert app.metric
    next(button for button in app.button if button.label == "Start again").click().run()
    drawn(app)
    assert not any("strongest" in caption.value for caption in app.caption)
    assert app.metric


def test_who_steps_on_waits_for_the_layer_before_no_longer(
    the_whole_may_come: threading.Event, checkpoint: Checkpoint
) -> None:
    app = arriving("decompose", model=MODEL, layer="2")
    until(app, "8 strongest directions")
    before = job_board().find(plan_layer(checkpoint, 2).key, "another visitor")
    assert before is not None
    job_board().leave(before, "another visitor")
    app.query_params["layer"] = "1"
    app.run()
    assert before.stopping
    the_whole_may_come.set()
    drawn(app)
    assert app.metric
    assert before.state is State.STOPPED
    assert layer_cache().has(plan_layer(checkpoint, 1))
    assert not layer_cache().has(plan_layer(checkpoint, 2))


def test_a_screen_whose_answers_need_the_whole_waits_for_it(the_whole_may_come: threading.Event) -> None:
    app = arriving("reasoning", model=MODEL, layer="2", r1="40")
    until(app, "needs the whole layer")
    assert not any(button.label.startswith("Run") for button in app.button)
    the_whole_may_come.set()
    drawn(app)
    assert not any("needs the whole layer" in caption.value for caption in app.caption)


class TestLayerCache:
    """Layers that were prepared stand apart from those that were asked for."""

    @pytest.fixture
    def plan(self, checkpoint: Checkpoint) -> LayerPlan:
        return plan_layer(checkpoint, 0)

    def prepare(self, cache: LayerCache, plan: LayerPlan, checkpoint: Checkpoint):
        return cache.prepare(plan, checkpoint, go_on, lambda first: None)

    def test_a_prepared_layer_pushes_out_none_that_was_asked_for(self, plan, checkpoint) -> None:
        asked: BoundedCache = BoundedCache(1)
        cache = LayerCache(asked)
        looked_at = cache.get_or_analyse(plan, checkpoint, go_on)
        other = replace(plan, layer=1)
        ahead_of_time = self.prepare(cache, other, checkpoint)
        assert cache.get(plan) is looked_at
        assert cache.has(other)
        # Asked for, it is one of those that were asked for.
        assert cache.get(other) is ahead_of_time
        assert [key for key, _ in asked.items()] == [other.key]

    def test_prepared_layers_have_a_bound_of_their_own(self, plan, checkpoint) -> None:
        size = LayerCache(BoundedCache(1)).size_of(analyse_layer(plan, checkpoint))
        # The sizes of two layers differ by what their best ranks take.
        cache = LayerCache(BoundedCache(8), most_prepared_bytes=int(2.2 * size))
        plans = [replace(plan, layer=layer) for layer in range(3)]
        for each in plans:
            self.prepare(cache, each, checkpoint)
        assert [cache.has(each) for each in plans] == [False, True, True]

    def test_it_holds_all_that_a_screen_reads(self, plan, checkpoint) -> None:
        analysis = self.prepare(LayerCache(BoundedCache(1)), plan, checkpoint)
        assert {"paths", "front", "noise", "suggestion"} <= analysis.__dict__.keys()
        assert isinstance(analysis.suggestion, Ranks)
