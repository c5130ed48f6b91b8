"""One layer decomposed at all ranks, and what any rank triple gives: error, certificate, ratio, errors by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.gone import gone_slices
from tensorllm_core.linalg.eigenvectors import Report
from tensorllm_core.linalg.hosvd import Hosvd, truncate
from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.linalg.noise_floor import NoiseFloor, noise_floor
from tensorllm_core.linalg.pareto import joined_front
from tensorllm_core.linalg.rank_choice import ParetoFront, pareto_path
from tensorllm_core.linalg.refinement import MOST_SWEEPS, Refinement, refine
from tensorllm_core.linalg.slices import SliceErrors, slice_errors
from tensorllm_core.methods.tensorise import part_names
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.plan import LayerPlan
from tensorllm_core.runs.ranks import LOSSLESS, RankDecision, RankRule, decide_ranks, suggested_rule
from tensorllm_core.types import AttentionTensor, Progress, Ranks, TensorShape, Tucker

__all__ = [
    "LayerAnalysis",
    "RankResult",
    "best_path",
    "errors_of_slices",
    "go_on",
    "gone_at",
    "rank_result",
    "refine_layer",
    "tensor_shape",
]


def go_on(_share: float, _message: str) -> bool:
    """Progress that nobody follows."""
    return True


def tensor_shape(checkpoint: Checkpoint) -> TensorShape:
    """The shape of every layer's tensor in the layout `paper`, known before any weight is read."""
    parts = part_names(checkpoint.heads, checkpoint.groups)
    return TensorShape(checkpoint.d_model, checkpoint.d_head, len(parts), checkpoint.groups)


@dataclass(frozen=True, eq=False)
class LayerAnalysis:
    """All that is computed once for a layer, its layout and the device.

    A first picture has only the leading directions of mode 1. Its errors are exact for these directions. The noise
    floor, the suggested and the best ranks are those that can be told from them, and may change with the whole.

    `seconds` are those of reading the layer (`open`), of the decomposition (`hosvd`) and of the error table (`table`).
    """

    plan: LayerPlan
    tensor: AttentionTensor
    decomposition: Hosvd
    table: Landscape
    seconds: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def shape(self) -> TensorShape:
        """Sizes of the layer's tensor."""
        return self.tensor.shape

    @property
    def key(self) -> str:
        """The same key means the same numbers: a first picture has another one than the whole."""
        return self.plan.key if self.is_whole else f"{self.plan.key} first picture"

    @property
    def leading(self) -> int | None:
        """How many leading directions of mode 1 there are in a first picture; None where the layer is whole."""
        return None if self.is_whole else self.decomposition.limits.r1

    @property
    def is_whole(self) -> bool:
        """Whether it has all directions of mode 1."""
        return self.decomposition.rest is None

    @property
    def unit(self) -> str:
        """What one entry of mode 4 is called."""
        return self.shape.unit

    @cached_property
    def noise(self) -> NoiseFloor:
        """The noise floor of the three spectra, and the ranks that it hints."""
        return noise_floor(self.decomposition)

    @cached_property
    def whole_paths(self) -> tuple[ParetoFront, ...]:
        """For each R3, from 1 on, the best (R1, R2) of every size, also those that save nothing."""
        return self._paths(_unheard)

    @cached_property
    def paths(self) -> tuple[ParetoFront, ...]:
        """The same without those that `front` leaves out too."""
        return tuple(_worth_storing(path, self.shape) for path in self.whole_paths)

    @cached_property
    def whole_front(self) -> ParetoFront:
        """The best ranks of every size, also those that save nothing."""
        return joined_front(self.whole_paths)

    @cached_property
    def front(self) -> ParetoFront:
        """The best ranks of every size, without those that save nothing or whose error is only rounding."""
        return _worth_storing(self.whole_front, self.shape)

    @cached_property
    def suggestion(self) -> Ranks:
        """The ranks to start from: those of the rule that is suggested for this model."""
        return self._suggestion(_unheard)

    def prepare(self, report: Report) -> None:
        """Compute what every screen reads, so that none has to wait for it; what `report` raises ends the work."""
        # A cached property keeps its value under its name.
        self.__dict__["whole_paths"] = self._paths(lambda share: report(0.1 * share))
        _ = self.paths, self.front, self.noise
        self.__dict__["suggestion"] = self._suggestion(lambda share: report(0.1 + 0.9 * share))

    def _paths(self, report: Report) -> tuple[ParetoFront, ...]:
        paths = []
        for r3 in range(1, self.table.limits.r3 + 1):
            paths.append(pareto_path(self.table, r3))
            report(r3 / self.table.limits.r3)
        return tuple(paths)

    def _suggestion(self, report: Report) -> Ranks:
        return decide_ranks(suggested_rule(self.plan.reference), self.decomposition, self.table, report).ranks

    def decide(self, rule: RankRule) -> RankDecision:
        """The ranks of this layer that are nearest to what the rule asks for."""
        if rule == suggested_rule(self.plan.reference):
            return RankDecision(self.suggestion, self.suggestion)
        return decide_ranks(rule, self.decomposition, self.table)


@dataclass(frozen=True, eq=False)
class RankResult:
    """What one rank triple gives; `lower` and `upper` bound the relative error of the best decomposition."""

    ranks: Ranks
    tucker: Tucker
    relative_error: float
    lower: float
    upper: float
    stored_entries: int
    compression_ratio: float
    refinement: Refinement | None = None

    @property
    def energy_kept(self) -> float:
        """Share of the tensor's squared norm that the reconstruction holds."""
        return max(0.0, 1.0 - self.relative_error**2)


def rank_result(analysis: LayerAnalysis, ranks: Ranks, refinement: Refinement | None = None) -> RankResult:
    """Error, certificate and ratio at these ranks; lookups, whatever the size.

    A refined error lies between the certificate and the truncation's error, also where rounding says otherwise.
    """
    truncation_error, bounds = analysis.table.relative_error(ranks), analysis.table.error_bounds(ranks)
    error = truncation_error
    if refinement is not None:
        error = min(max(refinement.relative_errors[-1], bounds.lower), truncation_error)
    return RankResult(
        ranks=ranks,
        tucker=refinement.tucker if refinement else truncate(analysis.decomposition, ranks),
        relative_error=error,
        lower=bounds.lower,
        upper=bounds.upper,
        stored_entries=analysis.shape.stored_entries(ranks),
        compression_ratio=analysis.shape.compression_ratio(ranks),
        refinement=refinement,
    )


def errors_of_slices(analysis: LayerAnalysis, result: RankResult) -> SliceErrors:
    """Errors by part and group: lookups for a truncation; a refined decomposition is measured slice by slice."""
    if result.refinement:
        return slice_errors(analysis.tensor.data, result.tucker)
    return analysis.table.products.slice_errors(result.ranks)


def gone_at(analysis: LayerAnalysis, result: RankResult) -> dict[str, float]:
    """The parts and groups of the layer of which these ranks leave next to nothing, with their errors."""
    return gone_slices(errors_of_slices(analysis, result), analysis.tensor.parts, analysis.unit)


def refine_layer(analysis: LayerAnalysis, ranks: Ranks, progress: Progress = go_on) -> Refinement:
    """HOOI from the truncated HOSVD, until the error no longer falls or `MOST_SWEEPS` are done; stops when asked.

    Raises:
        RankError: ranks that no decomposition of the layer can have.
        RequestError: the analysis is a first picture.
    """
    if not analysis.is_whole:
        raise RequestError("Expected a whole layer to refine, got its first picture; wait until it is whole.")

    def on_sweep(sweep: int, relative_error: float) -> bool:
        return progress(sweep / MOST_SWEEPS, f"sweep {sweep}: relative error {relative_error:.6f}")

    return refine(analysis.decomposition, ranks, on_sweep=on_sweep)


def best_path(analysis: LayerAnalysis, r3: int) -> ParetoFront:
    """The best (R1, R2) at that R3, for every size."""
    return analysis.paths[r3 - 1]


def _unheard(_share: float) -> None:
    """Reports that nobody hears."""


def _worth_storing(front: ParetoFront, shape: TensorShape) -> ParetoFront:
    """The front without points that save nothing, and without those after the first whose error is only rounding."""
    is_lossless = front.relative_error <= LOSSLESS
    last = int(np.argmax(is_lossless)) if is_lossless[-1] else len(front.r1) - 1
    worth = (np.arange(len(front.r1)) <= last) & (front.stored_entries <= shape.entries)
    return ParetoFront(*(getattr(front, each.name)[worth] for each in fields(ParetoFront)))
