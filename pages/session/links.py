"""What a link says: the scene, read from untrusted text and written back to it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from pages.session.compare_links import COMPARE_READERS
from pages.session.paper_links import PAPER_READERS
from pages.session.scene import COMPARE_TABS, DTYPES, REASONING_TABS, SPLITS, TABS, ChooseBy, Scene
from tensorllm_core.benchmarks.benchmark import check_template
from tensorllm_core.errors import ExplorerError, LayoutError, RankError, RequestError
from tensorllm_core.types import Layout

__all__ = ["parse_scene", "scene_parameters"]

_LONGEST_TEXT = 400


def parse_scene(parameters: Mapping[str, str]) -> tuple[Scene, tuple[str, ...]]:
    """The scene that a link asks for, and one sentence for every parameter that could not be read.

    Parameters that are absent or unreadable keep their defaults; unknown ones are passed over.

    >>> parse_scene({"layer": "2", "r1": "abc"})[1]
    ('Expected `r1` to be a whole number of at least 1, got `abc`; showing the suggested ranks instead.',)
    """
    values: dict[str, object] = {}
    notices: list[str] = []
    for name, read in _READERS.items():
        text = parameters.get(name)
        if text is None:
            continue
        try:
            values[name] = read(name, text[:_LONGEST_TEXT])
        except ExplorerError as error:
            notices.append(str(error))
    scene = Scene(**values)  # type: ignore[arg-type]
    if scene.ranks is None and scene != (unranked := replace(scene, r1=None, r2=None, r3=None)):
        if not any("`r" in notice for notice in notices):
            notices.append("Expected all of `r1`, `r2` and `r3`, got only some; showing the suggested ranks instead.")
        scene = unranked
    return scene, tuple(notices)


def scene_parameters(scene: Scene) -> dict[str, str]:
    """The URL parameters that restore the scene; what is at its default is left out, but for model and layer.

    >>> scene_parameters(Scene(r1=16, r2=8, r3=4))
    {'model': 'demo-decoder-noisy', 'layer': '1', 'r1': '16', 'r2': '8', 'r3': '4'}
    """
    default = Scene()
    parameters = {}
    for field in fields(Scene):
        value = getattr(scene, field.name)
        if value is None or (value == getattr(default, field.name) and field.name not in ("model", "layer")):
            continue
        parameters[field.name] = f"{int(value)}" if isinstance(value, bool) else f"{value}"
    return parameters


def _read_model(_name: str, text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise RequestError("Expected a model's name, got an empty or unprintable text; showing the default model.")
    return text.strip()


def _read_layer(_name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RequestError(f"Expected `layer` to be a whole number from 0, got `{text}`; showing layer {Scene.layer}.")
    return int(text)


def _read_layout(_name: str, text: str) -> Layout:
    try:
        return Layout.parse(text)
    except LayoutError as error:
        raise LayoutError(f"{str(error).split(';')[0]}; showing `{Scene.layout.value}` instead.") from None


def _read_by(_name: str, text: str) -> ChooseBy:
    if text not in set(ChooseBy):
        names = ", ".join(f"`{choice.value}`" for choice in ChooseBy)
        raise RequestError(f"Expected `by` to be one of {names}, got `{text}`; choosing by ranks.")
    return ChooseBy(text)


def _read_rank(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) >= 1):
        raise RankError(
            f"Expected `{name}` to be a whole number of at least 1, got `{text}`; showing the suggested ranks instead."
        )
    return int(text)


def _read_fixed_ratio(_name: str, text: str) -> float:
    return _number("fixed_ratio", text, 1.0, 1e6, Scene.fixed_ratio)


def _read_mode(_name: str, text: str) -> int:
    if text not in {"1", "2", "3"}:
        raise RequestError(f"Expected `mode` to be 1, 2 or 3, got `{text}`; showing mode {Scene.mode}.")
    return int(text)


def _read_error(_name: str, text: str) -> float:
    return _number("error", text, 0.0, 1.0, Scene.error)


def _read_ratio(_name: str, text: str) -> float:
    return _number("ratio", text, 0.01, 1e9, Scene.ratio)


def _number(name: str, text: str, least: float, most: float, default: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise RequestError(f"Expected `{name}` from {least:g} to {most:g}, got `{text}`; showing {default:g} instead.")
    return value


def _read_group(_name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RequestError(f"Expected `group` to be a whole number from 0, got `{text}`; showing group 0.")
    return int(text)


def _read_flag(_name: str, text: str) -> bool:
    return text == "1"


def _read_layers(_name: str, text: str) -> str:
    if text and not re.fullmatch(r"all|\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*", text, re.ASCII):
        raise RequestError(f"Expected `layers` as all, 2, 0,2 or 0-3, got `{text}`; editing the layer that is shown.")
    return text


def _read_split(_name: str, text: str) -> str:
    if text not in SPLITS:
        raise RequestError(f"Expected `split` to be one of {', '.join(SPLITS)}, got `{text}`; showing test.")
    return text


def _read_sample(_name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise RequestError(f"Expected `sample` to be a whole number from 0, got `{text}`; asking {Scene.sample}.")
    return int(text)


def _read_template(_name: str, text: str) -> str:
    return check_template(text) if text else ""


def _read_device(_name: str, text: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|spread|cuda(:\d{1,3})?", text, re.ASCII):
        raise RequestError(f"Expected `device` to be auto, cpu, cuda:N, spread or mps, got `{text}`; using auto.")
    return text


def _read_dtype(_name: str, text: str) -> str:
    if text not in DTYPES:
        raise RequestError(f"Expected `dtype` to be one of {', '.join(DTYPES)}, got `{text}`; using {Scene.dtype}.")
    return text


def _read_chosen_on(_name: str, text: str) -> str:
    return text if text in SPLITS else ""


def _read_any_text(_name: str, text: str) -> str:
    return text if text.isprintable() else ""


def _read_text(_name: str, text: str) -> str:
    return text if text.isascii() and text.isprintable() else ""


def _read_tab(_name: str, text: str) -> str:
    return text if text in {*TABS, *REASONING_TABS, *COMPARE_TABS} else ""


_READERS: dict[str, Callable[[str, str], object]] = {
    "model": _read_model,
    "layer": _read_layer,
    "layout": _read_layout,
    "by": _read_by,
    "r1": _read_rank,
    "r2": _read_rank,
    "r3": _read_rank,
    "error": _read_error,
    "ratio": _read_ratio,
    "tied": _read_flag,
    "refine": _read_flag,
    "group": _read_group,
    "view": _read_text,
    "part": _read_text,
    "tab": _read_tab,
    "present": _read_flag,
    "layers": _read_layers,
    "benchmark": _read_any_text,
    "split": _read_split,
    "sample": _read_sample,
    "controls": _read_flag,
    "device": _read_device,
    "dtype": _read_dtype,
    "template": _read_template,
    "fixed_ratio": _read_fixed_ratio,
    "mode": _read_mode,
    "alike": _read_flag,
    "chosen_on": _read_chosen_on,
    **PAPER_READERS,
    **COMPARE_READERS,
}
