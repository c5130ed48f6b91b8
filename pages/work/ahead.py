"""Decompose ahead what a visitor is likely to look at next: the neighbours of the layer on the screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pages.session import state
from pages.work.ahead_board import Wish
from pages.work.caches import job_board, layer_cache
from pages.work.jobs import current_session
from pages.work.report import Report
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.models.fit import device_memories
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.plan import LayerPlan

__all__ = ["SWITCH", "Need", "neighbours", "prepare_first", "prepare_neighbours"]

SWITCH = "TENSORLLM_AHEAD"
"""The environment variable that turns it off, with the value `off`."""
_BEFORE = "layer looked at"
_FIRST = "wishes of the scene list"
_MOST_OF_FREE_MEMORY = 0.5
"""Share of the free memory that a decomposition ahead may need while it runs."""
_PEAK = 2
"""Memory that a decomposition needs at its peak, in sizes of what it leaves; measured: 1.4."""


@dataclass(frozen=True)
class Need:
    """What a scene needs before its screen can be drawn at once, and whether that is there."""

    wish: Wish
    is_met: Callable[[], bool]


def prepare_neighbours(plan: LayerPlan, checkpoint: Checkpoint, analysis: LayerAnalysis) -> None:
    """Wish for the neighbours of the layer that this session looks at, if they are not there yet and if they fit.

    All layers of a model have the same shape, so the present one says how much memory another will take.
    """
    if os.environ.get(SWITCH) == "off":
        return
    before = state.kept(_BEFORE)
    if before != plan:
        state.keep(_BEFORE, plan)
        step = _step(before, plan)
        state.keep(f"{_BEFORE} step", step)
    else:
        step = state.kept(f"{_BEFORE} step")
    size = layer_cache().size_of(analysis)
    room = layer_cache().most_prepared_bytes // max(1, size)
    plans = [replace(plan, layer=layer) for layer in neighbours(checkpoint.attention_layers, plan.layer, step)[:room]]
    missing = [other for other in plans if not layer_cache().has(other)]
    if missing and _PEAK * size > _MOST_OF_FREE_MEMORY * _free_memory(plan.device):
        missing = []
    wishes = [Wish(other.key, f"Decomposing layer {other.layer}", _work(other, checkpoint)) for other in missing]
    # What the list that is played needs comes first.
    job_board().prepare([*_first_wishes(), *wishes], current_session(), plan.device)


def prepare_first(needs: Sequence[Need]) -> None:
    """Wish for these before the neighbours of any layer, until they are met."""
    state.keep(_FIRST, tuple(needs))
    if os.environ.get(SWITCH) != "off":
        job_board().prepare(_first_wishes(), current_session(), str(resolve_device("auto")))


def _first_wishes() -> list[Wish]:
    wishes = {need.wish.key: need.wish for need in state.kept(_FIRST) or () if not need.is_met()}
    return list(wishes.values())


def neighbours(layers: Sequence[int], layer: int, step: int = 1) -> list[int]:
    """The layers that may be looked at next, likeliest first: next, previous, and one more in the direction of travel.

    >>> neighbours(range(12), 5)
    [6, 4, 7]
    >>> neighbours(range(12), 5, step=-1)
    [4, 6, 3]
    >>> neighbours((0, 3, 6), 6)
    [3]
    """
    place = list(layers).index(layer)
    places = (place + step, place - step, place + 2 * step)
    return [layers[other] for other in places if 0 <= other < len(layers)]


def _step(before: LayerPlan | None, plan: LayerPlan) -> int:
    """The direction of travel: backwards only if the layer before, of the same model, was a later one."""
    return -1 if before is not None and replace(before, layer=plan.layer) == plan and before.layer > plan.layer else 1


def _work(plan: LayerPlan, checkpoint: Checkpoint) -> Callable[[Report[LayerAnalysis]], LayerAnalysis]:
    return lambda report: layer_cache().prepare(plan, checkpoint, report.progress, report.publish)


def _free_memory(device: str) -> int:
    return next((memory.free for memory in device_memories() if memory.device == device), 0)
