"""The three numbers that matter and the sentence that says them."""

from __future__ import annotations

import streamlit as st

from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult
from tensorllm_core.types import Ranks

__all__ = ["headline", "sentence"]


def headline(analysis: LayerAnalysis, result: RankResult) -> None:
    """Ratio, relative error with its certificate, parameters; then one plain sentence."""
    best = min(result.upper, result.relative_error)
    ratio, error, parameters = st.columns([3, 4, 5], gap="small", wrap=False)
    ratio.metric(
        "Compression ratio",
        f"{result.compression_ratio:.1f}x" if result.compression_ratio < 100 else f"{result.compression_ratio:,.0f}x",
        help="Stored attention weights of the layer / stored core and factor entries. Below 1 nothing is saved.",
    )
    error.metric(
        f"Relative error; best possible {_error(result.lower, 3)} to {_error(best, 3)}",
        _error(result.relative_error, 4),
        help=(
            "norm(W - W_hat) / norm(W). The certificate: no Tucker decomposition of these ranks can be below "
            f"{_error(result.lower, 3)}, and this one is at {_error(result.relative_error, 4)}; what lies between is "
            f"all that refinement could still win. Truncation never exceeds {_error(result.upper, 3)}."
        ),
    )
    parameters.metric(
        "Stored entries after, of before",
        f"{result.stored_entries:,} of {analysis.shape.entries:,}",
        help="Entries of the core and the three factor matrices, against the layer's attention weights",
    )
    words = sentence(analysis.shape.entries, result.stored_entries, result.energy_kept, result.ranks)
    st.markdown(f"{words} The noise floor suggests **{analysis.noise.ranks}**.")


def sentence(entries: int, stored: int, energy_kept: float, ranks: Ranks) -> str:
    """What the ranks do, in words.

    >>> sentence(65536, 2304, 0.62, Ranks(16, 1, 2))
    'Ranks **(16, 1, 2)** keep **4 %** of the parameters and **62 %** of the energy.'
    >>> sentence(100, 250, 1.0, Ranks(4, 4, 4))
    'Ranks **(4, 4, 4)** store **2.5 times** the parameters, and keep **100 %** of the energy: nothing is saved.'
    """
    share = stored / entries
    energy = _percent(energy_kept)
    if share >= 1:
        return (
            f"Ranks **{ranks}** store **{share:.1f} times** the parameters, and keep **{energy}** of the energy: "
            "nothing is saved."
        )
    return f"Ranks **{ranks}** keep **{_percent(share)}** of the parameters and **{energy}** of the energy."


def _error(error: float, digits: int) -> str:
    """Fixed digits, or powers of ten where those would all be zero."""
    return f"{error:.{digits}f}" if error >= 10**-digits or error == 0 else f"{error:.0e}"


def _percent(share: float) -> str:
    text = f"{share:.1%}" if share < 0.01 else f"{share:.0%}"
    return text.replace("%", " %")
