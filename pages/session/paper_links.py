"""What a link says of the papers' tables: one reader for each of the scene's fields about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pages.session.scene import PAPER_TABLES, Scene
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.published_tables import CELLS, VARIANTS

__all__ = ["PAPER_READERS"]


def _read_table(_name: str, text: str) -> str:
    if text not in PAPER_TABLES:
        raise RequestError(
            f"Expected `table` to be one of {', '.join(PAPER_TABLES)}, got `{text}`; showing {Scene.table}."
        )
    return text


def _read_cell(_name: str, text: str) -> str:
    if tuple(text.split("-")) not in CELLS:
        raise RequestError(
            f"Expected `cell` to be a model and a benchmark as in {Scene.cell}, got `{text}`; showing {Scene.cell}."
        )
    return text


def _read_variant(_name: str, text: str) -> str:
    return text if any(text in names for names in VARIANTS.values()) else ""


def _read_triple(_name: str, text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 3 and int(text) else Scene.triple


def _read_cell_layer(_name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RequestError(
            f"Expected `cell_layer` to be a whole number from 0, got `{text}`; taking the suggested one."
        )
    return int(text)


PAPER_READERS: Mapping[str, Callable[[str, str], object]] = {
    "table": _read_table,
    "cell": _read_cell,
    "variant": _read_variant,
    "triple": _read_triple,
    "cell_layer": _read_cell_layer,
}
