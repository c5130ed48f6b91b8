"""The live figure of the Layers screen: what it is told, and what a hand changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.frame.frame import guarded
from pages.instrument.live import Fields, read_fields, send, show_scene
from pages.layers.headline import reachable_ratio
from pages.session import state
from pages.session.plans import survey_plan
from pages.session.scene import Scene
from tensorllm_core.experiments.layers import Survey
from tensorllm_core.exports.survey_blob import survey_blob
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["data_key", "live_errors", "send_survey"]


def data_key(scene: Scene, checkpoint: Checkpoint, survey: Survey) -> str:
    """The name of the errors of all layers that are read so far."""
    done = len(survey.layers), len(survey.null)
    return f"{survey_plan(scene, checkpoint).key} {done}"


def send_survey(key: str, survey: Survey) -> None:
    """Bring the errors of all layers to the browser, unless they are there."""
    send("layers", key, lambda: survey_blob(survey, key))


@st.fragment
@guarded
def live_errors(key: str, survey: Survey) -> None:
    """Errors of all layers at the ratio of the scene. Another ratio runs this alone, another layer the whole page."""
    scene = state.current_scene()
    message = {"ratio": reachable_ratio(scene.layers.fixed_ratio, survey), "layer": scene.layer}
    show_scene("layers", key, message, _fields, everywhere=frozenset({"layer"}))


def _fields(released: Mapping[str, Any]) -> Fields:
    return read_fields({name: released.get(name) for name in ("fixed_ratio", "layer")})
