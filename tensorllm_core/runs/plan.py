"""Plans: exactly what decides an answer, as values. The key of a plan is the hash of all of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.methods.description import Options
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.models.devices import SPREAD, resolve_device
from tensorllm_core.models.layers import parse_layers
from tensorllm_core.runs.ranks import RankRule
from tensorllm_core.types import Layout

__all__ = [
    "DTYPE",
    "ComparisonPlan",
    "EditPlan",
    "LayerPlan",
    "ModelPlan",
    "Plan",
    "QuestionPlan",
    "ScanPlan",
    "SurveyPlan",
    "chosen_layers",
    "plan_layer",
    "plan_model",
    "plan_survey",
]

DTYPE = "float32"
"""Type of the weights of a loaded model unless another one is asked for."""


class Plan:
    """What all plans have in common: a key."""

    @property
    def key(self) -> str:
        """The same key means the same answer: it is the hash of every field, so that none can be forgotten."""
        return f"{type(self).__name__} {hashlib.sha256(_text_of(self, whole=True).encode()).hexdigest()[:24]}"


@dataclass(frozen=True)
class ModelPlan(Plan):
    """A loaded model: another revision, device or type of weights is another model.

    `device` is where it computes on this machine, as `cpu` or `cuda:0`, or `spread`.
    """

    reference: str
    revision: str
    device: str
    dtype: str = DTYPE


@dataclass(frozen=True)
class LayerPlan(Plan):
    """The decomposition of one layer at all ranks."""

    reference: str
    revision: str
    layer: int
    layout: Layout
    device: str


@dataclass(frozen=True)
class SurveyPlan(Plan):
    """A summary of every layer of a checkpoint."""

    reference: str
    revision: str
    layout: Layout
    device: str


@dataclass(frozen=True)
class QuestionPlan(Plan):
    """The questions that are asked.

    `own` holds the question sets that are read from files; their names stand among the `benchmarks`. `sample` is the
    number of questions of each benchmark, None for all. An empty `template` means each benchmark's own. With `chat`,
    all prompts are put into the chat template of the model's tokenizer.
    """

    benchmarks: tuple[str, ...]
    split: Split = Split.TEST
    sample: int | None = None
    template: str = ""
    own: tuple[QuestionSet, ...] = ()
    chat: bool = False


@dataclass(frozen=True)
class EditPlan(Plan):
    """A model answers before and after a method replaces weights of these layers."""

    model: ModelPlan
    layers: tuple[int, ...]
    method: str
    ranks: RankRule
    questions: QuestionPlan
    options: Options = field(default_factory=Options)
    controls: bool = False


@dataclass(frozen=True)
class ScanPlan(Plan):
    """TensorLLM at the best ranks of many compression ratios, on validation questions."""

    model: ModelPlan
    layers: tuple[int, ...]
    layout: Layout
    questions: QuestionPlan


@dataclass(frozen=True)
class ComparisonPlan(Plan):
    """Several methods at the same budgets, on the same questions.

    A budget is a compression ratio: what the attention of a layer saves at it, every method must save. Without
    benchmarks only the weights are compared. With `choose`, each method's best budget is chosen on validation.
    """

    model: ModelPlan
    layers: tuple[int, ...]
    methods: tuple[str, ...]
    ratios: tuple[float, ...]
    questions: QuestionPlan
    choose: bool = False

    def nearest(self, budget: float) -> float:
        """The budget of the plan that is nearest to this one."""
        return min(self.ratios, key=lambda ratio: abs(ratio - budget))


def plan_model(checkpoint: Checkpoint, device: str = "auto", dtype: str = DTYPE) -> ModelPlan:
    """The whole model of that checkpoint.

    Raises:
        RequestError: this machine has no such device.
    """
    place = device if device == SPREAD else str(resolve_device(device))
    return ModelPlan(checkpoint.reference, checkpoint.revision, place, dtype)


def plan_layer(checkpoint: Checkpoint, layer: int, layout: Layout = Layout.PAPER, device: str = "auto") -> LayerPlan:
    """One layer of that checkpoint.

    Raises:
        RequestError: this machine has no such device.
    """
    return LayerPlan(checkpoint.reference, checkpoint.revision, layer, layout, str(resolve_device(device)))


def plan_survey(checkpoint: Checkpoint, layout: Layout = Layout.PAPER, device: str = "auto") -> SurveyPlan:
    """All layers of that checkpoint.

    Raises:
        RequestError: this machine has no such device.
    """
    return SurveyPlan(checkpoint.reference, checkpoint.revision, layout, str(resolve_device(device)))


def chosen_layers(checkpoint: Checkpoint, text: str) -> tuple[int, ...]:
    """The layers that `L`, `L1,L2`, `L1-L2` or `all` names; of layers that share their weights, one.

    A range and `all` stand for their layers with attention.

    Raises:
        RequestError, LayerError: as `parse_layers` and `Checkpoint.check_layer`.
    """
    layers = checkpoint.sizes.one_of_each(parse_layers(text, checkpoint.layers, checkpoint.attention_layers))
    for layer in layers:
        checkpoint.check_layer(layer)
    return layers


def _text_of(value: object, *, whole: bool = False) -> str:
    """A text that differs whenever the value does; a value with a key of its own is written as that key."""
    key = None if whole else getattr(value, "key", None)
    if isinstance(key, str):
        return repr(key)
    if is_dataclass(value):
        inner = ", ".join(f"{each.name}={_text_of(getattr(value, each.name))}" for each in fields(value))
        return f"{type(value).__name__}({inner})"
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text_of, value))})"
    return repr(value)
