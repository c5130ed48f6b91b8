"""Runs of questions, which the History screen lists once they have ended: the one place where they are recorded.

The list is shared by all who use this server. So what a visitor has typed or uploaded stays out of it: the questions of
a file, and the prompt. A run that is made ahead is recorded when somebody asks for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pages.session.links import scene_parameters
from pages.session.scene import Scene
from pages.work import jobs
from pages.work.caches import prepared_runs, run_log
from tensorllm_core.errors import RequestError
from tensorllm_core.runs.plan import Plan
from tensorllm_core.runs.run_record import RunRecord, RunResult, record_of

__all__ = ["prepare_run", "start_run"]

P = TypeVar("P", bound=Plan)
R = TypeVar("R", bound=RunResult)


@dataclass(frozen=True, eq=False)
class PreparedRun:
    """A complete run that nobody has asked for yet, and its record, which takes longer to make than to write."""

    result: Any
    record: RunRecord | None


def start_run(
    page: str, scene: Scene, plan: P, title: str, run: Callable[[P, jobs.Report[R]], R], device: str
) -> jobs.Job[R]:
    """Begin the run of a plan in the background, or join it; when it ends, it is recorded. One made ahead is there.

    Args:
        page: the screen that shows it, by its name in the registry.
        scene: the scene that it belongs to, which its link restores there.

    Raises:
        RequestError: this machine has no such device.
    """
    ready: PreparedRun | None = prepared_runs().get(plan.key)
    if ready is not None:
        _put(ready.record)
        return jobs.give(plan.key, title, ready.result, device)

    def work(report: jobs.Report[R]) -> R:
        result = run(plan, report)
        _put(_record_of(result, page, scene))
        return result

    return jobs.start(plan.key, title, work, device)


def prepare_run(page: str, scene: Scene, plan: P, run: Callable[[P, jobs.Report[R]], R], report: jobs.Report[R]) -> R:
    """Run a plan ahead, and keep the result for whoever asks for it, if it is complete; arguments as `start_run`."""
    result = run(plan, report)
    if result.evaluation.complete:
        prepared_runs().put(plan.key, PreparedRun(result, _record_of(result, page, scene)))
    return result


def _record_of(result: RunResult, page: str, scene: Scene) -> RunRecord | None:
    parameters = scene_parameters(scene.with_fields(template="", present=False, show="", at=0, rehearse=False))
    return record_of(result, page, parameters, budget=scene.compare.budget)


def _put(record: RunRecord | None) -> None:
    if record is not None:
        # A number that is not finite, as a loss in half precision may be, is no reason to lose the run.
        with contextlib.suppress(RequestError):
            run_log().put(record)
