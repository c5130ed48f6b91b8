"""What the Reasoning screen asks of which model, as one plan of values alone, and what has come of it so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from pages.session.scene import ChooseBy, Scene
from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation
from tensorllm_core.experiments.history import Curve
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.layers import parse_layers
from tensorllm_core.types import Ranks

__all__ = ["BUNDLED_BENCHMARKS", "EDITED", "OWN_FILE", "Plan", "Reasoning", "make_plan"]

EDITED = "compressed"
BUNDLED_BENCHMARKS = ("world-hop", "world-claims", "world-bios", "world-facts")
OWN_FILE = "own file"


@dataclass(frozen=True)
class Plan:
    """What a run does; `own` holds the questions of an uploaded file."""

    scene: Scene
    revision: str
    layers: tuple[int, ...]
    benchmarks: tuple[str, ...]
    own: QuestionSet | None = None

    @property
    def key(self) -> str:
        """The same key means the same answers, and the same to be said of them.

        So that a reload finds them again, and a change on another screen does not lose them, it is made of what decides
        them: nothing else of the scene.
        """
        scene = self.scene
        decides = (
            (scene.model, scene.device, scene.dtype, scene.layout, self.layers),
            (*_what_gives_the_ranks(scene), scene.refine, scene.controls),
            (self.benchmarks, scene.split, scene.sample, scene.template, self.own.key if self.own else ""),
            # A warning depends on it.
            scene.chosen_on,
        )
        return f"reasoning {self.revision} {hashlib.sha256(repr(decides).encode()).hexdigest()[:20]}"


@dataclass(frozen=True, eq=False)
class Reasoning:
    """What a run has found so far."""

    plan: Plan
    ranks: Mapping[int, Ranks]
    compression_ratio: float
    evaluation: Evaluation
    curves: tuple[Curve, ...]

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the controls that were asked, in the order of asking."""
        return tuple(name for name in self.evaluation.answers if name not in {ORIGINAL, EDITED})


def make_plan(scene: Scene, checkpoint: Checkpoint, own: QuestionSet | None) -> Plan:
    """The plan that a scene stands for.

    Raises:
        RequestError, LayerError: layers that the model does not have.
        BenchmarkError: as `questions_of`.
    """
    layers = parse_layers(scene.layers, checkpoint.layers) if scene.layers else (scene.layer,)
    layers = checkpoint.sizes.one_of_each(layers)
    names = tuple(dict.fromkeys(name for name in scene.benchmark.split(",") if name)) or BUNDLED_BENCHMARKS
    if OWN_FILE in names and own is None:
        raise RequestError("Expected your own questions, got a link without the file; upload it again under Questions.")
    return Plan(scene, checkpoint.revision, layers, names, own if OWN_FILE in names else None)


def _what_gives_the_ranks(scene: Scene) -> tuple[object, ...]:
    match scene.by:
        case ChooseBy.ERROR:
            return scene.by, scene.error
        case ChooseBy.COMPRESSION:
            return scene.by, scene.ratio
        case _:
            # Without ranks the noise floor's are taken, which nobody ties.
            return scene.by, scene.ranks, scene.tied and scene.ranks is not None
