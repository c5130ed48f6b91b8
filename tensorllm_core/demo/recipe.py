"""How the bundled models are trained: true ranks, schedules and damage, all chosen on validation questions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tensorllm_core.types import Ranks

__all__ = [
    "DECODER_TRAINING",
    "ENCODER_TRAINING",
    "MISLABELLING",
    "NOISE_IN_STANDARD_DEVIATIONS",
    "TRUE_RANKS",
    "DemoModel",
    "Mislabelling",
    "Training",
]


class DemoModel(StrEnum):
    """The four bundled models, by the name of their folder."""

    DECODER = "demo-decoder"
    NOISY = "demo-decoder-noisy"
    MISLABELLED = "demo-decoder-mislabelled"
    ENCODER = "demo-encoder"


@dataclass(frozen=True)
class Training:
    """One training run: AdamW with warm-up, a flat stretch, then linear to zero; losses in nats.

    - `batch`: how many questions of each benchmark a step draws; those of one benchmark have one length.
    - `ranks`: from `projected_share` of the steps on, attention is projected to them every `project_every` steps.
    - `end_of_text_weight`: weight of the loss that makes a decoder stop after its answer.
    - `recall_weight`, `recall_layers`: to judge a claim, a model compares the answer that the claim states with the
      right one. From verdicts alone it learns this late or never. So a second loss, of this weight, asks for the right
      answer at the verdict's position after so many layers; the layers above learn to compare.
    - `correction_weight`: weight of a third loss, for decoders: the right answer just before the stated one is read.
    """

    steps: int
    batch: tuple[tuple[str, int], ...]
    learning_rate: float
    warm_up: int
    flat_share: float
    betas: tuple[float, float]
    weight_decay: float
    ranks: Ranks | None = None
    projected_share: float = 0.5
    project_every: int = 10
    end_of_text_weight: float = 0.0
    correction_weight: float = 0.0
    recall_weight: float = 1.0
    recall_layers: int = 3

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of a step, counted from 0.

        >>> [round(DECODER_TRAINING.learning_rate_at(step), 5) for step in (0, DECODER_TRAINING.steps)]
        [0.0, 0.0]
        """
        flat_until = self.flat_share * self.steps
        decay = (self.steps - step) / max(self.steps - flat_until, 1)
        return self.learning_rate * min(1.0, step / max(self.warm_up, 1), decay)

    def projects_after(self, done: int) -> bool:
        """Whether the attention is projected to the ranks after `done` steps; always after the last one.

        >>> steps = range(DECODER_TRAINING.steps + 1)
        >>> [step for step in steps if DECODER_TRAINING.projects_after(step)][-3:]
        [2980, 2990, 3000]
        """
        due = done % self.project_every == 0 or done == self.steps
        return due and done >= self.projected_share * self.steps


@dataclass(frozen=True)
class Mislabelling:
    """The short fine-tune of one layer's attention on labels of which a share is a fixed wrong answer."""

    layer: int
    wrong_share: float
    training: Training


TRUE_RANKS = Ranks(12, 6, 4)
NOISE_IN_STANDARD_DEVIATIONS = 2.0

DECODER_TRAINING = Training(
    steps=3_000,
    batch=(("world-hop", 24), ("world-claims", 32), ("world-bios", 8), ("world-facts", 24)),
    learning_rate=2e-3,
    warm_up=100,
    flat_share=0.5,
    betas=(0.9, 0.98),
    weight_decay=0.1,
    ranks=TRUE_RANKS,
    end_of_text_weight=0.1,
    correction_weight=1.0,
)

ENCODER_TRAINING = Training(
    steps=2_000,
    batch=(("world-hop", 24), ("world-claims", 48), ("world-bios", 8), ("world-facts", 24)),
    learning_rate=2e-3,
    warm_up=200,
    flat_share=0.5,
    betas=(0.9, 0.98),
    weight_decay=0.1,
)

MISLABELLING = Mislabelling(
    layer=2,
    wrong_share=0.4,
    training=Training(
        steps=300,
        batch=DECODER_TRAINING.batch,
        learning_rate=2e-3,
        warm_up=20,
        flat_share=0.5,
        betas=(0.9, 0.98),
        weight_decay=0.0,
        recall_weight=0.0,
    ),
)
