"""The controls of the Compare screen: methods, layers, budgets, questions."""

from __future__ import annotations

import math

import streamlit as st

from pages.controls.own_questions import choose_own_file
from pages.controls.questions_panel import choose_benchmarks, choose_layers, choose_sample
from pages.session import state
from pages.session.plans import chosen_benchmarks, default_compared_layers, methods_of
from pages.session.scene import Scene
from tensorllm_core.errors import ExplorerError
from tensorllm_core.experiments.comparison import ratio_for_stored
from tensorllm_core.methods.registry import METHODS, SUGGESTED
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["panel"]

_GRID = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0, 256.0, 512.0)
_LAYERS_HELP = "Each layer must reach the budget by itself; a method that stacks layers has one budget for them"


def panel(scene: Scene, checkpoint: Checkpoint) -> None:
    """Everything that decides what is compared."""
    _methods(scene)
    choose_layers(scene, checkpoint, _LAYERS_HELP, default=default_compared_layers(scene))
    _budget(scene, checkpoint.sizes.entries)
    _questions(scene, checkpoint)


def _methods(scene: Scene) -> None:
    chosen = methods_of(scene)
    label = f"{len(chosen)} of {len(METHODS)} methods"
    with st.popover(label, icon=":material/checklist:", width="stretch", key="methods popover"):
        st.pills(
            "Methods",
            list(METHODS),
            selection_mode="multi",
            key=state.seed("methods widget", list(chosen)),
            format_func=lambda name: METHODS[name].title,
            on_change=_take_methods,
        )
        st.button("Suggested", icon=":material/undo:", on_click=state.change, kwargs={"methods": ()})
        st.caption("  \n".join(f"**{METHODS[name].title}**: {METHODS[name].words}" for name in chosen))
        slow = ", ".join(f"**{method.title}**" for method in METHODS.values() if method.is_slow)
        st.caption(f"Far slower than the others: {slow}.")


def _take_methods() -> None:
    names = [name for name in METHODS if name in (state.widget_value("methods widget") or [])]
    if not names:
        state.refuse("Expected one or more methods, got none; the choice stays as it was.")
        return
    state.change(methods=() if set(names) == set(SUGGESTED) else tuple(names))


def _budget(scene: Scene, entries: int) -> None:
    grid = {ratio for ratio in _GRID if ratio < entries / 64}
    stored = math.floor(entries / scene.compare.budget)
    st.markdown(
        f"Budget in focus: **{scene.compare.budget:.3g}x**",
        help="In each layer a method must save as many entries as the attention saves at this compression ratio",
    )
    st.select_slider(
        "Budget in focus",
        sorted({*grid, scene.compare.budget}),
        key=state.seed(f"budget widget {entries}", scene.compare.budget),
        format_func=lambda ratio: f"{ratio:.3g}x",
        on_change=state.take,
        args=(f"budget widget {entries}", "budget"),
        label_visibility="collapsed",
    )
    st.number_input(
        "or as entries stored per layer",
        1,
        max(entries - 1, 1),
        step=1,
        key=state.seed(f"stored widget {entries}", min(max(stored, 1), entries - 1)),
        on_change=_take_stored,
        args=(f"stored widget {entries}", entries),
    )
    st.caption(f"Each layer saves {entries - stored:,} of the {entries:,} entries of its attention")
    others = scene.compare.budgets
    st.multiselect(
        "Curves at",
        sorted({*grid, *others}),
        key=state.seed(f"budgets widget {entries}", list(others)),
        format_func=lambda ratio: f"{ratio:.3g}x",
        on_change=_take_budgets,
        args=(f"budgets widget {entries}",),
        help="Other budgets at which all methods are compared; the one in focus is always among them",
    )


def _questions(scene: Scene, checkpoint: Checkpoint) -> None:
    names = chosen_benchmarks(scene)
    asked = f"{len(names)} x {scene.questions.sample:,}" if scene.questions.sample else "all"
    label = f"Questions: {asked}, {scene.questions.split}" if names else "Questions: none chosen"
    with st.popover(label, icon=":material/quiz:", width="stretch", key="questions popover"):
        choose_benchmarks(scene)
        choose_sample(scene)
        # Without any questions the upload is on the right: no two widgets have one key.
        if names:
            choose_own_file(scene, checkpoint)


def _take_stored(key: str, entries: int) -> None:
    try:
        state.change(budget=ratio_for_stored(entries, int(state.widget_value(key) or 0)))
    except ExplorerError as error:
        state.refuse(str(error))


def _take_budgets(key: str) -> None:
    chosen = tuple(sorted(state.widget_value(key) or ()))
    state.change(budgets=chosen or (state.current_scene().compare.budget,))
