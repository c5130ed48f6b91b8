"""The frame around a screen of one layer: the layer is decomposed before the screen is drawn."""

from __future__ import annotations

from collections.abc import Callable

from pages.frame.toolbar import screen_frame
from pages.session.scene import Scene
from pages.work.layer_job import ShownLayer, begin_layer
from tensorllm_core.models.checkpoint import Checkpoint

__all__ = ["show_layer_screen"]


def show_layer_screen(
    help_text: str,
    draw: Callable[[ShownLayer, Checkpoint], None],
    outline: Callable[[], object],
    begin: Callable[[Scene, Checkpoint], ShownLayer | None] = begin_layer,
) -> None:
    """Show the row of controls, then what `draw` makes of the layer; the outline while the layer is decomposed.

    `begin` is `begin_whole_layer` where a first picture is not enough.
    """
    with screen_frame(help_text) as (scene, checkpoint):
        layer = begin(scene, checkpoint)
        if layer is None:
            outline()
        else:
            draw(layer, checkpoint)
