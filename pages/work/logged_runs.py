"""Runs of questions, which the History screen lists once they have ended: the one place where they are recorded.

The list is shared by all who use this server. So what a visitor has typed or uploaded stays out of it: the questions of
a file, and the prompt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TypeVar

from pages.session.links import scene_parameters
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.caches import run_log
from tensorllm_core.errors import RequestError
from tensorllm_core.runs.plan import Plan
from tensorllm_core.runs.run_record import RunResult, record_of

__all__ = ["start_run"]

P = TypeVar("P", bound=Plan)
R = TypeVar("R", bound=RunResult)


def start_run(
    page: str, scene: Scene, plan: P, title: str, run: Callable[[P, jobs.Report[R]], R], device: str
) -> jobs.Job[R]:
    """Begin the run of a plan in the background, or join it; when it ends, it is recorded.

    Args:
        page: the screen that shows it, by its name in the registry.
        scene: the scene that it belongs to, which its link restores there.

    Raises:
        RequestError: this machine has no such device.
    """

    def work(report: jobs.Report[R]) -> R:
        result = run(plan, report)
        _record(result, page, scene)
        return result

    return jobs.start(plan.key, title, work, device)


def _record(result: RunResult, page: str, scene: Scene) -> None:
    parameters = scene_parameters(scene.with_fields(template="", present=False))
    record = record_of(result, page, parameters, budget=scene.compare.budget)
    if record is not None:
        # A number that is not finite, as a loss in half precision may be, is no reason to lose the run.
        with contextlib.suppress(RequestError):
            run_log().put(record)
