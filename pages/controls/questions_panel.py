"""The controls that all screens with questions share: which layers are edited, and which questions are asked."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.scene import Scene
from pages.session.scene_parts import SPLITS
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split, check_template
from tensorllm_core.benchmarks.own_file import OwnFile, own_benchmark, read_own_file
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import chosen_layers
from tensorllm_core.runs.questions import OWN_FILE

__all__ = [
    "choose_benchmarks",
    "choose_layers",
    "choose_own_file",
    "choose_sample",
    "own_file_title",
    "own_questions",
]

_OWN, _OWN_PROBLEM = "own questions", "own questions' problem"
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
    chosen = scene.questions.benchmark or BUNDLED
    offered = [*BENCHMARKS, *([OWN_FILE] if state.kept(_OWN) or OWN_FILE in chosen else [])]
    unknown = [name for name in chosen if name not in offered]
    if unknown:
        known = tuple(name for name in chosen if name in offered)
        instead = "asking the rest of them" if known else "asking the bundled ones"
        state.notify([f"Expected benchmarks among {', '.join(offered)}, got {', '.join(unknown)}; {instead}."])
        chosen = known or BUNDLED
        state.settle(scene.with_fields(benchmark=_unless_default(chosen)))
    st.multiselect(
        "Benchmarks",
        offered,
        key=state.seed("benchmark widget", list(chosen)),
        format_func=lambda name: BENCHMARKS[name].title if name in BENCHMARKS else name,
        on_change=_take_benchmarks,
        help="The bundled ones ask about a made-up world. Those of the papers are downloaded from the hub",
    )


def choose_sample(scene: Scene) -> None:
    """The split of the benchmarks, and how many questions of each."""
    st.segmented_control(
        "Split",
        SPLITS,
        **state.bound("split", scene.questions.split),
        required=True,
        width="stretch",
        help=(
            "Choose ranks on validation questions (the first 20 %) and report results on test questions: ranks look "
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


def choose_own_file(scene: Scene) -> None:
    """The visitor's own file of questions, and the prompt template."""
    own: OwnFile | None = state.kept(_OWN)
    st.file_uploader(
        "Your questions",
        ["jsonl", "json", "csv"],
        key="own file widget",
        on_change=_take_file,
        max_upload_size=50,
        help="JSON Lines or CSV in UTF-8: `question`, `answer`, optional `choices` (a list, or a|b|c in CSV)",
    )
    if state.kept(_OWN_PROBLEM):
        st.error(state.kept(_OWN_PROBLEM), icon=":material/error:")
    if own is not None:
        st.caption(f"{len(own.questions):,} questions. The first 20 % are for validation.")
        if own.left_out:
            st.warning("  \n".join(own.left_out[:10]), icon=":material/info:")
    st.text_input(
        "Prompt template",
        key=state.seed("template widget", scene.questions.template),
        placeholder="{question}",
        on_change=_take_template,
        help="`{question}` stands for the question; the answer follows the text. Empty: the template of each benchmark",
    )


def own_questions(scene: Scene, split: str = "") -> QuestionSet | None:
    """The uploaded questions of this split, or of the scene's split if none is named; None without an upload."""
    own: OwnFile | None = state.kept(_OWN)
    if own is None:
        return None
    part = scene.questions
    return own_benchmark(own, OWN_FILE, Split(split or part.split), part.template or "{question}")


def own_file_title() -> str:
    """The label of the button that opens the visitor's own questions."""
    own: OwnFile | None = state.kept(_OWN)
    return "Own questions and prompt" if own is None else f"Own questions: {len(own.questions):,}"


def _take_some_layers(checkpoint: Checkpoint) -> None:
    text = str(state.widget_value("some layers widget")).replace(" ", "")
    try:
        chosen_layers(checkpoint, text)
    except ExplorerError as error:
        state.notify([str(error)])
        return
    state.change(layers=tuple(text.split(",")))


def _take_benchmarks() -> None:
    state.change(benchmark=_unless_default(tuple(state.widget_value("benchmark widget") or ())))


def _unless_default(names: tuple[str, ...]) -> tuple[str, ...]:
    return () if names == BUNDLED else names


def _take_file() -> None:
    uploaded = state.widget_value("own file widget")
    if uploaded is None:
        return
    try:
        own = read_own_file(uploaded.name, uploaded.getvalue())
    except ExplorerError as error:
        state.keep(_OWN_PROBLEM, str(error))
        return
    state.keep(_OWN_PROBLEM, None)
    state.keep(_OWN, own)
    state.change(benchmark=(OWN_FILE,))


def _take_template() -> None:
    text = str(state.widget_value("template widget") or "").strip()
    try:
        state.change(template=check_template(text) if text else "")
    except ExplorerError as error:
        state.notify([str(error)])
