"""The scene: all settings of one browser tab, which are all that a link restores."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from pages.session.readers import choice, flag, text, whole_number
from pages.session.scene_parts import (
    DTYPES,
    ComparePart,
    DecomposePart,
    HeadsPart,
    LayersPart,
    PapersPart,
    QuestionsPart,
    RanksPart,
    ReasoningPart,
)
from pages.session.scene_playing import PlayingPart
from tensorllm_core.errors import RequestError
from tensorllm_core.types import Layout, Ranks

__all__ = ["COMPARE_TABS", "DECOMPOSE_TABS", "DEFAULT_MODEL", "FIELDS", "PARTS", "REASONING_TABS", "Scene"]

DEFAULT_MODEL = "demo-decoder-noisy"
DECOMPOSE_TABS = ("Heads and parts", "One core", "Weights", "Refinement", "Best ranks")
REASONING_TABS = ("Changed answers", "Margins", "Confidence", "Rank scan", "By benchmark")
COMPARE_TABS = ("Error by part", "Any two methods", "What each stores", "Explain the difference", "Download")


def _model(_name: str, value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise RequestError("Expected a model's name, got an empty or unprintable text; showing the default model.")
    return value.strip()


def _device(name: str, value: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|spread|cuda(:\d{1,3})?", value, re.ASCII):
        raise RequestError(f"Expected `{name}` to be auto, cpu, cuda:N, spread or mps, got `{value}`; using auto.")
    return value


@dataclass(frozen=True)
class Scene:
    """The settings that all screens share, and a part for each screen.

    `dtype` is the number type of a loaded model's weights; the decomposition always computes in float32. `tab` is the
    open tab of the screen, empty for the first one. `plain` draws figures on the server that are live else.
    """

    model: str = text(DEFAULT_MODEL, check=_model)
    layer: int = whole_number(1, least=0, digits=5, instead="showing layer 1")
    layout: Layout = choice(Layout.PAPER, tuple(Layout), instead="showing `paper` instead", kind=Layout)
    group: int = whole_number(0, least=0, digits=5, instead="showing group 0")
    tab: str = choice("", (*DECOMPOSE_TABS, *REASONING_TABS, *COMPARE_TABS), instead="opening the first tab")
    present: bool = flag()
    plain: bool = flag()
    device: str = text("auto", check=_device)
    dtype: str = choice("float32", DTYPES, instead="using float32")
    ranks: RanksPart = field(default_factory=RanksPart)
    questions: QuestionsPart = field(default_factory=QuestionsPart)
    decompose: DecomposePart = field(default_factory=DecomposePart)
    layers: LayersPart = field(default_factory=LayersPart)
    heads: HeadsPart = field(default_factory=HeadsPart)
    reasoning: ReasoningPart = field(default_factory=ReasoningPart)
    compare: ComparePart = field(default_factory=ComparePart)
    papers: PapersPart = field(default_factory=PapersPart)
    playing: PlayingPart = field(default_factory=PlayingPart)

    def at(self, ranks: Ranks | None) -> Scene:
        """The same scene at these ranks; None for the suggested ones."""
        r1, r2, r3 = ranks if ranks is not None else (None, None, None)
        return self.with_fields(r1=r1, r2=r2, r3=r3)

    def with_fields(self, **values: Any) -> Scene:
        """The same scene with other values. Each field is found in its part by its name, which is that of the link."""
        by_part: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            by_part.setdefault(FIELDS[name], {})[name] = value
        own = by_part.pop("", {})
        parts = {part: replace(getattr(self, part), **changed) for part, changed in by_part.items()}
        return replace(self, **own, **parts)

    def value(self, name: str) -> Any:
        """The value of a field, found in its part by its name."""
        part = FIELDS[name]
        return getattr(getattr(self, part) if part else self, name)


PARTS: dict[str, type] = {
    each.name: type(part) for each in fields(Scene) if is_dataclass(part := getattr(Scene(), each.name))
}
"""The type of each part of the scene, by the name of the part."""

FIELDS: dict[str, str] = {each.name: "" for each in fields(Scene) if each.name not in PARTS} | {
    each.name: part for part, kind in PARTS.items() for each in fields(kind)
}
"""The part that holds each field, by the name of the field; empty for a field of the scene itself."""
