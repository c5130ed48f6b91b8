"""The rate behind the estimated hours: that of a measured example, or of this machine once it is measured."""

from __future__ import annotations

import streamlit as st

from pages.session.scene import Scene
from pages.work import jobs
from pages.work.report import Report
from tensorllm_core.experiments.needs import EXAMPLE, Rate, measure_rate
from tensorllm_core.models.devices import resolve_device

__all__ = ["offer_to_measure", "rate_in_force"]


def rate_in_force(scene: Scene) -> Rate:
    """The rate of this machine if it is known, else that of the example."""
    job = jobs.job_of(_key(scene))
    rate = job.snapshot.result if job else None
    return rate if isinstance(rate, Rate) else EXAMPLE


def offer_to_measure(scene: Scene) -> None:
    """A button that measures this machine; its progress while it runs; nothing once the rate is known."""
    job = jobs.job_of(_key(scene))
    if job is None:
        st.button(
            "Measure this machine",
            icon=":material/speed:",
            type="tertiary",
            key="measure rate",
            on_click=_begin,
            args=(scene,),
            help="Runs a transformer for a few seconds. The hours are then those of this machine",
        )
    elif not isinstance(job.snapshot.result, Rate):
        jobs.show_live(job, lambda rate: None)
        if isinstance(job.snapshot.result, Rate):
            st.rerun()


def _key(scene: Scene) -> str:
    return f"rate {resolve_device(scene.device)} {scene.dtype}"


def _begin(scene: Scene) -> None:
    device = str(resolve_device(scene.device))

    def measure(report: Report[Rate]) -> Rate:
        return measure_rate(device, scene.dtype, report.progress)

    jobs.start(_key(scene), "Measuring", measure, scene.device)
