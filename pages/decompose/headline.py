"""The top of the screen: compression ratio, error and stored entries, and one sentence on them."""

from __future__ import annotations

import streamlit as st

from pages.controls.notable import notable
from pages.controls.suggestion import noise_floor_words, suggestion_words
from pages.controls.texts import error_text, least_text
from pages.frame.stage import is_presenting
from tensorllm_core.experiments.gone import gone_sentence
from tensorllm_core.numbers_text import ratio_text, share_text
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, gone_at
from tensorllm_core.types import Ranks

__all__ = ["headline", "sentence"]


def headline(analysis: LayerAnalysis, result: RankResult) -> None:
    """Compression ratio, relative error with its bounds, and stored entries; then one sentence."""
    best = min(result.upper, result.relative_error)
    with st.container(key="headline-decompose"):
        ratio, error, parameters = st.columns([3, 4, 5], gap="small", vertical_alignment="bottom", wrap=False)
    ratio.metric(
        "Smaller by",
        ratio_text(result.compression_ratio),
        help="Numbers in the layer's attention, divided by those in core and factors. Below 1x nothing is saved.",
    )
    error.metric(
        f"Relative error; {least_text(result.lower, best)}",
        error_text(result.relative_error, 4),
        help=(
            "norm(W - W_hat) / norm(W). No Tucker decomposition with these ranks can have an error below "
            f"{error_text(result.lower, 3)}. This one has {error_text(result.relative_error, 4)}; refinement can only "
            f"close the gap between the two. The truncated HOSVD is never above {error_text(result.upper, 3)}."
        ),
    )
    parameters.metric(
        "Numbers stored",
        f"{result.stored_entries:,} of {analysis.shape.entries:,}",
        help="Numbers in the cores and the three factor matrices, of all in the layer's attention",
    )
    ranks_sentence = sentence(analysis.shape.entries, result.stored_entries, result.energy_kept, result.ranks)
    # Larger type leaves room for one line: on a projector the suggestion stands in the panel alone.
    suggestion = "" if is_presenting() else f" {suggestion_words(analysis)}"
    st.markdown(f"{ranks_sentence}{suggestion}", help=noise_floor_words(analysis))
    notable([gone_sentence(gone_at(analysis, result))])


def sentence(entries: int, stored: int, energy_kept: float, ranks: Ranks) -> str:
    """One sentence on what the ranks keep.

    >>> sentence(65536, 2304, 0.62, Ranks(16, 1, 2))
    'Ranks **(16, 1, 2)** keep **4%** of the entries and **62%** of the energy.'
    >>> sentence(100, 250, 1.0, Ranks(4, 4, 4))
    'Ranks **(4, 4, 4)** store **2.5 times** the entries, and keep **100%** of the energy: nothing is saved.'
    """
    share = stored / entries
    energy = share_text(energy_kept)
    if share >= 1:
        return (
            f"Ranks **{ranks}** store **{share:.1f} times** the entries, and keep **{energy}** of the energy: "
            "nothing is saved."
        )
    return f"Ranks **{ranks}** keep **{share_text(share)}** of the entries and **{energy}** of the energy."
