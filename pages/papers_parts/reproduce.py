"""The link that fills in Reasoning with what a published cell was measured with."""

from __future__ import annotations

from dataclasses import fields, replace

from pages.papers_parts.choice import Choice
from pages.shared.links import scene_parameters
from pages.shared.scene import ChooseBy, Scene
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.types import Layout

__all__ = ["reproducing"]


def reproducing(choice: Choice, scene: Scene, sample: int) -> dict[str, str] | None:
    """Parameters of the Reasoning screen for that cell, `sample` test questions of it (0 for all).

    Ranks are tied, cut and refined as in the authors' program. None where this app does not have the method.
    """
    if choice.is_tensorllm:
        return scene_parameters(_tensorllm(choice, scene, sample))
    if choice.table == "LASER" or (choice.table, choice.variant) == ("III", "1"):
        laser = choice.cell.laser
        common = replace(_common(choice, scene, sample), layer=laser.layer)
        return _with(common, {"method": "laser", "matrix": laser.matrix, "rho": f"{laser.rho:g}"})
    return None


def _tensorllm(choice: Choice, scene: Scene, sample: int) -> Scene:
    common = replace(_common(choice, scene, sample), layer=choice.layer, by=ChooseBy.RANKS, tied=True, refine=True)
    return common.at(choice.ranks)


def _common(choice: Choice, scene: Scene, sample: int) -> Scene:
    return Scene(
        model=choice.cell.model.hub_id,
        layout=Layout.RELEASED_CODE,
        benchmark=choice.cell.benchmark.name,
        split="test",
        sample=sample,
        controls=False,
        present=scene.present,
        device=scene.device,
        dtype=scene.dtype,
    )


def _with(common: Scene, method: dict[str, str]) -> dict[str, str] | None:
    """The scene's parameters and those of a method; None while a link cannot ask for it."""
    known = {field.name for field in fields(Scene)}
    return scene_parameters(common) | method if set(method) <= known and method["method"] in METHODS else None
