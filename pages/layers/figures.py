"""The four figures of the Layers screen: spectra, error, stable rank and energy by part, over all layers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.layer_summary import LayerSummary
from tensorllm_core.experiments.layers import NULL_DRAWS, Survey
from tensorllm_core.figures.layer_errors import layer_errors
from tensorllm_core.figures.layer_spectra import layer_spectra
from tensorllm_core.figures.part_shares import part_shares
from tensorllm_core.figures.stable_ranks import stable_ranks

__all__ = ["errors_picture", "shares_picture", "spectra_picture", "stable_ranks_picture"]

_HEIGHT, _TALL = 205, 243
_NOISE = f"Noise: {NULL_DRAWS} draws of random Gaussian weights of the same shape and norm, the same draws every time."
_BAND = "The band around its mean spans these draws."


def spectra_picture(scene: Scene, survey: Survey) -> None:
    """Singular values of one mode in all layers, relative to those of noise."""
    mode = scene.layers.mode - 1
    spectra = {layer: summary.spectra[mode] for layer, summary in survey.layers.items()}
    chance = np.mean([summary.spectra[mode] for summary in survey.null], axis=0) if survey.null else None
    takeaway = f"Singular values of mode {scene.layers.mode} in {len(spectra)} layers"
    if chance is not None:
        largest = max(float(summary.spectra[mode][0]) for summary in survey.null)
        nearest = min(spectra, key=lambda layer: abs(layer - scene.layer))
        above = int((spectra[nearest] > largest).sum())
        takeaway = f"Layer {nearest}: {above} of {len(chance)} directions are stronger than any of random weights"
    # Beside the live errors there is room for the slider and the sentence that else stand above.
    height = _HEIGHT if scene.plain else _TALL
    show(
        layer_spectra(spectra, chance, survey.count, scene.layers.mode, canvas(height), chosen=scene.layer),
        key="layer spectra",
        takeaway=takeaway,
        explanation=Explanation(
            "The colour shows each singular value of one mode's unfolding, divided by the same one of noise. All "
            "norms are equal: where the first singular values are larger than in noise, later ones must be smaller. A "
            "direction above the largest singular value of noise is more than chance; below it, structure and noise "
            "can mix. Of more than 256 singular values, 256 are drawn, most of them among the first. "
            f"{_NOISE}",
            r"\log_2 \frac{\sigma_i(W_{(n)}) / \|W\|}{\sigma_i(Z_{(n)}) / \|Z\|},\qquad Z_{ijkl} \sim \mathcal N(0, 1)",
        ),
        table=lambda: _spectra_table(survey, scene.layers.mode),
        beside=lambda: _choose_mode(scene),
    )


def errors_picture(scene: Scene, survey: Survey) -> None:
    """Smallest error of every layer at the chosen ratio."""
    ratio = scene.layers.fixed_ratio
    errors = {layer: summary.error_at(ratio) for layer, summary in survey.layers.items()}
    chance = np.array([summary.error_at(ratio) for summary in survey.null])
    show(
        layer_errors(
            errors,
            chance,
            survey.count,
            canvas(_HEIGHT),
            chosen=scene.layer,
            notes={layer: f"ranks {summary.ranks_at(ratio)}" for layer, summary in survey.layers.items()},
        ),
        key="layer errors",
        takeaway=f"Relative error at {ratio:g}x, each layer at its best ranks: {_range(list(errors.values()), '.2f')}",
        explanation=Explanation(
            "The relative error of the truncated HOSVD at this compression ratio. Each layer has its own ranks: those "
            f"with the smallest error. Click a point to choose its layer. {_NOISE} {_BAND}",
            r"\min_{R_1, R_2, R_3}\ \|W - \hat W\| / \|W\|\quad \text{where}\quad \frac{\text{stored}(W)}"
            r"{\text{stored}(G, U_1, U_2, U_3)} \ge \rho",
        ),
        table=lambda: _errors_table(survey, ratio),
        chooses="layer",
    )


def stable_ranks_picture(scene: Scene, survey: Survey) -> None:
    """Stable ranks of the three modes in all layers."""
    ranks = {layer: summary.stable_ranks for layer, summary in survey.layers.items()}
    chance = np.array([summary.stable_ranks for summary in survey.null]).reshape(-1, 3)
    ranges = ", ".join(_range([rank[n] for rank in ranks.values()], ".3g") for n in range(3))
    show(
        stable_ranks(ranks, chance, survey.count, canvas(_HEIGHT), chosen=scene.layer),
        key="stable ranks",
        takeaway=f"Stable rank of modes 1, 2, 3: {ranges}",
        explanation=Explanation(
            "The stable rank says how many directions, all as strong as the first one, would hold the same energy. It "
            "is near 1 if one direction dominates, and near that of noise if none does. It needs no threshold, and "
            f"small singular values hardly change it. {_NOISE} {_BAND}",
            r"\text{sr}(W_{(n)}) = \|W\|_F^2 / \sigma_1(W_{(n)})^2",
        ),
        table=lambda: pd.DataFrame(
            [(name, *summary.stable_ranks) for name, summary in _layers_and_noise(survey)],
            columns=["layer", "mode 1", "mode 2", "mode 3"],
        ),
        chooses="layer",
    )


def shares_picture(scene: Scene, survey: Survey) -> None:
    """Shares of Q, K, V and O in the energy of all layers."""
    shares = {layer: summary.energy_by_projection() for layer, summary in survey.layers.items()}
    null = [summary.energy_by_projection() for summary in survey.null]
    chance = {part: float(np.mean([draw[part] for draw in null])) for part in "QKVO"} if null else {}
    layer, part = max(((layer, part) for layer in shares for part in "QKVO"), key=lambda at: shares[at[0]][at[1]])
    noise = f"; in noise {chance[part]:.0%}" if chance else ""
    show(
        part_shares(shares, chance, survey.count, canvas(_HEIGHT), chosen=scene.layer),
        key="part shares",
        takeaway=f"Largest share of a layer's energy: {part} in layer {layer}, {shares[layer][part]:.0%}{noise}",
        explanation=Explanation(
            "The share of each projection, all heads together, in the energy (squared norm) of the layer. In noise "
            f"every slice of the tensor has the same energy. Click a bar to choose its layer. {_NOISE}",
            r"\|W_{:,:,p,:}\|^2 / \|W\|^2",
        ),
        table=lambda: pd.DataFrame(
            [{"layer": name, **summary.energy_by_projection()} for name, summary in _layers_and_noise(survey)]
        ),
        chooses="layer",
    )


def _choose_mode(scene: Scene) -> None:
    st.segmented_control(
        "Mode",
        [1, 2, 3],
        **state.bound("mode", scene.layers.mode),
        format_func=lambda mode: f"mode {mode}",
        required=True,
        label_visibility="collapsed",
        help="Mode 1 is the model width d_model, mode 2 the head width d_head, mode 3 the parts Q, K, V, O",
    )


def _layers_and_noise(survey: Survey) -> list[tuple[str, LayerSummary]]:
    """The rows of a table: the layers in their order, then the draws of noise."""
    layers = [(f"{layer}", summary) for layer, summary in sorted(survey.layers.items())]
    return layers + [(f"noise {draw}", summary) for draw, summary in enumerate(survey.null)]


def _range(values: list[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def _spectra_table(survey: Survey, mode: int) -> pd.DataFrame:
    spectra = {f"layer {layer}": summary.spectra[mode - 1] for layer, summary in sorted(survey.layers.items())}
    spectra |= {f"noise {draw}": summary.spectra[mode - 1] for draw, summary in enumerate(survey.null)}
    table = pd.DataFrame(spectra)
    table.insert(0, f"singular value of mode {mode}", np.arange(1, len(table) + 1))
    return table


def _errors_table(survey: Survey, ratio: float) -> pd.DataFrame:
    rows = []
    for name, summary in _layers_and_noise(survey):
        r1, r2, r3 = summary.ranks_at(ratio) or (0, 0, 0)
        rows.append(
            {"layer": name, "ratio": ratio, "relative error": summary.error_at(ratio), "R1": r1, "R2": r2, "R3": r3}
        )
    return pd.DataFrame(rows)
