"""At what rate the hours are reckoned: the measured example's, or this machine's once somebody has measured it."""

from __future__ import annotations

import streamlit as st

from pages.session.scene import Scene
from pages.work import jobs
from pages.work.queue import Report
from tensorllm_core.experiments.needs import EXAMPLE, Rate, measure_rate
from tensorllm_core.models.devices import resolve_device

__all__ = ["offer_to_measure", "rate_in_force"]


def rate_in_force(scene: Scene) -> Rate:
    """This machine's rate where it is known, else that of the example."""
    job = jobs.job_of(_key(scene))
    rate = job.snapshot.result if job else None
    return rate if isinstance(rate, Rate) else EXAMPLE


def offer_to_measure(scene: Scene) -> None:
    """A button that measures this machine, progress while it does, nothing once it is known."""
    job = jobs.job_of(_key(scene))
    if job is None:
        st.button(
            "Measure this machine",
            icon=":material/speed:",
            type="tertiary",
            key="measure rate",
            on_click=_begin,
            args=(scene,),
            help="A few seconds of a transformer's forward passes; the hours then hold for this machine",
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
