"""Where it computes: device, type of the weights, how full the memory is, and which models are loaded."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.plans import model_plan
from pages.session.scene import Scene
from pages.session.scene_parts import DTYPES
from pages.work.caches import loaded_models
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import SPREAD, device_names, resolve_device
from tensorllm_core.models.download import plan_download
from tensorllm_core.models.fit import Fit, Memory, Option, bytes_text, check_fit, device_memories, fit_text
from tensorllm_core.models.hub import HubRepository

__all__ = ["device_popover", "has_room"]

_NEARLY_FULL = 0.9
_SMALL_BYTES = 2**30
"""Models that need less than this are loaded without a word."""


def device_popover(scene: Scene, checkpoint: Checkpoint) -> None:
    """A button in the toolbar that opens all of it."""
    with st.popover("", icon=":material/memory:", help="Device, memory and loaded models", key="compute popover"):
        names = device_names()
        st.selectbox(
            "Device",
            [*names, *([scene.device] if scene.device not in names else [])],
            key=state.seed("device widget", scene.device),
            on_change=state.take,
            args=("device widget", "device"),
            help="Where layers are decomposed and models run; auto is the first GPU, else the CPU; spread takes all",
        )
        st.segmented_control(
            "Type of a loaded model's weights",
            DTYPES,
            key=state.seed("dtype widget", scene.dtype),
            on_change=state.take,
            args=("dtype widget", "dtype"),
            required=True,
            help="Halves need half the memory; the decomposition always computes in float32",
        )
        st.markdown("  \n".join(_gauge(memory) for memory in device_memories()))
        _loaded()
        fit = check_fit(checkpoint)
        st.caption(
            f"`{scene.model}`: {fit.parameters:,} parameters, {fit.attention_share:.0%} attention; stored as "
            + ", ".join(f"{kind} {bytes_text(size)}" for kind, size in fit.bytes_by_dtype.items())
            + f". {fit_text(fit, _wanted(fit, scene))}"
            + (f" Commit `{checkpoint.commit}` of the hub." if checkpoint.commit else "")
        )


def has_room(scene: Scene, checkpoint: Checkpoint) -> bool:
    """Whether the scene's model is loaded or will fit; says what loading needs, and offers what would fit instead."""
    if loaded_models().holds(model_plan(scene, checkpoint)):
        return True
    fit = check_fit(checkpoint)
    option = _wanted(fit, scene)
    on_hub = checkpoint.storage if isinstance(checkpoint.storage, HubRepository) else None
    if option is None or (option.fits and option.needed < _SMALL_BYTES and on_hub is None):
        return True
    if on_hub is not None:
        plan = plan_download(on_hub)
        st.caption(f"Asking downloads {bytes_text(plan.missing)} of `{scene.model}` to the hub's cache first.")
    if option.fits:
        st.caption(f"The model must be loaded for this. {fit_text(fit, option)}")
        return True
    st.warning(fit_text(fit, option), icon=":material/memory:")
    if fit.best is not None:
        st.button(
            f"Use {fit.best.dtype} on {fit.best.device}",
            key="take what fits",
            on_click=state.change,
            kwargs={"device": fit.best.device, "dtype": fit.best.dtype},
        )
    return False


def _gauge(memory: Memory) -> str:
    used, total = bytes_text(memory.total - memory.free), bytes_text(memory.total)
    colour = "red" if memory.used_share > _NEARLY_FULL else "gray"
    return f"`{memory.device}` {used} of {total} used :{colour}-badge[{memory.used_share:.0%}]"


def _loaded() -> None:
    held = loaded_models().held()
    if not held:
        st.caption("No model is loaded: layers are read from the file, one at a time.")
    for number, found in enumerate(held):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"`{found.key.reference}` {found.key.dtype} on {found.key.device}, {bytes_text(found.nbytes)}")
            st.button(
                "Unload",
                key=f"unload {number}",
                icon=":material/eject:",
                on_click=loaded_models().unload,
                args=(found.key,),
                help="Give its memory back; it is loaded again when it is needed",
            )


def _wanted(fit: Fit, scene: Scene) -> Option | None:
    device = resolve_device(scene.device)
    if scene.device == SPREAD:
        return fit.option(SPREAD, scene.dtype)
    name = f"cuda:{device.index or 0}" if device.type == "cuda" else device.type
    # In float16 a CPU is possible, though never proposed.
    return fit.option(name, scene.dtype) or fit.option(name, "bfloat16")
