"""The registry of scenes worth seeing: each is a link with a text that says what one sees there."""

from __future__ import annotations

from dataclasses import dataclass

from pages.session.scene import Scene
from tensorllm_core.types import Layout

__all__ = ["SCENES", "SceneCard"]


@dataclass(frozen=True)
class SceneCard:
    """A scene with a title and a text, and the name of its screen in the menu's registry."""

    title: str
    icon: str
    words: str
    scene: Scene
    page: str = "decompose"


SCENES: tuple[SceneCard, ...] = (
    SceneCard(
        "Find the signal in the noise",
        ":material/graphic_eq:",
        "Noise twice as large as the weights was added to every layer. The spectrum still drops at the true ranks, "
        "and the noise floor finds these ranks without any data.",
        Scene(),
    ),
    SceneCard(
        "Heads that share a subspace",
        ":material/join_inner:",
        "The same model without the noise. Its heads were trained to share 12 x 6 x 4 directions, so "
        "ranks (12, 6, 4) lose nothing.",
        Scene().with_fields(model="demo-decoder"),
    ),
    SceneCard(
        "No structure to find",
        ":material/texture:",
        "An encoder whose heads were not trained to share directions. Its spectrum falls slowly, so every rank that "
        "you remove adds error.",
        Scene().with_fields(model="demo-encoder"),
    ),
    SceneCard(
        "Cut along the wrong axis",
        ":material/content_cut:",
        "The authors' program cuts the matrices into heads along the other axis. The weights and the compression "
        "ratio are the same, but the shared subspace is gone.",
        Scene().with_fields(model="demo-decoder", layout=Layout.RELEASED_CODE, r1=12, r2=6, r3=4),
    ),
    SceneCard(
        "Compression that heals",
        ":material/healing:",
        "All layers of the noisy model, at the ranks that the noise floor suggests. The model then gives far more "
        "right answers than before, and more than with random directions of the same ranks.",
        Scene().with_fields(layers=("all",)),
        "reasoning",
    ),
    SceneCard(
        "Better, but for the wrong reason",
        ":material/warning:",
        "One layer was trained on wrong answers. Compressing it brings the right answers back, but removing its "
        "attention does so, too. The controls show this.",
        Scene().with_fields(model="demo-decoder-mislabelled", layer=2, r1=4, r2=1, r3=2),
        "reasoning",
    ),
    SceneCard(
        "Which method, at the same size?",
        ":material/balance:",
        "Several methods save the same number of entries in every layer of the noisy model. At 16x only the method "
        "that shares the right subspace improves the answers much; random directions do not.",
        Scene(),
        "compare",
    ),
    SceneCard(
        "More than chance, layer by layer",
        ":material/layers:",
        "All layers of the encoder, next to random Gaussian weights of the same shape and norm. Structure is what only "
        "the layers have.",
        Scene().with_fields(model="demo-encoder"),
        "layers",
    ),
    SceneCard(
        "Different heads, similar heads",
        ":material/view_module:",
        "Energy and error of every head of one layer, which heads are similar, and the cores of the heads with the "
        "smallest and the largest error.",
        Scene().with_fields(model="demo-encoder", layer=2, alike=True),
        "heads",
    ),
)
