"""The scene as its model and this machine allow it."""

from __future__ import annotations

from dataclasses import replace

from pages.session import state
from pages.session.scene import Scene
from pages.work.caches import cached_checkpoint
from tensorllm_core.errors import ExplorerError, RequestError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import Layout

__all__ = ["checked_device", "checked_scene"]

_LAST_GOOD = "last good scene"


def checked_scene(scene: Scene) -> tuple[Scene, Checkpoint]:
    """The scene as its model allows it: what cannot be met is replaced, and said in one sentence.

    A model that does not open leaves everything as it was before it was asked for.
    """
    try:
        checkpoint = cached_checkpoint(scene.model)
    except ExplorerError as error:
        scene = state.kept(_LAST_GOOD) or Scene()
        state.notify([f"{error} Showing `{scene.model}` meanwhile."])
        checkpoint = cached_checkpoint(scene.model)
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
    group = min(scene.group, checkpoint.groups - 1)
    scene = state.settle(replace(scene, group=group, device=checked_device(scene.device)))
    state.keep(_LAST_GOOD, scene)
    return scene, checkpoint


def checked_device(name: str) -> str:
    """The device of that name if this machine has it, else `auto`, which is said."""
    try:
        resolve_device(name)
    except RequestError:
        state.notify([f"Expected the device `{name}` on this machine, got none; using auto."])
        return Scene.device
    return name
