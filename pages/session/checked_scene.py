"""The scene, made to fit its model and this machine."""

from __future__ import annotations

from dataclasses import replace

from pages.session import state
from pages.session.scene import Scene
from pages.work.caches import cached_checkpoint
from tensorllm_core.errors import ExplorerError, LayerError, RequestError
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import resolve_device
from tensorllm_core.types import Layout

__all__ = ["checked_device", "checked_scene"]

_LAST_GOOD = "last good scene"


def checked_scene(scene: Scene) -> tuple[Scene, Checkpoint]:
    """The scene made to fit its model: impossible values are replaced, each with a notice of one sentence.

    If the model does not open, the last scene whose model did is shown instead.
    """
    try:
        checkpoint = cached_checkpoint(scene.model)
    except ExplorerError as error:
        # How the visitor looks at the screen stays, whatever model it shows.
        playing = {"show": scene.playing.show, "at": scene.playing.at, "rehearse": scene.playing.rehearse}
        looks = {"present": scene.present, "plain": scene.plain, **playing}
        scene = (state.kept(_LAST_GOOD) or Scene()).with_fields(**looks)
        state.notify([f"{error} Showing `{scene.model}` instead."])
        checkpoint = cached_checkpoint(scene.model)
    # What was pasted, such as the address of a page on the hub, becomes the name that other screens and links know.
    scene = replace(scene, model=checkpoint.reference)
    try:
        checkpoint.check_layer(scene.layer)
    except LayerError as error:
        nearest = min(checkpoint.attention_layers, key=lambda layer: abs(layer - scene.layer))
        state.notify([f"{str(error).partition('; choose')[0]}; showing layer {nearest}."])
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
    if group != scene.group:
        state.notify([f"Expected `group` from 0 to {group}, got {scene.group}; showing {group}."])
    scene = state.settle(replace(scene, group=group, device=checked_device(scene.device)))
    state.keep(_LAST_GOOD, scene)
    return scene, checkpoint


def checked_device(name: str) -> str:
    """This device if the machine has it, else `auto`, with a notice."""
    try:
        resolve_device(name)
    except RequestError:
        state.notify([f"Expected the device `{name}` on this machine, got none; using auto."])
        return Scene.device
    return name
