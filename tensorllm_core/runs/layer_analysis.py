"""One layer decomposed at all ranks, and what any rank triple gives: error, certificate, ratio, errors by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
import torch

from tensorllm_core.errors import StoppedError
from tensorllm_core.experiments.gone import gone_slices
from tensorllm_core.linalg.hosvd import Hosvd, hosvd, truncate
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.noise_floor import NoiseFloor, noise_floor
from tensorllm_core.linalg.rank_choice import ParetoFront, pareto_front, pareto_path
from tensorllm_core.linalg.refinement import MOST_SWEEPS, Refinement, refine
from tensorllm_core.linalg.slices import SliceErrors, slice_errors
from tensorllm_core.methods.tensorise import part_names, tensorise
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.devices import on_device_or_cpu
from tensorllm_core.runs.plan import LayerPlan
from tensorllm_core.runs.ranks import LOSSLESS, RankDecision, RankRule, decide_ranks, suggested_rule
from tensorllm_core.runs.stopwatch import Stopwatch
from tensorllm_core.types import AttentionTensor, Progress, Ranks, TensorShape, Tucker

__all__ = [
    "LayerAnalysis",
    "RankResult",
    "analyse_layer",
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
    def unit(self) -> str:
        """What one entry of mode 4 is called."""
        return self.shape.unit

    @cached_property
    def noise(self) -> NoiseFloor:
        """The noise floor of the three spectra, and the ranks that it hints."""
        return noise_floor(self.decomposition)

    @cached_property
    def whole_front(self) -> ParetoFront:
        """The best ranks of every size, also those that save nothing."""
        return pareto_front(self.table)

    @cached_property
    def front(self) -> ParetoFront:
        """The best ranks of every size, without those that save nothing or whose error is only rounding."""
        return _worth_storing(self.whole_front, self.shape)

    @cached_property
    def suggestion(self) -> Ranks:
        """The ranks to start from: those of the rule that is suggested for this model."""
        return decide_ranks(suggested_rule(self.plan.reference), self.decomposition, self.table).ranks

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


def analyse_layer(plan: LayerPlan, checkpoint: Checkpoint, progress: Progress = go_on) -> LayerAnalysis:
    """Read the layer, decompose it at all ranks and tabulate every error.

    Where the device's memory does not suffice, the CPU computes and a notice says so.

    Raises:
        LayerError, CheckpointError: as `read_attention`.
        LayoutError: a layout that this attention cannot have.
        StoppedError: `progress` asked to stop.
    """
    device = torch.device(plan.device)

    def step(share: float, message: str) -> bool:
        if not progress(share, message):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")
        return True

    def on(place: torch.device) -> LayerAnalysis:
        watch = Stopwatch(place)
        step(0.0, "reading the layer")
        with watch.time("open"):
            tensor = tensorise(read_attention(checkpoint, plan.layer, place), plan.layout)
        with watch.time("hosvd"):
            decomposition = hosvd(tensor.data, lambda share, message: step(0.05 + 0.75 * share, message))
        step(0.85, "tabulating the errors of all ranks")
        with watch.time("table"):
            table = landscape(decomposition)
        step(0.95, "the table of errors is done")
        notice = f"The memory of `{device}` did not suffice for this layer: the CPU decomposed it."
        return LayerAnalysis(plan, tensor, decomposition, table, watch.seconds, (notice,) if place != device else ())

    return on_device_or_cpu(on, device)[0]


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
    """

    def on_sweep(sweep: int, relative_error: float) -> bool:
        return progress(sweep / MOST_SWEEPS, f"sweep {sweep}: relative error {relative_error:.6f}")

    return refine(analysis.decomposition, ranks, on_sweep=on_sweep)


def best_path(analysis: LayerAnalysis, r3: int) -> ParetoFront:
    """The best (R1, R2) at that R3, for every size."""
    return _worth_storing(pareto_path(analysis.table, r3), analysis.shape)


def _worth_storing(front: ParetoFront, shape: TensorShape) -> ParetoFront:
    """The front without points that save nothing, and without those after the first whose error is only rounding."""
    is_lossless = front.relative_error <= LOSSLESS
    last = int(np.argmax(is_lossless)) if is_lossless[-1] else len(front.r1) - 1
    worth = (np.arange(len(front.r1)) <= last) & (front.stored_entries <= shape.entries)
    return ParetoFront(*(getattr(front, each.name)[worth] for each in fields(ParetoFront)))
