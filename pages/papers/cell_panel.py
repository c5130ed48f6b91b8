"""The chosen cell: what is published, measured and derived, what reproducing it needs, and the button that does."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.frame.navigation import PAGES
from pages.papers.cell_choice import Choice, measured_of, score_of, variant_title
from pages.papers.reproduce import command_of, reproducing
from pages.papers.time_estimate import offer_to_measure, rate_in_force
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.measurement import Measurement
from tensorllm_core.experiments.needs import duration_text, needs_of
from tensorllm_core.experiments.published_tables import ABLATED_MODEL, PUBLISHED_BENCHMARKS, PUBLISHED_MODELS, VARIANTS

__all__ = ["panel"]

_FIRST = 500
_NEAR = 0.8
"""Share of the weights kept from which a compression hardly is one."""
_ASSUMPTIONS = """
- **Memory**: the weights in that type and a tenth more to work with.
- **Hours**: 2 x parameters x tokens for every question and pass, at the rate of a measured example. A pass asks the
  model as it is, another one the edited model.
- **Tokens** of a question are round figures: {tokens}.
- Left out: the download, the decomposition (seconds to minutes a layer), and what is saved by running only the layers
  from the edited one up. On a GPU, generated answers take longer than this says.
- Right to a factor of two or three.
"""


def panel(scene: Scene, choice: Choice) -> None:
    """All of it, in a box."""
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
                key=state.seed(f"papers variant {choice.table}", choice.variant),
                on_change=state.take,
                args=(f"papers variant {choice.table}", "variant"),
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
    luck = "" if gain.beyond_luck else " maybe luck;"
    by = f" by {variant_title(choice.table, choice.variant)}" if choice.table in VARIANTS else ""
    st.markdown(
        f":small[:blue-badge[published] **{cell.original.text} → {score.text} %**"
        f"{by}, {points:+.2f} points [{low:+.1f}, {high:+.1f}];{luck} "
        f"loss {cell.original.loss:.2f} → {score.loss:.2f}]",
        help=(
            f"The interval is ours: unpaired, 95 %, n = {cell.benchmark.test_questions:,}, {gain.in_sigmas:.1f} sigma; "
            "not corrected for the search over layers and ranks"
        ),
    )


def _measured(choice: Choice) -> None:
    found = measured_of(choice.cell, choice.table, choice.variant)
    if found is None:
        st.markdown(":small[:green-badge[measured here] not yet]")
        return
    where = ", ".join(filter(None, (f"Revision {found.revision}", found.setting, found.date)))
    st.markdown(f":small[:green-badge[measured here] {_in_words(found)}]", help=where)


def _in_words(found: Measurement) -> str:
    low, high = 100 * found.low, 100 * found.high
    layers = f"layer {found.layers[0]}" if len(found.layers) == 1 else f"{len(found.layers)} layers"
    ranks = f" at {found.ranks}" if found.ranks else ""
    return (
        f"**{100 * found.accuracy_before:.1f} → {100 * found.accuracy_after:.1f} %**, {100 * found.delta:+.1f} points "
        f"[{low:+.1f}, {high:+.1f}], p = {found.p:.2g}; loss {found.loss_before:.2f} → {found.loss_after:.2f}; "
        f"{layers}{ranks}, {found.n:,} questions"
    )


def _derived(choice: Choice) -> None:
    """The chosen triple, and what the ratio saves of the layer and of the model."""
    cell, model = choice.cell, choice.cell.model
    kept = 1 / cell.compression_ratio
    saved = (1 - kept) * model.attention_share
    others = len(cell.derived_ranks) - 1
    st.markdown(
        f":small[:orange-badge[derived] ranks **{choice.ranks}**{', one of two,' if others else ''} at "
        f"{cell.compression_ratio:.2f}x: {100 * kept:.2g} % of the layer stays"
        f"{', near break-even' if kept > _NEAR else ''}, {100 * (1 - saved):.1f} % of the model]",
        help=(
            "Tied as in the authors' program, they give the published ratio to two decimals. Break-even is 1x: from "
            "there on core and factors take as many numbers as the layer's attention."
        ),
    )


def _ranks_and_layer(scene: Scene, choice: Choice) -> None:
    cell, model = choice.cell, choice.cell.model
    if len(cell.derived_ranks) > 1:
        key = f"papers triple {scene.papers.cell}"
        st.selectbox(
            "Ranks",
            range(1, len(cell.derived_ranks) + 1),
            key=state.seed(key, scene.papers.triple),
            format_func=lambda number: f"{cell.derived_ranks[number - 1]}",
            on_change=state.take,
            args=(key, "triple"),
            label_visibility="collapsed",
            width=130,
        )
    key = f"papers layer {model.name}"
    st.selectbox(
        "Layer",
        range(model.layers),
        key=state.seed(key, choice.layer),
        format_func=lambda layer: f"layer {layer}",
        on_change=state.take,
        args=(key, "cell_layer"),
        label_visibility="collapsed",
        width=105,
        help=(
            f"Of 0 to {model.layers - 1}. The papers do not say which: their program tries all of them on the "
            "validation questions. The first of the last quarter is a place to begin, not their choice."
        ),
    )


def _setting(choice: Choice) -> str:
    if choice.table == "LASER" or (choice.table, choice.variant) == ("III", "1"):
        laser = choice.cell.laser
        share = laser.stored_share(choice.cell.model)
        even = ": no compression" if share > 1 else ""
        return (
            f":blue-badge[published] **{laser.matrix}** of layer **{laser.layer}** at ρ = **{laser.rho:g}**: its two "
            f"factors hold {share:.2g} times the matrix's entries{even}"
        )
    return "Layer and ranks are not published, nor a ratio that they could be derived from."


def _needs(scene: Scene, choice: Choice) -> None:
    cell, rate = choice.cell, rate_in_force(scene)
    whole = needs_of(cell.model, cell.benchmark, cell.benchmark.test_questions)
    layers = needs_of(cell.model, cell.benchmark, cell.benchmark.validation_questions, edits=cell.model.layers)
    tokens = f"{cell.benchmark.prompt_tokens} in a prompt of {cell.benchmark.title}"
    if cell.benchmark.new_tokens:
        tokens += f" and {cell.benchmark.new_tokens} generated"
    st.markdown(
        f":small[**Needs** {whole.memory_text}; about **{duration_text(whole.seconds(rate))}** for all "
        f"{whole.questions:,} test questions before and after, {duration_text(layers.seconds(rate))} to try all "
        f"{cell.model.layers} layers on validation: at {rate.flops / 1e9:,.0f} GFLOP/s in {rate.dtype}, measured on "
        f"{rate.machine}]",
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
                f"Fills in model, benchmark, layer and ranks, and {sample or 'all'} test questions; asks and downloads "
                "nothing yet"
            ),
        )


def _command(choice: Choice) -> None:
    """The way without a browser, and the only one to what Reasoning does not edit with."""
    command = command_of(choice)
    with st.popover(
        "Command line",
        icon=":material/terminal:",
        type="tertiary",
        help="The command that measures this cell without a browser, by whatever method",
    ):
        st.markdown(
            "In the folder of this app, with its Python (`.venv/bin/python`): all test questions, before and after. "
            "What the model needs is downloaded first."
        )
        st.code(command.line, language="sh", wrap_lines=True)
        st.caption("  \n".join(command.notes))
