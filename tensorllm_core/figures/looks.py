"""The colours: each mode and each part keeps one, safe for colour-blind eyes, on a light and on a dark ground.

The seven hues are those of Okabe and Ito (2008), "Color universal design"; the yellow is darkened on
a light ground, where it would otherwise vanish. This module imports nothing large: the front door draws with it before
the libraries are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Appearance", "ColourScale", "Look", "look"]


class Appearance(StrEnum):
    """The ground that a figure is drawn on."""

    LIGHT = "light"
    DARK = "dark"


ColourScale = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Look:
    """Colours of one appearance, as CSS colour texts."""

    ink: str
    muted: str
    grid: str
    ground: str
    accent: str
    warning: str
    modes: tuple[str, str, str]
    parts: dict[str, str]
    error_scale: ColourScale
    signed_scale: ColourScale


_MODES = ("#0072B2", "#D55E00", "#009E73")
_LIGHT = Look(
    ink="#1f2328",
    muted="#656d76",
    grid="rgba(31,35,40,0.10)",
    ground="#ffffff",
    accent="#111827",
    warning="#a34700",
    modes=_MODES,
    parts={"Q": "#CC79A7", "K": "#56B4E9", "V": "#E69F00", "O": "#A39300"},
    error_scale=((0.0, "#f4faf7"), (0.25, "#c4dde2"), (0.5, "#86b0c9"), (0.75, "#4a76a8"), (1.0, "#27407a")),
    signed_scale=((0.0, "#8a3a00"), (0.25, "#e08b4f"), (0.5, "#f7f7f7"), (0.75, "#5fa8d3"), (1.0, "#08477a")),
)
_DARK = Look(
    ink="#e6edf3",
    muted="#9aa4af",
    grid="rgba(230,237,243,0.13)",
    ground="#0e1117",
    accent="#f8fafc",
    warning="#ffa657",
    modes=("#4BA6E0", "#F28A3C", "#2FC79A"),
    parts={"Q": "#DE93BF", "K": "#7CC8F2", "V": "#F2B633", "O": "#F0E442"},
    error_scale=((0.0, "#14201f"), (0.25, "#17363f"), (0.5, "#1f4f6b"), (0.75, "#356f9f"), (1.0, "#5f93cf")),
    signed_scale=((0.0, "#ffb27a"), (0.25, "#a85a1f"), (0.5, "#161b22"), (0.75, "#2f7fb8"), (1.0, "#9bd5ff")),
)
_LOOKS = {Appearance.LIGHT: _LIGHT, Appearance.DARK: _DARK}


def look(appearance: Appearance) -> Look:
    """The colours for that ground."""
    return _LOOKS[appearance]
