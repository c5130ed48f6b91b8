"""The background work of the Layers screen: started at once if it is quick, else offered with what it needs."""

from __future__ import annotations

import streamlit as st

from pages.session.plans import survey_plan
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.caches import layer_store
from tensorllm_core.experiments.layers import Survey, is_surveyed
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.fit import bytes_text
from tensorllm_core.models.storage import LocalFolder
from tensorllm_core.runs.plan import SurveyPlan
from tensorllm_core.runs.survey import run_survey

__all__ = ["survey_job"]

_QUICK_WEIGHTS = 2**26
"""Up to so many attention weights, a model on this disk is read without asking the visitor."""


def survey_job(scene: Scene, checkpoint: Checkpoint) -> jobs.Job[Survey] | None:
    """The job that surveys the scene's model and layout; None until the visitor asks for it."""
    plan = survey_plan(scene, checkpoint)
    job = jobs.job_of(plan.key)
    if job is None and (_is_quick(checkpoint) or is_surveyed(checkpoint, plan.layout, layer_store())):
        _begin(plan, checkpoint)
        job = jobs.job_of(plan.key)
    if job is None:
        _offer(plan, checkpoint)
    return job


def _begin(plan: SurveyPlan, checkpoint: Checkpoint) -> None:
    store = layer_store()
    jobs.start(
        plan.key,
        "Reading the layers",
        lambda report: run_survey(plan, checkpoint, store, report.progress, report.publish),
        plan.device,
    )


def _is_quick(checkpoint: Checkpoint) -> bool:
    return isinstance(checkpoint.storage, LocalFolder) and checkpoint.attention_parameters <= _QUICK_WEIGHTS


def _offer(plan: SurveyPlan, checkpoint: Checkpoint) -> None:
    layers = checkpoint.sizes.one_of_each(checkpoint.attention_layers)
    names = {name for layer in layers for name in checkpoint.weight_names.attention(layer).values()}
    size = bytes_text(sum(checkpoint.tensors[name].size for name in names))
    count = checkpoint.sizes.entries
    st.info(
        f"**{len(layers)} layers** of {count:,} attention weights each: {size} to read. Every layer is decomposed at "
        "all ranks. The figures grow layer by layer. You can stop at any time: finished layers are kept on disk.",
        icon=":material/layers:",
    )
    st.button(
        "Read all layers",
        type="primary",
        icon=":material/play_arrow:",
        key="survey",
        on_click=_begin,
        args=(plan, checkpoint),
    )
