"""The top of the screen: the ratio at which layers are compared, one sentence, and links to other screens."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.controls.notable import notable
from pages.controls.page_links import page_links
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.gone import gone_sentences
from tensorllm_core.experiments.layers import Survey
from tensorllm_core.exports.survey_blob import reachable_ratios

__all__ = ["headline", "layer_links", "reachable_ratio", "sentence"]


def reachable_ratio(ratio: float, survey: Survey) -> float:
    """The nearest ratio of the grid that ranks of this shape reach."""
    return min(reachable_ratios(survey), key=lambda candidate: abs(math.log(candidate / ratio)))


def headline(scene: Scene, survey: Survey) -> None:
    """The slider, the sentence and the links."""
    ratios, ratio = reachable_ratios(survey), scene.layers.fixed_ratio
    slider, words, links = st.columns([5, 12, 9], gap="medium", vertical_alignment="center")
    with slider:
        st.markdown(
            f"Compression ratio **{ratio:g}x**",
            help="Attention weights of a layer / entries of its core and factors, each layer at its own best ranks",
        )
        st.select_slider(
            "Compression ratio",
            ratios,
            **state.bound("fixed_ratio", ratio, f"fixed ratio widget {len(ratios)}"),
            format_func=lambda value: f"{value:g}x",
            label_visibility="collapsed",
        )
    errors = {layer: summary.error_at(ratio) for layer, summary in survey.layers.items()}
    chance = [summary.error_at(ratio) for summary in survey.null]
    with words:
        st.markdown(sentence(ratio, errors, float(np.mean(chance)) if chance else None))
    with links:
        layer_links(scene)
    # One sentence over the whole width: the four figures below are to fit on the screen.
    notable(gone_sentences({layer: summary.gone_at(ratio) for layer, summary in survey.layers.items()}, most=1))


def layer_links(scene: Scene) -> None:
    """Links to the screens of the chosen layer."""
    page_links(
        scene,
        ("decompose", f"Decompose layer {scene.layer}", "view_in_ar"),
        ("heads", f"Heads of layer {scene.layer}", "grid_view"),
    )


def sentence(ratio: float, errors: Mapping[int, float], chance: float | None) -> str:
    """One sentence on the relative errors at one ratio.

    >>> sentence(10.0, {0: 0.8, 1: 0.5}, 0.92)
    'Error at 10x: from **0.50** (layer 1) to **0.80** (layer 0); Gaussian weights have **0.92**.'
    """
    noise = "" if chance is None else f"; Gaussian weights have **{chance:.2f}**"
    least, most = min(errors, key=errors.__getitem__), max(errors, key=errors.__getitem__)
    low, high = f"**{errors[least]:.2f}**", f"**{errors[most]:.2f}**"
    if low == high:
        return f"Error at {ratio:g}x: {low} in {'every layer' if len(errors) > 1 else f'layer {least}'}{noise}."
    return f"Error at {ratio:g}x: from {low} (layer {least}) to {high} (layer {most}){noise}."
