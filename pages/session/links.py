"""Between a link and a scene: reads the parameters of a link, which are untrusted text, and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pages.session.readers import Reader, reader_of
from pages.session.scene import FIELDS, PARTS, Scene
from tensorllm_core.errors import ExplorerError

__all__ = ["parse_fields", "parse_scene", "scene_parameters"]

_LONGEST_TEXT = 400
_MOST_NAMED = 3
"""Unknown parameters that a sentence names."""


def parse_scene(parameters: Mapping[str, str]) -> tuple[Scene, tuple[str, ...]]:
    """The scene that a link asks for, and one sentence for every parameter that could not be read.

    Parameters that are absent or unreadable keep their defaults; unknown ones are left out, with a sentence.

    >>> parse_scene({"layer": "2", "r1": "abc"})[1]
    ('Expected `r1` to be a whole number from 1, got `abc`; showing the suggested ranks instead.',)
    """
    values, notices = parse_fields(parameters)
    scene = Scene().with_fields(**values)
    if scene.ranks.chosen is None and scene != (unranked := scene.at(None)):
        if not any("`r" in notice for notice in notices):
            notices.append("Expected all of `r1`, `r2` and `r3`, got only some; showing the suggested ranks instead.")
        scene = unranked
    return scene, tuple(notices)


def parse_fields(parameters: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The fields of the scene whose parameters can be read, and one sentence for every one that cannot."""
    values: dict[str, Any] = {}
    notices: list[str] = []
    for name, reader in _readers().items():
        if name in parameters:
            try:
                values[name] = reader.read(name, parameters[name][:_LONGEST_TEXT])
            except ExplorerError as error:
                notices.append(str(error))
    if unknown := [name[:_LONGEST_TEXT] for name in parameters if name not in FIELDS]:
        names = ", ".join(f"`{name}`" for name in unknown[:_MOST_NAMED])
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        notices.append(f"Expected parameters of this version, got {names}{more}; leaving out what they ask for.")
    return values, notices


def scene_parameters(scene: Scene) -> dict[str, str]:
    """The URL parameters that restore the scene. Defaults are left out.

    >>> from tensorllm_core.types import Ranks
    >>> scene_parameters(Scene().at(Ranks(16, 8, 4)))
    {'r1': '16', 'r2': '8', 'r3': '4'}
    """
    default = Scene()
    parameters = {}
    for name, reader in _readers().items():
        value = scene.value(name)
        if value is not None and value != default.value(name):
            parameters[name] = reader.write(value)
    return parameters


def _readers() -> dict[str, Reader]:
    declarations = {each.name: each for kind in (Scene, *PARTS.values()) for each in fields(kind)}
    return {name: reader_of(declarations[name].metadata) for name in FIELDS}
