"""From a scene to numbers: the decomposition of one layer and what its ranks give; no drawing here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pages.shared import state
from pages.shared.cache import bounded_cache, cached_checkpoint
from pages.shared.scene import DEFAULT_MODEL, ChooseBy, Scene
from tensorllm_core.errors import ExplorerError, StoppedError
from tensorllm_core.linalg.hosvd import Hosvd, hosvd, truncate
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.noise_floor import NoiseFloor, noise_floor
from tensorllm_core.linalg.rank_choice import (
    ParetoFront,
    clamp_ranks,
    pareto_front,
    pareto_path,
    ranks_for_compression,
    ranks_for_error,
)
from tensorllm_core.linalg.refinement import Refinement, refine
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import AttentionTensor, Layout, Progress, Ranks, TensorShape, Tucker

__all__ = [
    "Analysis",
    "Result",
    "analyse",
    "analysis_key",
    "best_path",
    "evaluate_ranks",
    "refine_ranks",
    "refinement_key",
    "settled",
    "wanted_ranks",
]


@dataclass(frozen=True)
class Analysis:
    """All that is computed once per layer and layout; the key names them."""

    key: str
    tensor: AttentionTensor
    decomposition: Hosvd
    table: Landscape
    noise: NoiseFloor
    front: ParetoFront

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


def settled(scene: Scene) -> tuple[Scene, Checkpoint]:
    """The scene as its model allows it: what cannot be met is replaced, and said in one sentence."""
    try:
        checkpoint = cached_checkpoint(scene.model)
    except ExplorerError as error:
        fallback = state.kept("last good model") or DEFAULT_MODEL
        state.notify([f"{error} Showing `{fallback}` meanwhile."])
        scene = replace(scene, model=fallback, r1=None, r2=None, r3=None)
        checkpoint = cached_checkpoint(fallback)
    state.keep("last good model", scene.model)
    if not 0 <= scene.layer < checkpoint.layers:
        nearest = min(scene.layer, checkpoint.layers - 1)
        state.notify(
            [f"Expected a layer from 0 to {checkpoint.layers - 1}, got {scene.layer}; showing layer {nearest}."]
        )
        scene = replace(scene, layer=nearest)
    square = checkpoint.groups == checkpoint.heads and checkpoint.heads * checkpoint.d_head == checkpoint.d_model
    if scene.layout is Layout.RELEASED_CODE and not square:
        state.notify(
            [
                "The layout `released-code` needs plain multi-head attention with heads x d_head = d_model, "
                f"which `{scene.model}` does not have; showing the layout `paper`."
            ]
        )
        scene = replace(scene, layout=Layout.PAPER)
    return scene, checkpoint


def analysis_key(scene: Scene, checkpoint: Checkpoint) -> str:
    """The same key means the same numbers: model revision, layer and layout."""
    return f"{checkpoint.reference} {checkpoint.revision} {scene.layer} {scene.layout}"


def analyse(scene: Scene, checkpoint: Checkpoint, progress: Progress) -> Analysis:
    """Read the layer, decompose it at all ranks and tabulate every error; remembered."""
    key = analysis_key(scene, checkpoint)
    return bounded_cache().get(f"analysis {key}", lambda: _analyse(key, scene, checkpoint, progress))


def _analyse(key: str, scene: Scene, checkpoint: Checkpoint, progress: Progress) -> Analysis:
    step = _or_stop(progress)
    step(0.0, "reading the layer")
    device = resolve_device("auto")
    tensor = tensorise(read_attention(checkpoint, scene.layer, device), scene.layout)
    decomposition = hosvd(tensor.data, lambda share, message: step(0.05 + 0.75 * share, message))
    step(0.85, "tabulating the errors of all ranks")
    table = landscape(decomposition)
    step(0.95, "looking for the best ranks")
    return Analysis(key, tensor, decomposition, table, noise_floor(decomposition), pareto_front(table))


def _or_stop(progress: Progress) -> Progress:
    def step(share: float, message: str) -> bool:
        if not progress(share, message):
            raise StoppedError("The decomposition was stopped before it was done; start it again.")
        return True

    return step


def best_path(analysis: Analysis, r3: int) -> ParetoFront:
    """The best (R1, R2) at that R3, for every size; remembered."""
    return bounded_cache().get(f"path {analysis.key} {r3}", lambda: pareto_path(analysis.table, r3))


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
    """The ranks that the scene stands for; impossible ones become the nearest possible, and that is said."""
    try:
        if scene.by is ChooseBy.ERROR:
            return ranks_for_error(analysis.table, scene.error)
        if scene.by is ChooseBy.COMPRESSION:
            return ranks_for_compression(analysis.table, scene.ratio)
    except ExplorerError as error:
        state.notify([str(error)])
    asked = scene.ranks or analysis.noise.ranks
    possible = clamp_ranks(analysis.shape, asked)
    if possible != asked:
        shape = analysis.shape
        state.notify(
            [
                f"Ranks {asked} are not possible for a {shape.d_model} x {shape.d_head} x {shape.part} x {shape.group} "
                f"tensor (each rank is at most its mode's size and the product of the other ranks and the "
                f"{shape.group} groups); showing {possible}."
            ]
        )
    return possible


def refinement_key(analysis: Analysis, ranks: Ranks) -> str:
    """The same key means the same refinement."""
    return f"refine {analysis.key} {ranks}"


def refine_ranks(analysis: Analysis, ranks: Ranks, progress: Progress) -> Refinement:
    """HOOI from the truncated HOSVD; remembered, unless it was stopped."""
    key = refinement_key(analysis, ranks)
    most = 50

    def on_sweep(sweep: int, relative_error: float) -> bool:
        return progress(sweep / most, f"sweep {sweep}, relative error {relative_error:.4f}")

    found = bounded_cache().get(key, lambda: refine(analysis.decomposition, ranks, max_sweeps=most, on_sweep=on_sweep))
    if found.stopped:
        bounded_cache().forget(key)
    return found
