"""From a scene to numbers: the decomposition of one layer and what its ranks give; no drawing here."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import torch

from pages.session import state
from pages.session.scene import ChooseBy, Scene
from pages.work.caches import bounded_cache
from tensorllm_core.errors import ExplorerError, StoppedError
from tensorllm_core.linalg.hosvd import Hosvd, hosvd, truncate
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.noise_floor import NoiseFloor, noise_floor
from tensorllm_core.linalg.rank_choice import (
    ParetoFront,
    clamp_ranks,
    pareto_front,
    pareto_path,
    rank_limits,
    ranks_for_compression,
    ranks_for_error,
    tied_ranks,
)
from tensorllm_core.linalg.refinement import Refinement, refine
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.devices import on_device_or_cpu, resolve_device
from tensorllm_core.types import AttentionTensor, Progress, Ranks, TensorShape, Tucker

__all__ = [
    "Analysis",
    "Result",
    "analyse",
    "analysis_key",
    "asked_ranks",
    "best_path",
    "evaluate_ranks",
    "in_order",
    "refine_ranks",
    "refinement_key",
    "wanted_ranks",
]

_LOSSLESS = 1e-6
"""Relative errors up to this are the rounding of float32 weights."""


@dataclass(frozen=True)
class Analysis:
    """All that is computed once per layer and layout; the key names them."""

    key: str
    tensor: AttentionTensor
    decomposition: Hosvd
    table: Landscape
    noise: NoiseFloor
    front: ParetoFront
    full_device: str = ""
    """The device that was asked for and whose memory did not suffice, so that the CPU computed; else empty."""

    @property
    def shape(self) -> TensorShape:
        """Sizes of the layer's tensor."""
        return self.tensor.shape

    @property
    def unit(self) -> str:
        """What one entry of mode 4 is called."""
        return "head" if len(self.tensor.parts) == 4 else "group"


@dataclass(frozen=True)
class Result:
    """What one rank triple gives."""

    ranks: Ranks
    tucker: Tucker
    relative_error: float
    lower: float
    upper: float
    stored_entries: int
    compression_ratio: float
    refinement: Refinement | None

    @property
    def energy_kept(self) -> float:
        """Share of the tensor's squared norm that the reconstruction holds."""
        return max(0.0, 1.0 - self.relative_error**2)


def analysis_key(scene: Scene, checkpoint: Checkpoint) -> str:
    """The same key means the same numbers: model revision, layer, layout, and the device that computed them."""
    device = resolve_device(scene.device)
    return f"{checkpoint.reference} {checkpoint.revision} {scene.layer} {scene.layout} {device}"


def analyse(scene: Scene, checkpoint: Checkpoint, progress: Progress) -> Analysis:
    """Read the layer, decompose it at all ranks and tabulate every error; remembered."""
    key = analysis_key(scene, checkpoint)
    return bounded_cache().get_or_compute(f"analysis {key}", lambda: _analyse(key, scene, checkpoint, progress))


def _analyse(key: str, scene: Scene, checkpoint: Checkpoint, progress: Progress) -> Analysis:
    step = _or_stop(progress)
    wanted = resolve_device(scene.device)

    def on(device: torch.device) -> Analysis:
        step(0.0, "reading the layer")
        tensor = tensorise(read_attention(checkpoint, scene.layer, device), scene.layout)
        decomposition = hosvd(tensor.data, lambda share, message: step(0.05 + 0.75 * share, message))
        step(0.85, "tabulating the errors of all ranks")
        table = landscape(decomposition)
        step(0.95, "looking for the best ranks")
        front = _worth_storing(pareto_front(table), tensor.shape)
        full = str(wanted) if device != wanted else ""
        return Analysis(key, tensor, decomposition, table, noise_floor(decomposition), front, full)

    return on_device_or_cpu(on, wanted)[0]


def _or_stop(progress: Progress) -> Progress:
    def step(share: float, message: str) -> bool:
        if not progress(share, message):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")
        return True

    return step


def in_order(scene: Scene, analysis: Analysis) -> Scene:
    """The scene with its ranks within their modes, and without views that this layer does not have."""
    if analysis.full_device:
        state.notify([f"The memory of `{analysis.full_device}` did not suffice for this layer: the CPU decomposed it."])
    default = Scene()
    views = {*(str(c) for c in range(1, analysis.shape.part + 1)), *analysis.tensor.parts}
    return replace(
        scene if scene.ranks is None else scene.at(asked_ranks(scene, analysis)),
        view=scene.view if scene.view in views else default.view,
        part=scene.part if scene.part in analysis.tensor.parts else default.part,
    )


def best_path(analysis: Analysis, r3: int) -> ParetoFront:
    """The best (R1, R2) at that R3, for every size; remembered."""
    return bounded_cache().get_or_compute(
        f"path {analysis.key} {r3}", lambda: _worth_storing(pareto_path(analysis.table, r3), analysis.shape)
    )


def _worth_storing(front: ParetoFront, shape: TensorShape) -> ParetoFront:
    """Without the points that save nothing, and those beyond the first that loses nothing but rounding."""
    lossless = int(np.argmax(front.relative_error <= _LOSSLESS)) if front.relative_error[-1] <= _LOSSLESS else None
    last = len(front.r1) - 1 if lossless is None else lossless
    worth = (np.arange(len(front.r1)) <= last) & (front.stored_entries <= shape.entries)
    return ParetoFront(*(getattr(front, field.name)[worth] for field in fields(ParetoFront)))


def evaluate_ranks(ranks: Ranks, analysis: Analysis, refinement: Refinement | None = None) -> Result:
    """Error, certificate and ratio at these ranks; lookups, whatever the size."""
    tucker = refinement.tucker if refinement else truncate(analysis.decomposition, ranks)
    error = refinement.relative_errors[-1] if refinement else analysis.table.relative_error(ranks)
    bounds = analysis.table.error_bounds(ranks)
    shape = analysis.shape
    return Result(
        ranks,
        tucker,
        error,
        bounds.lower,
        bounds.upper,
        shape.stored_entries(ranks),
        shape.compression_ratio(ranks),
        refinement,
    )


def wanted_ranks(scene: Scene, analysis: Analysis) -> Ranks:
    """The possible ranks that the scene stands for; what is out of reach becomes the nearest, and that is said."""
    if scene.by is ChooseBy.ERROR:
        return ranks_for_error(analysis.table, max(scene.error, _LOSSLESS))
    if scene.by is ChooseBy.COMPRESSION:
        try:
            return ranks_for_compression(analysis.table, scene.ratio)
        except ExplorerError as error:
            state.notify([f"{error} Showing the smallest ranks."])
            return Ranks(1, 1, 1)
    return clamp_ranks(analysis.shape, asked_ranks(scene, analysis))


def asked_ranks(scene: Scene, analysis: Analysis) -> Ranks:
    """The ranks that the scene names, each within the size of its mode; together they may still be impossible."""
    if scene.ranks is None:
        return analysis.noise.ranks
    limits = rank_limits(analysis.shape)
    ranks = Ranks(*(min(rank, limit) for rank, limit in zip(scene.ranks, limits, strict=True)))
    if ranks != scene.ranks:
        state.notify([f"Expected ranks of at most {limits}, got {scene.ranks}; showing {ranks}."])
    return tied_ranks(analysis.shape, ranks.r2, ranks.r3) if scene.tied else ranks


def refinement_key(analysis: Analysis, ranks: Ranks) -> str:
    """The same key means the same refinement."""
    return f"refine {analysis.key} {ranks}"


def refine_ranks(analysis: Analysis, ranks: Ranks, progress: Progress) -> Refinement:
    """HOOI from the truncated HOSVD; remembered, unless it was stopped."""
    key = refinement_key(analysis, ranks)
    most = 50

    def on_sweep(sweep: int, relative_error: float) -> bool:
        return progress(sweep / most, f"sweep {sweep}, relative error {relative_error:.4f}")

    found = bounded_cache().get_or_compute(
        key, lambda: refine(analysis.decomposition, ranks, max_sweeps=most, on_sweep=on_sweep)
    )
    if found.stopped:
        bounded_cache().forget(key)
    return found
