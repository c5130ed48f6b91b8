"""The controls that all screens with questions share: the edited layers, the benchmarks, how many questions."""

from __future__ import annotations

import streamlit as st

from pages.controls.own_questions import has_own_file
from pages.session import state
from pages.session.plans import chosen_benchmarks
from pages.session.scene import Scene
from pages.session.scene_parts import SPLITS
from pages.work.plain_text import inert
from tensorllm_core.benchmarks.registry import BENCHMARKS
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import chosen_layers
from tensorllm_core.runs.questions import OWN_FILE, default_benchmarks, made_up_notice

__all__ = [
    "choose_benchmarks",
    "choose_layers",
    "choose_sample",
]

_SAMPLES = (100, 250, 500, 0)


def choose_layers(
    scene: Scene, checkpoint: Checkpoint, help_text: str, *, default: tuple[str, ...] | None = None
) -> None:
    """The edited layers: the one that is shown, all, or some.

    Args:
        default: the layers where the scene names none; None for the layer that is shown.
    """
    shown = (str(scene.layer),)
    default = shown if default is None else default
    layers = scene.questions.layers or default
    here, every, some = f"layer {scene.layer}", "all layers", "some"
    chosen = every if layers == ("all",) else here if layers == shown else some
    key = f"layers widget {scene.layer}"

    def take() -> None:
        layers = {here: shown, every: ("all",)}.get(state.widget_value(key), (f"0-{checkpoint.layers - 1}",))
        state.change(layers=() if layers == default else layers)

    st.segmented_control(
        "Edited layers",
        [here, every, some],
        key=state.seed(key, chosen),
        on_change=take,
        required=True,
        width="stretch",
        help=help_text,
    )
    if chosen == some:
        st.text_input(
            "Layers, for example 0,2-3",
            key=state.seed("some layers widget", ",".join(layers)),
            on_change=_take_some_layers,
            args=(checkpoint,),
        )


def choose_benchmarks(scene: Scene) -> None:
    """The benchmarks. Those of a link that do not exist are left out, with a notice."""
    chosen, default = chosen_benchmarks(scene), default_benchmarks(scene.model)
    offered = [*BENCHMARKS, *([OWN_FILE] if has_own_file() or OWN_FILE in chosen else [])]
    unknown = [name for name in chosen if name not in offered]
    if unknown:
        known = tuple(name for name in chosen if name in offered)
        instead = "asking the rest of them" if known else "asking the bundled ones" if default else "asking none"
        state.notify([f"Expected benchmarks among {', '.join(offered)}, got {', '.join(unknown)}; {instead}."])
        chosen = known or default
        state.settle(scene.with_fields(benchmark=() if chosen == default else chosen))
    st.multiselect(
        "Benchmarks",
        offered,
        key=state.seed("benchmark widget", list(chosen)),
        format_func=lambda name: BENCHMARKS[name].title if name in BENCHMARKS else name,
        on_change=_take_benchmarks,
        args=(default,),
        placeholder="none chosen",
        help="The bundled ones ask about a made-up world. Those of the papers are downloaded from the hub",
    )
    if notice := made_up_notice(scene.model, chosen):
        st.caption(f":orange[{inert(notice)}]")


def choose_sample(scene: Scene) -> None:
    """The split of the benchmarks, and how many questions of each."""
    st.segmented_control(
        "Split",
        SPLITS,
        **state.bound("split", scene.questions.split),
        required=True,
        width="stretch",
        help=(
            "Choose ranks on validation questions (the first 20%) and report results on test questions: ranks look "
            "better than they are on the questions that chose them"
        ),
    )
    samples = _SAMPLES if scene.questions.sample in _SAMPLES else (scene.questions.sample, *_SAMPLES)
    st.segmented_control(
        "Questions of each benchmark",
        samples,
        **state.bound("sample", scene.questions.sample),
        format_func=lambda count: f"{count:,}" if count else "all",
        required=True,
        width="stretch",
        help="The same random questions every time. More questions make the intervals narrower",
    )


def _take_some_layers(checkpoint: Checkpoint) -> None:
    text = str(state.widget_value("some layers widget") or "").replace(" ", "")
    try:
        if text:
            chosen_layers(checkpoint, text)
        state.change(**({"layers": tuple(text.split(","))} if text else {}))
    except ExplorerError as error:
        state.refuse(str(error))


def _take_benchmarks(default: tuple[str, ...]) -> None:
    names = tuple(state.widget_value("benchmark widget") or ())
    state.change(benchmark=() if names == default else names)
