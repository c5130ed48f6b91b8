"""The background work of the Layers screen: begun at once where it is quick, else offered with what it takes."""

from __future__ import annotations

import streamlit as st

from pages.session.scene import Scene
from pages.work import jobs
from pages.work.caches import layer_store
from pages.work.queue import Report
from tensorllm_core.experiments.layers import Survey, is_surveyed, survey
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.models.fit import bytes_text
from tensorllm_core.models.storage import LocalFolder

__all__ = ["surveyed"]

_QUICK_WEIGHTS = 2**26
"""Attention weights of a model on this disk up to which nobody is asked before all of its layers are read."""


def surveyed(scene: Scene, checkpoint: Checkpoint) -> jobs.Job[Survey] | None:
    """The survey of the scene's model and layout; None while it waits to be asked for."""
    job = jobs.job_of(_key(scene, checkpoint))
    if job is None and (_is_quick(checkpoint) or is_surveyed(checkpoint, scene.layout, layer_store())):
        _begin(scene, checkpoint)
        job = jobs.job_of(_key(scene, checkpoint))
    if job is None:
        _offer(scene, checkpoint)
    return job


def _begin(scene: Scene, checkpoint: Checkpoint) -> None:
    jobs.start(
        _key(scene, checkpoint), "Reading the layers", lambda report: _survey(scene, checkpoint, report), scene.device
    )


def _key(scene: Scene, checkpoint: Checkpoint) -> str:
    device = resolve_device(scene.device)
    return f"layers {checkpoint.reference} {checkpoint.revision} {scene.layout} {device}"


def _survey(scene: Scene, checkpoint: Checkpoint, report: Report[Survey]) -> Survey:
    device = resolve_device(scene.device)
    return survey(checkpoint, scene.layout, layer_store(), device, report.progress, report.publish)


def _is_quick(checkpoint: Checkpoint) -> bool:
    return isinstance(checkpoint.storage, LocalFolder) and checkpoint.attention_parameters <= _QUICK_WEIGHTS


def _offer(scene: Scene, checkpoint: Checkpoint) -> None:
    layers = checkpoint.sizes.one_of_each(range(checkpoint.layers))
    names = {name for layer in layers for name in checkpoint.weight_names.attention(layer).values()}
    size = bytes_text(sum(checkpoint.tensors[name].size for name in names))
    count = checkpoint.sizes.entries
    st.info(
        f"**{len(layers)} layers** of {count:,} attention weights each: {size} to read, and every layer is decomposed "
        "at all ranks. Figures come in layer by layer, you may stop at any time, and what is done stays on disk.",
        icon=":material/layers:",
    )
    st.button(
        "Read all layers",
        type="primary",
        icon=":material/play_arrow:",
        key="survey",
        on_click=_begin,
        args=(scene, checkpoint),
    )
