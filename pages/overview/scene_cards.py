"""The registry of scenes worth seeing: each is one link with a sentence on why."""

from __future__ import annotations

from dataclasses import dataclass

from pages.session.scene import Scene
from tensorllm_core.types import Layout

__all__ = ["SCENES", "SceneCard"]


@dataclass(frozen=True)
class SceneCard:
    """A scene, its name, what one sees there, and the screen that shows it, by its name in the menu's registry."""

    title: str
    icon: str
    words: str
    scene: Scene
    page: str = "decompose"


SCENES: tuple[SceneCard, ...] = (
    SceneCard(
        "Find the signal in the noise",
        ":material/graphic_eq:",
        "Noise of twice the weights' own size lies on every layer. The spectrum still bends at the true ranks, "
        "and the noise floor finds them without any data.",
        Scene(),
    ),
    SceneCard(
        "Heads that share a subspace",
        ":material/join_inner:",
        "The same model without the noise. Its heads were trained to live in 12 x 6 x 4 shared directions: "
        "beyond those ranks nothing is left to lose.",
        Scene().with_fields(model="demo-decoder"),
    ),
    SceneCard(
        "No structure to find",
        ":material/texture:",
        "An encoder that was trained freely. Its spectrum falls slowly, and every rank that you take away costs.",
        Scene().with_fields(model="demo-encoder"),
    ),
    SceneCard(
        "Cut along the wrong axis",
        ":material/content_cut:",
        "The authors' program cuts the matrices into heads along the other axis. Same ratio, same weights, "
        "but the shared subspace is gone.",
        Scene().with_fields(model="demo-decoder", layout=Layout.RELEASED_CODE, r1=12, r2=6, r3=4),
    ),
    SceneCard(
        "Compression that heals",
        ":material/healing:",
        "All layers of the noisy model at the hinted ranks: it answers far more questions than before, and more than "
        "random directions of the same ranks let it.",
        Scene().with_fields(layers=("all",)),
        "reasoning",
    ),
    SceneCard(
        "Better, but for the wrong reason",
        ":material/warning:",
        "One layer was taught wrong answers. Compressing it wins them back; removing its attention does as well. "
        "That is why the controls are there.",
        Scene().with_fields(model="demo-decoder-mislabelled", layer=2, r1=4, r2=1, r3=2),
        "reasoning",
    ),
    SceneCard(
        "Which method, at the same size?",
        ":material/balance:",
        "Several methods save as much as each other of every layer of the noisy model. Only one that shares the right "
        "subspace heals it; random directions of the same size do not.",
        Scene(),
        "compare",
    ),
    SceneCard(
        "More than chance, layer by layer",
        ":material/layers:",
        "All layers of the freely trained encoder beside Gaussian weights of the same shape and norm: what they do not "
        "show is structure.",
        Scene().with_fields(model="demo-encoder"),
        "layers",
    ),
    SceneCard(
        "Heads that differ, heads alike",
        ":material/view_module:",
        "Energy and error of every head of one layer, which of them resemble each other, and the cores of the most and "
        "the least compressible one.",
        Scene().with_fields(model="demo-encoder", layer=2, alike=True),
        "heads",
    ),
)
