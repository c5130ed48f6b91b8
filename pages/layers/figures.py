"""The four pictures of the Layers screen: spectra, error, stable rank and energy by part, over all layers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.controls.widgets import Explanation, show, take_click
from pages.frame.frame import canvas
from pages.session import state
from pages.session.scene import Scene
from tensorllm_core.experiments.layers import NULL_DRAWS, Survey
from tensorllm_core.figures.layer_errors import layer_errors
from tensorllm_core.figures.layer_spectra import layer_spectra
from tensorllm_core.figures.part_shares import part_shares
from tensorllm_core.figures.stable_ranks import stable_ranks

__all__ = ["errors_picture", "shares_picture", "spectra_picture", "stable_ranks_picture"]

_HEIGHT = 205
_CHANCE = (
    f"Noise is {NULL_DRAWS} seeded draws of independent Gaussian weights of the same shape and norm; the band is "
    "their spread."
)


def spectra_picture(scene: Scene, found: Survey) -> None:
    """Singular values of one mode over all layers, relative to chance."""
    mode = scene.layers.mode - 1
    spectra = {layer: summary.spectra[mode] for layer, summary in found.layers.items()}
    chance = np.mean([summary.spectra[mode] for summary in found.null], axis=0) if found.null else None
    said = min(spectra, key=lambda layer: abs(layer - scene.layer))
    takeaway = f"Mode {scene.layers.mode}: the spectra of {len(spectra)} layers"
    if chance is not None:
        largest = max(float(summary.spectra[mode][0]) for summary in found.null)
        above = int((spectra[said] > largest).sum())
        takeaway = f"Layer {said}: {above} of {len(chance)} directions above all noise"
    show(
        layer_spectra(spectra, chance, found.count, scene.layers.mode, canvas(_HEIGHT), chosen=scene.layer),
        key="layer spectra",
        takeaway=takeaway,
        explanation=Explanation(
            "Singular values of one mode's unfolding in every layer, over the layer's norm, and how many times those "
            "of noise they are. Norms are equal, so what stands above noise at the top is missing below. Directions "
            "that exceed the largest of noise are more than chance; below it the two may mix. Spectra of "
            f"more than 256 singular values are drawn at 256 of them, denser among the first. {_CHANCE}",
            r"\log_2 \frac{\sigma_i(W_{(n)}) / \|W\|}{\sigma_i(Z_{(n)}) / \|Z\|},\qquad Z_{ijkl} \sim \mathcal N(0, 1)",
        ),
        table=lambda: _spectra_table(found, scene.layers.mode),
        beside=lambda: _choose_mode(scene),
    )


def errors_picture(scene: Scene, found: Survey) -> None:
    """Least error of every layer at the chosen ratio."""
    ratio = scene.layers.fixed_ratio
    errors = {layer: summary.error_at(ratio) for layer, summary in found.layers.items()}
    chance = np.array([summary.error_at(ratio) for summary in found.null])
    picked = show(
        layer_errors(
            errors,
            chance,
            found.count,
            canvas(_HEIGHT),
            chosen=scene.layer,
            notes={layer: f"ranks {summary.ranks_at(ratio)}" for layer, summary in found.layers.items()},
        ),
        key="layer errors",
        takeaway=f"Error at {ratio:g}x, each layer at its best ranks: {_between(list(errors.values()), '.2f')}",
        explanation=Explanation(
            "Relative error of the truncated HOSVD at this compression ratio, at the ranks that lose least, found for "
            f"each layer on its own. Click a point to choose its layer. {_CHANCE}",
            r"\min_{R_1, R_2, R_3}\ \|W - \hat W\| / \|W\|\quad \text{where}\quad \frac{\text{stored}(W)}"
            r"{\text{stored}(G, U_1, U_2, U_3)} \ge \rho",
        ),
        table=lambda: _errors_table(found, ratio),
        selectable=True,
    )
    take_click("layer errors", picked, "layer")


def stable_ranks_picture(scene: Scene, found: Survey) -> None:
    """Stable ranks of the three modes."""
    ranks = {layer: summary.stable_ranks for layer, summary in found.layers.items()}
    chance = np.array([summary.stable_ranks for summary in found.null]).reshape(-1, 3)
    spans = "; ".join(f"mode {n + 1} {_between([rank[n] for rank in ranks.values()], '.3g')}" for n in range(3))
    picked = show(
        stable_ranks(ranks, chance, found.count, canvas(_HEIGHT), chosen=scene.layer),
        key="stable ranks",
        takeaway=f"Stable rank: {spans}",
        explanation=Explanation(
            "How many directions as strong as the first one would hold the energy: near 1 where one direction "
            "dominates, near the noise's where none does. It needs no threshold, and small singular values do not "
            f"move it. {_CHANCE}",
            r"\text{sr}(W_{(n)}) = \|W\|_F^2 / \sigma_1(W_{(n)})^2",
        ),
        table=lambda: pd.DataFrame(
            [(f"{layer}", *rank) for layer, rank in sorted(ranks.items())]
            + [(f"noise {draw}", *rank) for draw, rank in enumerate(chance.tolist())],
            columns=["layer", "mode 1", "mode 2", "mode 3"],
        ),
        selectable=True,
    )
    take_click("stable ranks", picked, "layer")


def shares_picture(scene: Scene, found: Survey) -> None:
    """Energy of Q, K, V and O."""
    shares = {layer: summary.energy_by_projection() for layer, summary in found.layers.items()}
    null = [summary.energy_by_projection() for summary in found.null]
    chance = {part: float(np.mean([draw[part] for draw in null])) for part in "QKVO"} if null else {}
    layer, part = max(((layer, part) for layer in shares for part in "QKVO"), key=lambda at: shares[at[0]][at[1]])
    noise = f"; by chance {chance[part]:.0%}" if chance else ""
    picked = show(
        part_shares(shares, chance, found.count, canvas(_HEIGHT), chosen=scene.layer),
        key="part shares",
        takeaway=f"Largest share of a layer's energy: {part} in layer {layer}, {shares[layer][part]:.0%}{noise}",
        explanation=Explanation(
            "Squared norm of each projection over that of the layer's tensor, all heads together. By chance every "
            f"slice of the tensor holds the same. Click a bar to choose its layer. {_CHANCE}",
            r"\|W_{:,:,p,:}\|^2 / \|W\|^2",
        ),
        table=lambda: pd.DataFrame(
            [{"layer": f"{layer}", **share} for layer, share in sorted(shares.items())]
            + [{"layer": f"noise {draw}", **share} for draw, share in enumerate(null)]
        ),
        selectable=True,
    )
    take_click("part shares", picked, "layer")


def _choose_mode(scene: Scene) -> None:
    st.segmented_control(
        "Mode",
        [1, 2, 3],
        key=state.seed("mode widget", scene.layers.mode),
        format_func=lambda mode: f"mode {mode}",
        on_change=state.take,
        args=("mode widget", "mode"),
        required=True,
        label_visibility="collapsed",
        help="Mode 1 is the model's width, mode 2 the head's, mode 3 the parts Q, K, V, O",
    )


def _between(values: list[float], form: str) -> str:
    low, high = format(min(values), form), format(max(values), form)
    return low if low == high else f"{low} to {high}"


def _spectra_table(found: Survey, mode: int) -> pd.DataFrame:
    spectra = {f"layer {layer}": summary.spectra[mode - 1] for layer, summary in sorted(found.layers.items())}
    spectra |= {f"noise {draw}": summary.spectra[mode - 1] for draw, summary in enumerate(found.null)}
    table = pd.DataFrame(spectra)
    table.insert(0, f"singular value of mode {mode}", np.arange(1, len(table) + 1))
    return table


def _errors_table(found: Survey, ratio: float) -> pd.DataFrame:
    named = [(f"{layer}", summary) for layer, summary in sorted(found.layers.items())]
    named += [(f"noise {draw}", summary) for draw, summary in enumerate(found.null)]
    rows = []
    for name, summary in named:
        r1, r2, r3 = summary.ranks_at(ratio) or (0, 0, 0)
        rows.append(
            {"layer": name, "ratio": ratio, "relative error": summary.error_at(ratio), "R1": r1, "R2": r2, "R3": r3}
        )
    return pd.DataFrame(rows)
