"""The ratio at which layers are compared, the sentence that says what that shows, and the ways on from a layer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import streamlit as st

from pages.frame.navigation import PAGES
from pages.session import state
from pages.session.links import scene_parameters
from pages.session.scene import Scene
from tensorllm_core.experiments.layer_summary import RATIOS
from tensorllm_core.experiments.layers import Survey

__all__ = ["headline", "reachable_ratio", "sentence"]


def reachable_ratio(ratio: float, survey: Survey) -> float:
    """The nearest of the ratios that layers are compared at and that ranks of this shape reach."""
    return min(_reachable(survey), key=lambda candidate: abs(math.log(candidate / ratio)))


def headline(scene: Scene, found: Survey) -> None:
    """Slider, sentence and links."""
    ratios, ratio = _reachable(found), scene.layers.fixed_ratio
    slider, words, ways = st.columns([5, 12, 9], gap="medium", vertical_alignment="center")
    with slider:
        st.markdown(
            f"Compression ratio **{ratio:g}x**",
            help="Stored attention weights of a layer / entries of its core and factors, at the best ranks of each",
        )
        st.select_slider(
            "Compression ratio",
            ratios,
            key=state.seed(f"fixed ratio widget {len(ratios)}", ratio),
            format_func=lambda value: f"{value:g}x",
            on_change=state.take,
            args=(f"fixed ratio widget {len(ratios)}", "fixed_ratio"),
            label_visibility="collapsed",
        )
    errors = {layer: summary.error_at(ratio) for layer, summary in found.layers.items()}
    chance = [summary.error_at(ratio) for summary in found.null]
    words.markdown(sentence(ratio, errors, float(np.mean(chance)) if chance else None))
    with ways.container(horizontal=True, horizontal_alignment="right", gap="small", key="ways"):
        for page, label, icon in (("decompose", "Decompose", "view_in_ar"), ("heads", "Heads of", "grid_view")):
            st.page_link(
                PAGES[page].file,
                label=f"{label} layer {scene.layer}",
                icon=f":material/{icon}:",
                query_params=scene_parameters(scene),
            )


def sentence(ratio: float, errors: Mapping[int, float], chance: float | None) -> str:
    """What the errors at one ratio say.

    >>> sentence(10.0, {0: 0.8, 1: 0.5}, 0.92)
    'At 10x layer 1 loses least, **0.50**, layer 0 most, **0.80**; Gaussian weights lose **0.92**.'
    """
    noise = "" if chance is None else f"; Gaussian weights lose **{chance:.2f}**"
    least, most = min(errors, key=errors.__getitem__), max(errors, key=errors.__getitem__)
    low, high = f"**{errors[least]:.2f}**", f"**{errors[most]:.2f}**"
    if low == high:
        return f"At {ratio:g}x {'every layer' if len(errors) > 1 else f'layer {least}'} loses {low}{noise}."
    return f"At {ratio:g}x layer {least} loses least, {low}, layer {most} most, {high}{noise}."


def _reachable(found: Survey) -> list[float]:
    """The ratios of the grid that ranks of this shape can reach."""
    errors = next(iter(found.layers.values())).errors
    return [ratio for ratio, error in zip(RATIOS, errors, strict=True) if np.isfinite(error)] or [RATIOS[0]]
