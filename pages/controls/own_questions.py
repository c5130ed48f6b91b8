"""The visitor's own questions: the file, an example of its format, and how questions are put to the model."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.scene import Scene
from pages.work.caches import has_chat_template
from pages.work.plain_text import inert
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split, check_template
from tensorllm_core.benchmarks.own_file import EXAMPLE, MOST_NEW_TOKENS, OwnFile, own_benchmark, read_own_file
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED
from tensorllm_core.errors import ExplorerError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.questions import MADE_UP, OWN_FILE

__all__ = [
    "choose_own_file",
    "has_own_file",
    "invite_questions",
    "own_file_title",
    "own_questions",
    "upload_own_file",
]

_OWN, _OWN_PROBLEM = "own questions", "own questions' problem"


def choose_own_file(scene: Scene, checkpoint: Checkpoint) -> None:
    """The visitor's own file of questions, and how questions are put to the model."""
    upload_own_file()
    st.text_input(
        "Prompt template",
        key=state.seed("template widget", scene.questions.template),
        placeholder="{question}",
        on_change=_take_template,
        help=(
            "`{question}` stands for the question; a space and the answer follow the text, white space at its end does "
            "not count. Empty: the template of each benchmark"
        ),
    )
    has_template = has_chat_template(checkpoint)
    st.toggle(
        "Chat template",
        **state.bound("chat", scene.questions.chat),
        disabled=not has_template and not scene.questions.chat,
        help=(
            "Puts each question into the chat template of the model's tokenizer, as the message of a user. For models "
            "that were trained to follow instructions"
            if has_template
            else "The tokenizer of this model has no chat template"
        ),
    )
    st.number_input(
        "New tokens of an answer",
        1,
        MOST_NEW_TOKENS,
        step=1,
        **state.bound("new_tokens", min(scene.questions.new_tokens, MOST_NEW_TOKENS)),
        help="How many tokens the model writes at most, where the rows of your file have no choices",
    )


def invite_questions() -> None:
    """What is shown where no questions are chosen: why none are, benchmarks that suit any model, and the upload."""
    st.info(
        f"**No questions are chosen yet.** The four bundled benchmarks are {MADE_UP}. Choose one that suits any model, "
        "or give a file of your own.",
        icon=":material/quiz:",
    )
    with st.container(border=True, key="invite-questions"):
        others = [name for name in BENCHMARKS if name not in BUNDLED]
        st.pills(
            "Public benchmarks, downloaded from the Hugging Face hub when it can be reached",
            others,
            key=state.seed("offered benchmarks", None),
            format_func=lambda name: BENCHMARKS[name].title,
            on_change=_take_offered,
        )
        st.caption("  \n".join(f"**{BENCHMARKS[name].title}**: {BENCHMARKS[name].words}" for name in others))
        upload_own_file()


def upload_own_file() -> None:
    """The visitor's own file of questions, and a short example of its format."""
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
        st.error(inert(state.kept(_OWN_PROBLEM)), icon=":material/error:")
    if own is not None:
        st.caption(f"{len(own.questions):,} questions. The first 20% are for validation.")
        if own.left_out:
            st.warning("  \n".join(map(inert, own.left_out[:10])), icon=":material/info:")
    st.download_button(
        "Example file",
        EXAMPLE,
        file_name="questions.jsonl",
        mime="application/jsonl",
        icon=":material/download:",
        type="tertiary",
        key="example file",
        on_click="ignore",
        help="Three questions in the format: one JSON object in each line",
    )


def has_own_file() -> bool:
    """Whether the visitor has uploaded questions in this tab."""
    return state.kept(_OWN) is not None


def own_questions(scene: Scene, split: str = "") -> QuestionSet | None:
    """The uploaded questions of this split, or of the scene's split if none is named; None without an upload."""
    own: OwnFile | None = state.kept(_OWN)
    if own is None:
        return None
    part = scene.questions
    return own_benchmark(
        own, OWN_FILE, Split(split or part.split), part.template or "{question}", min(part.new_tokens, MOST_NEW_TOKENS)
    )


def own_file_title() -> str:
    """The label of the button that opens the visitor's own questions."""
    own: OwnFile | None = state.kept(_OWN)
    return "Own questions and prompt" if own is None else f"Own questions: {len(own.questions):,}"


def _take_file() -> None:
    uploaded = state.widget_value("own file widget")
    state.keep(_OWN_PROBLEM, None)
    if uploaded is None:
        return
    try:
        own = read_own_file(uploaded.name, uploaded.getvalue())
    except ExplorerError as error:
        state.keep(_OWN_PROBLEM, str(error))
        return
    state.keep(_OWN, own)
    state.change(benchmark=(OWN_FILE,))


def _take_template() -> None:
    text = str(state.widget_value("template widget") or "").strip()
    try:
        state.change(template=check_template(text) if text else "")
    except ExplorerError as error:
        state.refuse(str(error))


def _take_offered() -> None:
    if name := state.widget_value("offered benchmarks"):
        state.change(benchmark=(name,))
