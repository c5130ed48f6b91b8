"""The steps of the guided tour: their screens, scenes and sentences.

This module imports nothing large: the front door leads to the first step.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pages.frame.navigation import DECOMPOSE

__all__ = ["STEPS", "Step", "tour_parameters"]

_CONTROL = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


@dataclass(frozen=True)
class Step:
    """One step: its screen and scene, and sentences in which `[words](parameters)` are controls."""

    page: str
    title: str
    scene: str
    words: str

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """The sentences as texts and controls, in their order; a control has the number by which it is chosen.

        >>> Step("decompose", "", "", "At [R1 = 12](r1=12) nothing is lost.").pieces
        [{'text': 'At '}, {'text': 'R1 = 12', 'control': 0}, {'text': ' nothing is lost.'}]
        """
        pieces: list[dict[str, Any]] = []
        place = 0
        for number, control in enumerate(_CONTROL.finditer(self.words)):
            pieces.append({"text": self.words[place : control.start()]})
            pieces.append({"text": control[1], "control": number})
            place = control.end()
        return [*pieces, {"text": self.words[place:]}]

    @property
    def controls(self) -> list[dict[str, str]]:
        """The parameters that each control sets."""
        return [dict(parse_qsl(control[2])) for control in _CONTROL.finditer(self.words)]


STEPS = (
    Step(
        DECOMPOSE,
        "Few directions can hold a layer",
        "model=demo-decoder&r1=128&r2=16&r3=4",
        "One layer's attention is a block of 65,536 numbers: model width by head width by four parts by heads. A rank "
        "says how many directions are kept along one of its sides. With [all of them](r1=128&r2=16&r3=4) nothing is "
        "lost, and nothing is saved. "
        "At [R1 = 12, R2 = 6](r1=12&r2=6&r3=4) the error is still zero: the rest held nothing. "
        "At [R1 = 6](r1=6&r2=6&r3=4) something is lost. Now drag the ring yourself.",
    ),
    Step(
        DECOMPOSE,
        "Every rank has its price",
        "model=demo-encoder&r1=32&r2=8&r3=4",
        "The first model was trained to share directions. This one was not, so every direction that goes takes "
        "something with it: [R1 = 64](r1=64&r2=8&r3=4), [R1 = 32](r1=32&r2=8&r3=4), [R1 = 8](r1=8&r2=8&r3=4). Dotted "
        "lines join ranks that make the layer equally small; the orange points are the best of each size.",
    ),
    Step(
        "heads",
        "Shared directions, private cores",
        "model=demo-encoder&layer=2&r1=32&r2=8&r3=4",
        "All heads share the directions. Each keeps only a small core of its own, so some lose more than others. "
        "Compare [head 0](group=0), [head 3](group=3) and [head 7](group=7), and see them "
        "[sorted by similarity](alike=1).",
    ),
    Step(
        DECOMPOSE,
        "A large error can be right",
        "",
        "Here noise was added to the first model. The dashed line in each spectrum is the noise floor: what lies above "
        "it is more than noise. At [the ranks above the floor](r1=12&r2=6&r3=4) most of the layer is lost, and that "
        "is the noise. [Larger ranks](r1=48&r2=12&r3=4) lose less, but what they add is noise again.",
    ),
    Step(
        "reasoning",
        "Only answers decide",
        "layers=all&sample=100",
        "Whether the loss matters, only the model can say: it answers the same questions as it is, and compressed in "
        "[all layers](layers=all) or in [layer 1 alone](layers=1). The change stands with its interval, and "
        "controls show whether the ranks themselves were needed.",
    ),
)


def tour_parameters(step: int) -> dict[str, str]:
    """The parameters with which a step, counted from 1, opens on its screen."""
    return dict(parse_qsl(STEPS[step - 1].scene)) | {"tour": f"{step}"}
