"""The chosen table and its chosen cell, with the published score and the measured result of a cell."""

from __future__ import annotations

from dataclasses import dataclass

from pages.session import state
from pages.session.checked_scene import checked_device
from pages.session.scene import Scene
from pages.work.caches import measured_store
from tensorllm_core.experiments.measurement import Measurement, timestamp
from tensorllm_core.experiments.published import PublishedCell, Score
from tensorllm_core.experiments.published_tables import ABLATED_MODEL, ABLATION, CASES, CELLS, VARIANTS
from tensorllm_core.types import Ranks

__all__ = ["Choice", "measured_of", "score_of", "settled_choice", "variant_title"]

_TENSORLLM = ("tensorllm", "tensorllm-refined")
_LASER = ("laser", *(f"laser {matrix}" for matrix in ("in", "out", "gate", "up", "down")))
_METHODS = {
    ("III", "1"): _LASER,
    ("III", "2"): ("laser Q,K,V,O,in,out", "laser Q,K,V,O,gate,up,down"),
    ("III", "3"): ("hybrid",),
    ("LASER", ""): _LASER,
    **{("IV", part): (f"separate {part}",) for part in "QKVO"},
}
"""The names (method and matrices) under which results of a table's variant are stored; the others are TensorLLM's."""


@dataclass(frozen=True)
class Choice:
    """One cell of one table; `variant` is empty if the table has a single score for each cell."""

    table: str
    cell: PublishedCell
    variant: str
    ranks: Ranks
    layer: int

    @property
    def is_tensorllm(self) -> bool:
        """Whether the score is that of TensorLLM alone on all four projections."""
        return self.table in {"II", "ranks"} or (self.table, self.variant) == ("IV", "all")


def settled_choice(scene: Scene) -> tuple[Scene, Choice]:
    """The scene, made to fit the papers, and its choice. A notice names each value that had to be replaced."""
    model, benchmark = scene.papers.cell.split("-")
    if scene.papers.table == "IV" and model != ABLATED_MODEL:
        title = CELLS[ABLATED_MODEL, benchmark].model.title
        state.notify([f"Expected a cell of {title}, the only model of Table IV, got {model}; showing {title}."])
        model = ABLATED_MODEL
    cell = CELLS[model, benchmark]
    variants = VARIANTS.get(scene.papers.table, ("",))
    variant = scene.papers.variant if scene.papers.variant in variants else variants[-1]
    layer = cell.model.suggested_layer if scene.papers.cell_layer is None else scene.papers.cell_layer
    if layer >= cell.model.layers:
        last = cell.model.layers - 1
        state.notify([f"Expected a layer of {cell.model.title} from 0 to {last}, got {layer}; showing layer {last}."])
        layer = last
    triple = min(scene.papers.triple, len(cell.derived_ranks))
    settled = scene.with_fields(
        device=checked_device(scene.device),
        cell=f"{model}-{benchmark}",
        variant="" if variant == variants[-1] else variant,
        triple=triple,
        cell_layer=None if layer == cell.model.suggested_layer else layer,
    )
    return state.settle(settled), Choice(scene.papers.table, cell, variant, cell.derived_ranks[triple - 1], layer)


def score_of(cell: PublishedCell, table: str, variant: str) -> Score:
    """The published score of a cell in this table."""
    if table == "LASER":
        return cell.cases[0]
    if table == "III":
        return cell.cases[int(variant) - 1]
    if table == "IV" and variant != "all":
        return ABLATION[cell.benchmark.name][variant]
    return cell.tensorllm


def variant_title(table: str, variant: str) -> str:
    """A variant in words.

    >>> variant_title("III", "3"), variant_title("IV", "Q")
    ('TensorLLM + LASER', 'Q alone')
    """
    if table == "III":
        return CASES[int(variant) - 1]
    if table == "IV":
        return "all four" if variant == "all" else f"{variant} alone"
    return "LASER" if table == "LASER" else "TensorLLM"


def measured_of(cell: PublishedCell, table: str, variant: str) -> Measurement | None:
    """The latest result on test questions for the same cell and method; None if there is none."""
    if table in {"II", "ranks"} or variant == "all":
        methods: tuple[str, ...] = _TENSORLLM
    else:
        methods = _METHODS.get((table, variant), ())
    store = measured_store()
    results = [store.latest(cell.model.hub_id, cell.benchmark.name, method, "test") for method in methods]
    return max((result for result in results if result), key=lambda result: timestamp(result.date), default=None)
