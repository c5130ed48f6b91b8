"""The Python face of the instrument: what it is sent, and what a visitor's hand changes in the scene.

Two components share the work. One brings the bytes of a layer and stands outside the fragment that follows the hand,
so that they are sent once for each layer. The other shows a scene: some small JSON, sent whenever the scene changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.frame.frame import appearance, type_scale
from pages.instrument.bundle import store_script, style, view_script
from pages.session import state
from pages.session.links import parse_fields
from pages.work.caches import cached_blob
from pages.work.layer_job import ShownLayer
from tensorllm_core.experiments.gone import GONE, gone_sentence
from tensorllm_core.figures.theme import Look, look
from tensorllm_core.runs.layer_analysis import LayerAnalysis, RankResult, errors_of_slices, gone_at
from tensorllm_core.runs.ranks import suggestion_text

__all__ = ["instrument", "look_of", "scene_of_release", "send_layer"]

_KEY = "instrument"
_RELEASED = "released"
_ECHO = "echo of the instrument"

_store = st.components.v2.component("instrument_store", html="<i hidden></i>", js=store_script())
_view = st.components.v2.component(
    "instrument",
    html=(
        "<div class='root'><p class='waiting'>The live figures are on their way. If they do not come, the browser "
        "blocks the app's scripts: choose <b>Plain figures</b> under the device button.</p></div>"
    ),
    css=style(),
    js=view_script(),
)


def send_layer(analysis: LayerAnalysis) -> None:
    """Bring the layer to the browser, unless it is there. Call it outside of the fragment that follows the hand."""
    _store(key=f"{_KEY} store", data=cached_blob(analysis), width="content", height="content")


def instrument(layer: ShownLayer, result: RankResult) -> None:
    """Draw the scene; what a visitor releases changes it, and the fragment runs again.

    Notices stand outside of the fragment: where others hold now, the whole page runs.
    """
    released = state.kept(_RELEASED)
    state.keep(_RELEASED, False)
    if released and state.has_other_notices():
        st.rerun()
    _view(key=_KEY, data=_message(layer, result), on_released_change=_take)


def _take() -> None:
    """Callback: put what the visitor released into the scene. It comes from the browser, so it is untrusted."""
    released = getattr(state.widget_value(_KEY), _RELEASED, None)
    if isinstance(released, Mapping):
        values, echo = scene_of_release(released)
        state.change(**values)
        state.keep(_ECHO, echo)
        state.keep(_RELEASED, True)


def scene_of_release(released: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """The fields of the scene in a release, and its number; what cannot be read is left out.

    >>> scene_of_release({"ranks": [16, 8, 4], "group": 3, "echo": 2, "view": "Q"})
    ({'r1': 16, 'r2': 8, 'r3': 4, 'group': 3, 'view': 'Q'}, 2)
    >>> scene_of_release({"ranks": ["<b>", -1, None], "error": "high", "echo": "x"})
    ({}, 0)
    """
    texts = {
        "by": released.get("by"),
        "error": released.get("error"),
        "ratio": released.get("ratio"),
        "group": released.get("group"),
        "view": released.get("view"),
        **{name: _flag(released.get(name)) for name in ("tied", "refine")},
        "absolute": _flag(released.get("isAbsolute")),
        "pins": _pins(released.get("pins")),
    }
    ranks = released.get("ranks")
    if isinstance(ranks, list) and len(ranks) == 3:
        texts |= dict(zip(("r1", "r2", "r3"), ranks, strict=True))
    parameters = {name: f"{value}" for name, value in texts.items() if isinstance(value, str | int | float)}
    values, _ = parse_fields(parameters)
    if "ranks" in released and ranks is None:
        values |= {"r1": None, "r2": None, "r3": None}
    elif not {"r1", "r2", "r3"} <= values.keys():
        values = {name: value for name, value in values.items() if name not in ("r1", "r2", "r3")}
    echo = released.get("echo")
    return values, echo if isinstance(echo, int) else 0


def _flag(value: object) -> str | None:
    return f"{int(value)}" if isinstance(value, bool) else None


def _pins(value: object) -> str | None:
    if not isinstance(value, list):
        return None
    return ",".join("-".join(f"{rank}" for rank in pin) for pin in value if isinstance(pin, list))


def _message(layer: ShownLayer, result: RankResult) -> dict[str, Any]:
    scene, analysis = layer.scene, layer.analysis
    return {
        "layer": analysis.key,
        "echo": state.kept(_ECHO) or 0,
        **_chosen(layer),
        "view": scene.decompose.view,
        "group": min(scene.group, analysis.shape.group - 1),
        "pins": [list(pin) for pin in scene.decompose.pins],
        "isAbsolute": scene.decompose.absolute,
        "exact": _exact(analysis, result),
        "gone": GONE,
        "suggestedBy": suggestion_text(analysis.plan.reference),
        "look": look_of(look(appearance())),
        "scale": type_scale(),
        "isPresented": scene.present,
    }


def _chosen(layer: ShownLayer) -> dict[str, Any]:
    part = layer.scene.ranks
    return {
        "by": part.by.value,
        "chosen": list(layer.decision.request),
        "isSuggested": part.chosen is None,
        "error": part.error,
        "ratio": part.ratio,
        "tied": part.tied,
        "refine": part.refine,
    }


def _exact(analysis: LayerAnalysis, result: RankResult) -> dict[str, Any]:
    """What the server knows at the ranks in use: also where the browser has a grid, or the factors are refined."""
    return {
        "ranks": list(result.ranks),
        "error": result.relative_error,
        "lower": result.lower,
        "upper": result.upper,
        "isRefined": result.refinement is not None,
        "parts": errors_of_slices(analysis, result).by_part().tolist(),
        "gone": gone_sentence(gone_at(analysis, result)),
    }


def look_of(colours: Look) -> dict[str, Any]:
    """The colours that the instrument draws with, as JSON."""
    return {
        "ink": colours.ink,
        "muted": colours.muted,
        "grid": colours.grid,
        "ground": colours.ground,
        "warning": colours.warning,
        "modes": list(colours.modes),
        "parts": colours.parts,
        "errorScale": [list(step) for step in colours.error_scale],
        "signedScale": [list(step) for step in colours.signed_scale],
    }
