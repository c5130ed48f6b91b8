"""The box of the chosen cell: published, measured and derived figures, and what reproducing it needs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.controls.texts import layers_text
from pages.controls.time_estimate import offer_to_measure, rate_in_force
from pages.frame.navigation import PAGES
from pages.papers.cell_choice import Choice, measured_of, score_of, variant_title
from pages.papers.reproduce import command_of, reproducing
from pages.session import state
from pages.session.scene import Scene
from pages.work.plain_text import inert
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.needs import duration_text, needs_of
from tensorllm_core.experiments.published_tables import ABLATED_MODEL, PUBLISHED_BENCHMARKS, PUBLISHED_MODELS, VARIANTS
from tensorllm_core.numbers_text import change_text, p_text, share_text

__all__ = ["panel"]

_FIRST = 500
"""Test questions of the shorter run that is offered."""
_NEAR = 0.8
"""Share of stored weights from which the panel says that ranks are near break-even."""
_ASSUMPTIONS = """
- **Memory**: the weights in this number type, and 10% more.
- **Hours**: 2 x parameters x tokens operations for each question and pass, at the measured rate. One pass asks the
  original model, another one the edited model.
- **Tokens** of a question are rough figures: {tokens}.
- Not counted: the download, the decomposition (seconds to minutes for each layer), and the time saved by running only
  the layers from the edited one upwards. On a GPU, generated answers take longer than estimated.
- The estimate can be wrong by a factor of two or three.
"""


def panel(scene: Scene, choice: Choice) -> None:
    """Draw the box."""
    with st.container(border=True, key="papers-cell"):
        _choose(choice)
        _published(choice)
        _measured(choice)
        if choice.is_tensorllm:
            _derived(choice)
        else:
            st.markdown(f":small[{_setting(choice)}]")
        if choice.is_tensorllm:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _ranks_and_layer(scene, choice)
                _links(scene, choice)
        _needs(scene, choice)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            _command(choice)
            offer_to_measure(scene)


def _choose(choice: Choice) -> None:
    models = [ABLATED_MODEL] if choice.table == "IV" else list(PUBLISHED_MODELS)
    with st.container(horizontal=True, gap="small", wrap=False):
        _select("Model", models, choice.cell.model.name, lambda name: PUBLISHED_MODELS[name].title)
        _select(
            "Benchmark",
            list(PUBLISHED_BENCHMARKS),
            choice.cell.benchmark.name,
            lambda name: PUBLISHED_BENCHMARKS[name].title,
        )
        if variants := VARIANTS.get(choice.table):
            st.segmented_control(
                "Case" if choice.table == "III" else "Compressed",
                variants,
                **state.bound("variant", choice.variant, f"papers variant {choice.table}"),
                required=True,
                label_visibility="collapsed",
            )


def _select(label: str, names: list[str], chosen: str, title: Callable[[str], str]) -> None:
    st.selectbox(
        label,
        names,
        key=state.seed(f"papers {label} {len(names)}", chosen),
        format_func=title,
        on_change=_take_cell,
        args=(label, f"papers {label} {len(names)}"),
        label_visibility="collapsed",
    )


def _take_cell(label: str, key: str) -> None:
    model, benchmark = state.current_scene().papers.cell.split("-")
    name = state.widget_value(key)
    model, benchmark = (name, benchmark) if label == "Model" else (model, name)
    state.change(cell=f"{model}-{benchmark}", triple=1, cell_layer=None)


def _published(choice: Choice) -> None:
    cell = choice.cell
    score = score_of(cell, choice.table, choice.variant)
    gain = cell.gain(score)
    points, low, high = (100 * value for value in (gain.delta, gain.interval.low, gain.interval.high))
    luck = "" if gain.beyond_luck else " may be chance;"
    by = f" by {variant_title(choice.table, choice.variant)}" if choice.table in VARIANTS else ""
    st.markdown(
        f":small[:blue-badge[published] **{cell.original.text} → {score.text}%**"
        f"{by}, {points:+.2f} points [{low:+.1f}, {high:+.1f}];{luck} "
        f"loss {cell.original.loss:.2f} → {score.loss:.2f}]",
        help=(
            f"The 95% interval is ours, not the papers': unpaired, n = {cell.benchmark.test_questions:,} questions, "
            f"not corrected for the search over layers and ranks. The change is {gain.in_sigmas:.1f} standard errors."
        ),
    )


def _measured(choice: Choice) -> None:
    result = measured_of(choice.cell, choice.table, choice.variant)
    if result is None:
        st.markdown(":small[:green-badge[measured here] not yet]")
        return
    where = ", ".join(filter(None, (f"Revision {result.revision}", result.setting, result.date)))
    st.markdown(f":small[:green-badge[measured here] {_measured_text(result)}]", help=inert(where))


def _measured_text(result: Measurement) -> str:
    before, after = 100 * result.accuracy_before, 100 * result.accuracy_after
    ranks = f" at {result.ranks}" if result.ranks else ""
    return (
        f"**{before:.1f} → {after:.1f}%**, {change_text(result.delta, result.low, result.high)}, {p_text(result.p)}; "
        f"loss {result.loss_before:.2f} → {result.loss_after:.2f}; "
        f"{layers_text(result.layers)}{ranks}, {result.n:,} questions"
    )


def _derived(choice: Choice) -> None:
    """The chosen rank triple, and how much of the layer and of the model its ratio leaves."""
    cell, model = choice.cell, choice.cell.model
    kept = 1 / cell.compression_ratio
    saved = (1 - kept) * model.attention_share
    triples = len(cell.derived_ranks)
    st.markdown(
        f":small[:orange-badge[derived] ranks **{choice.ranks}**{f', one of {triples},' if triples > 1 else ''} at "
        f"{cell.compression_ratio:.2f}x: {share_text(kept)} of the attention stays"
        f"{', so next to nothing is saved' if kept > _NEAR else ''}, {share_text(1 - saved, 1)} of the model]",
        help=(
            "These ranks, tied as in the authors' program, give the published ratio to two decimals. The percentages "
            "say what is still stored, of the layer's attention and of the whole model. At 1x (break-even) core and "
            "factors have as many entries as the layer's attention."
        ),
    )


def _ranks_and_layer(scene: Scene, choice: Choice) -> None:
    cell, model = choice.cell, choice.cell.model
    if len(cell.derived_ranks) > 1:
        st.selectbox(
            "Ranks",
            range(1, len(cell.derived_ranks) + 1),
            **state.bound("triple", scene.papers.triple, f"papers triple {scene.papers.cell}"),
            format_func=lambda number: f"{cell.derived_ranks[number - 1]}",
            label_visibility="collapsed",
            width=130,
        )
    st.selectbox(
        "Layer",
        range(model.layers),
        **state.bound("cell_layer", choice.layer, f"papers layer {model.name}"),
        format_func=lambda layer: f"layer {layer}",
        label_visibility="collapsed",
        width=105,
        help=(
            f"A layer from 0 to {model.layers - 1}. The papers do not name it: their program tries all layers on the "
            "validation questions. The suggested one, the first of the last quarter, is only a place to start."
        ),
    )


def _setting(choice: Choice) -> str:
    if choice.table == "LASER" or (choice.table, choice.variant) == ("III", "1"):
        laser = choice.cell.laser
        share = laser.stored_share(choice.cell.model)
        note = ": no compression" if share > 1 else ""
        return (
            f":blue-badge[published] **{laser.matrix}** of layer **{laser.layer}** at ρ = **{laser.rho:g}**: the two "
            f"factors have {share:.2g} times the matrix's entries{note}"
        )
    return "Layer and ranks are not published, and no ratio from which they could be derived."


def _needs(scene: Scene, choice: Choice) -> None:
    cell, rate = choice.cell, rate_in_force(scene)
    whole = needs_of(cell.model, cell.benchmark, cell.benchmark.test_questions)
    layers = needs_of(cell.model, cell.benchmark, cell.benchmark.validation_questions, edits=cell.model.layers)
    tokens = f"{cell.benchmark.prompt_tokens} in a prompt of {cell.benchmark.title}"
    if cell.benchmark.new_tokens:
        tokens += f" and {cell.benchmark.new_tokens} generated"
    st.markdown(
        f":small[**Needs** {whole.memory_text}; about **{duration_text(whole.seconds(rate))}** for all "
        f"{whole.questions:,} test questions before and after the edit, {duration_text(layers.seconds(rate))} to try "
        f"all {cell.model.layers} layers on validation questions (at {rate.flops / 1e9:,.0f} GFLOP/s in {rate.dtype}, "
        f"measured on {inert(rate.machine)})]",
        help=_ASSUMPTIONS.format(tokens=tokens),
    )


def _links(scene: Scene, choice: Choice) -> None:
    for sample, label, icon in ((0, "Reproduce in Reasoning", "play_arrow"), (_FIRST, f"First {_FIRST}", "timer")):
        st.page_link(
            PAGES["reasoning"].file,
            label=label,
            icon=f":material/{icon}:",
            query_params=reproducing(choice, scene, sample),
            help=(
                f"Opens Reasoning with this model, benchmark, layer and ranks, and {sample or 'all'} test questions. "
                "It does not start the run or download anything"
            ),
        )


def _command(choice: Choice) -> None:
    """The command for this cell: the only way for methods that Reasoning does not offer."""
    command = command_of(choice)
    with st.popover(
        "Command line",
        icon=":material/terminal:",
        type="tertiary",
        help="The command that measures this cell without a browser",
    ):
        st.markdown(
            "Run it in the folder of this app, with its Python (`.venv/bin/python`). It asks all test questions before "
            "and after the edit. The model is downloaded first."
        )
        st.code(command.line, language="sh", wrap_lines=True)
        st.caption("  \n".join(command.notes))
