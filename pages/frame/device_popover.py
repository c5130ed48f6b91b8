"""The device popover: where the app computes, the number type of weights, the memory, and the loaded models."""

from __future__ import annotations

import streamlit as st

from pages.session import state
from pages.session.plans import model_plan
from pages.session.scene import Scene
from pages.session.scene_parts import DTYPES
from pages.work.caches import loaded_models
from pages.work.plain_text import inert, inert_name
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import SPREAD, device_names, resolve_device
from tensorllm_core.models.download import plan_download
from tensorllm_core.models.fit import Fit, Memory, Option, bytes_text, check_fit, device_memories, fit_text
from tensorllm_core.models.hub import HubRepository

__all__ = ["device_popover", "has_room"]

_HELP = "Where the app computes, how full the memory is, and the loaded models"
_NEARLY_FULL = 0.9
"""Share of used memory from which the gauge is red."""
_SMALL_BYTES = 2**30
"""Models that need less memory than this are loaded without a caption about it."""


def device_popover(scene: Scene, checkpoint: Checkpoint) -> None:
    """A button that opens the device, the number type, the memory and the loaded models."""
    with st.popover("Device, memory and loaded models", icon=":material/memory:", key="compute popover", help=_HELP):
        names = device_names()
        st.selectbox(
            "Device",
            [*names, *([scene.device] if scene.device not in names else [])],
            **state.bound("device", scene.device),
            help="Where layers are decomposed and models run. auto: the first GPU, else the CPU; spread: all GPUs",
        )
        st.segmented_control(
            "Number type of loaded weights",
            DTYPES,
            **state.bound("dtype", scene.dtype),
            required=True,
            help="The 16-bit types need half the memory. The decomposition always computes in float32",
        )
        st.toggle(
            "Plain figures",
            **state.bound("plain", scene.plain),
            help="Draws the figures on the server, for a browser that blocks the scripts of the live ones",
        )
        st.markdown("  \n".join(_gauge(memory) for memory in device_memories()))
        _loaded_models()
        fit = check_fit(checkpoint)
        name = inert_name(scene.model)
        st.caption(
            f"{name}: {fit.parameters:,} parameters, {fit.attention_share:.0%} of them attention. Its files "
            "hold "
            + ", ".join(f"{bytes_text(size)} in {inert_name(kind)}" for kind, size in fit.bytes_by_dtype.items())
            + f". {fit_text(fit, _option_of(scene, fit))}"
            + (inert(f" Its commit on the hub is `{checkpoint.commit}`.") if checkpoint.commit else "")
        )


def has_room(scene: Scene, checkpoint: Checkpoint) -> bool:
    """Whether the scene's model is loaded or fits into memory. Says what loading needs, or offers what would fit."""
    if loaded_models().holds(model_plan(scene, checkpoint)):
        return True
    fit = check_fit(checkpoint)
    option = _option_of(scene, fit)
    on_hub = checkpoint.storage if isinstance(checkpoint.storage, HubRepository) else None
    if option is None or (option.fits and option.needed < _SMALL_BYTES and on_hub is None):
        return True
    if on_hub is not None:
        plan = plan_download(on_hub)
        st.caption(
            f"The first run downloads {bytes_text(plan.missing)} of {inert_name(scene.model)} to the hub's cache."
        )
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


def _loaded_models() -> None:
    entries = loaded_models().in_memory()
    if not entries:
        st.caption("No model is loaded: layers are read from the file, one at a time.")
    for number, entry in enumerate(entries):
        with st.container(horizontal=True, vertical_alignment="center"):
            plan = entry.plan
            st.markdown(f"{inert_name(plan.reference)} {plan.dtype} on {plan.device}, {bytes_text(entry.nbytes)}")
            st.button(
                "Unload",
                key=f"unload {number}",
                icon=":material/eject:",
                on_click=loaded_models().unload,
                args=(plan,),
                help="Free its memory. The model is loaded again when it is needed",
            )


def _option_of(scene: Scene, fit: Fit) -> Option | None:
    """The option of the scene's device and number type, if the machine has it."""
    device = resolve_device(scene.device)
    if scene.device == SPREAD:
        return fit.option(SPREAD, scene.dtype)
    name = f"cuda:{device.index or 0}" if device.type == "cuda" else device.type
    # float16 on a CPU is possible, but no option: bfloat16 needs the same memory.
    return fit.option(name, scene.dtype) or fit.option(name, "bfloat16")
