"""Decomposed layers: those that somebody has asked for, and apart from them those that may be asked for next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tensorllm_core.exports.layer_blob import layer_blob
from tensorllm_core.linalg.hosvd import stopper
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.layer_analysis import LayerAnalysis
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import LayerPlan
from tensorllm_core.storage.cache import BoundedCache
from tensorllm_core.storage.size import bytes_of
from tensorllm_core.types import Progress

__all__ = ["MOST_PREPARED_BYTES", "LayerCache", "OnFirst"]

OnFirst = Callable[[LayerAnalysis], None]
"""Gets the first picture of a layer that takes long."""

_MOST_PREPARED = 12
_MOST_OTHER_BLOBS = 4
"""Bytes for the live figures that are kept beside those of whole layers: of first pictures."""
MOST_PREPARED_BYTES = 2 * 2**30
"""Bytes that layers may hold together which nobody has asked for yet."""


@dataclass(frozen=True, eq=False)
class ReadyLayer:
    """A whole layer, and the bytes that the live figures draw it from."""

    analysis: LayerAnalysis
    blob: bytes


class LayerCache:
    """Whole layers by the key of their plan, with all that screens read from them.

    A layer that was decomposed ahead never pushes out one that somebody has asked for: it waits in a cache of its own,
    until somebody asks for it too.

    Args:
        asked: where the layers stand that somebody has asked for.
    """

    def __init__(self, asked: BoundedCache[str, Any], most_prepared_bytes: int = MOST_PREPARED_BYTES) -> None:
        self.most_prepared_bytes = most_prepared_bytes
        self._asked = asked
        self._prepared: BoundedCache[str, ReadyLayer] = BoundedCache(_MOST_PREPARED, most_bytes=most_prepared_bytes)
        self._other_blobs: BoundedCache[str, bytes] = BoundedCache(_MOST_OTHER_BLOBS)

    def get_or_analyse(
        self, plan: LayerPlan, checkpoint: Checkpoint, progress: Progress, on_first: OnFirst | None = None
    ) -> LayerAnalysis:
        """The layer, decomposed if it is not there.

        Raises:
            ExplorerError: as `analyse_layer`.
        """
        ready: ReadyLayer = self._asked.get_or_compute(
            plan.key, lambda: self._take_prepared(plan) or self._analyse(plan, checkpoint, progress, on_first)
        )
        return ready.analysis

    def get(self, plan: LayerPlan) -> LayerAnalysis | None:
        """The layer if it is there; from now on somebody has asked for it."""
        ready: ReadyLayer | None = self._asked.get(plan.key)
        if ready is None and (ready := self._take_prepared(plan)) is not None:
            self._asked.put(plan.key, ready)
        return None if ready is None else ready.analysis

    def blob(self, analysis: LayerAnalysis) -> bytes:
        """The bytes that the live figures draw the layer, or its first picture, from; they name it by its key."""
        ready: ReadyLayer | None = self._asked.get(analysis.plan.key)
        if ready is not None and ready.analysis is analysis:
            return ready.blob
        return self._other_blobs.get_or_compute(analysis.key, lambda: layer_blob(analysis, analysis.key))

    def size_of(self, analysis: LayerAnalysis) -> int:
        """Bytes that a whole layer takes here."""
        return bytes_of(ReadyLayer(analysis, self.blob(analysis)))

    def has(self, plan: LayerPlan) -> bool:
        """Whether the layer is there. One that waits is kept longer for being looked for."""
        return plan.key in self._asked or self._prepared.get(plan.key) is not None

    def prepare(self, plan: LayerPlan, checkpoint: Checkpoint, progress: Progress, on_first: OnFirst) -> LayerAnalysis:
        """Decompose a layer ahead.

        Raises:
            ExplorerError: as `analyse_layer`.
        """
        return self._prepared.get_or_compute(
            plan.key, lambda: self._analyse(plan, checkpoint, progress, on_first)
        ).analysis

    def _take_prepared(self, plan: LayerPlan) -> ReadyLayer | None:
        ready = self._prepared.get(plan.key)
        self._prepared.forget(plan.key)
        return ready

    def _analyse(
        self, plan: LayerPlan, checkpoint: Checkpoint, progress: Progress, on_first: OnFirst | None
    ) -> ReadyLayer:
        """Done in the background, so that no page waits for any of it."""

        def publish(first: LayerAnalysis) -> None:
            self.blob(first)
            if on_first is not None:
                on_first(first)

        analysis = analyse_layer(plan, checkpoint, progress, publish if on_first else None)
        report = stopper(progress)
        analysis.prepare(lambda share: report(0.9 + 0.08 * share, "best ranks"))
        report(0.98, "figures")
        return ReadyLayer(analysis, layer_blob(analysis, analysis.key))
