"""What a published figure is, and how much of a published gain the luck of the questions could be.

The figures themselves stand in `published_tables`. Sources: TensorLLM (arXiv 2501.15674), Tables II to IV; LASER
(arXiv 2312.13558), best setting of each cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.intervals import Interval
from tensorllm_core.types import Ranks, TensorShape

__all__ = [
    "Gain",
    "LaserSetting",
    "PublishedBenchmark",
    "PublishedCell",
    "PublishedModel",
    "Score",
    "tied_triples",
    "triples_giving",
    "unpaired_gain",
]

_NORMAL_95 = 1.959963984540054
_VALIDATION_ONE_IN = 5


@dataclass(frozen=True)
class Score:
    """A test accuracy in percent and a loss (of the answer's tokens, in nats), as the paper prints them."""

    percent: float
    loss: float

    @property
    def text(self) -> str:
        """The accuracy in percent with at least one decimal.

        >>> Score(50.0, 2.5).text, Score(58.94, 1.02).text
        ('50.0', '58.94')
        """
        return f"{self.percent:.1f}" if round(self.percent, 1) == self.percent else f"{self.percent:.2f}"

    @property
    def accuracy(self) -> float:
        """The accuracy as a share of 1.

        >>> Score(50.0, 2.5).accuracy
        0.5
        """
        return self.percent / 100


@dataclass(frozen=True)
class PublishedModel:
    """One of the papers' models: where it is on the hub, and its sizes."""

    name: str
    title: str
    hub_id: str
    parameters: int
    layers: int
    shape: TensorShape
    """Of the attention tensor of one layer."""
    d_ff: int
    """Width of the feed-forward block."""

    @property
    def attention_share(self) -> float:
        """Attention weights of one layer as a share of all parameters."""
        return self.shape.entries / self.parameters

    @property
    def suggested_layer(self) -> int:
        """Where to begin, as no paper gives TensorLLM's layers: the first of the last quarter.

        >>> PublishedModel("m", "M", "o/m", 10, 28, TensorShape(4, 2, 4, 2), 8).suggested_layer
        21
        """
        return 3 * self.layers // 4


@dataclass(frozen=True)
class PublishedBenchmark:
    """One of the papers' benchmarks by its registered name, what the tables call it, and how many examples it has.

    `prompt_tokens` and `new_tokens` are our round figures for the price of a question, not published ones.
    """

    name: str
    title: str
    examples: int
    prompt_tokens: int
    new_tokens: int

    @property
    def validation_questions(self) -> int:
        """Questions to choose on: the first 20%."""
        return self.examples // _VALIDATION_ONE_IN

    @property
    def test_questions(self) -> int:
        """Questions that are reported on: the other 80%.

        >>> PublishedBenchmark("fever", "FEVER", 13_086, 30, 0).test_questions
        10469
        """
        return self.examples - self.validation_questions


@dataclass(frozen=True)
class LaserSetting:
    """The matrix that LASER replaces by its truncated SVD, in which layer, and the share `rho` of its largest rank."""

    matrix: str
    layer: int
    rho: float

    def stored_share(self, model: PublishedModel) -> float:
        """Numbers stored for the two factors / entries of the matrix; more than 1 is larger than the matrix itself.

        For a matrix of m x n: `rho min(m, n) (m + n) / (m n)`.

        >>> model = PublishedModel("m", "M", "o/m", 10, 28, TensorShape(4, 2, 4, 2), 16)
        >>> LaserSetting("U_in", 3, 0.5).stored_share(model)
        0.625
        """
        d_model, d_ff = model.shape.d_model, model.d_ff
        return self.rho * min(d_model, d_ff) * (d_model + d_ff) / (d_model * d_ff)


@dataclass(frozen=True)
class PublishedCell:
    """All that is published of one model on one benchmark, and the ranks that were derived from it.

    Args:
        original: before any edit, Table II.
        tensorllm: after TensorLLM, Table II.
        compression_ratio: Table II.
        derived_ranks: not published: the tied ranks that give the published ratio to two decimals.
        cases: Table III: LASER on one feed-forward matrix (quoted from LASER); LASER on feed-forward and attention;
            TensorLLM on attention and LASER on feed-forward.
        laser: setting of LASER's best, whose accuracy is that of the first case.
    """

    model: PublishedModel
    benchmark: PublishedBenchmark
    original: Score
    tensorllm: Score
    compression_ratio: float
    derived_ranks: tuple[Ranks, ...]
    cases: tuple[Score, Score, Score]
    laser: LaserSetting

    def gain(self, after: Score) -> Gain:
        """How much a published score is above the original, as `unpaired_gain`."""
        return unpaired_gain(self.original.accuracy, after.accuracy, self.benchmark.test_questions)


@dataclass(frozen=True)
class Gain:
    """A difference of two accuracies, its standard error and its 95% interval, as shares of 1."""

    delta: float
    sigma: float
    interval: Interval

    @property
    def in_sigmas(self) -> float:
        """The difference in units of its standard error."""
        return self.delta / self.sigma if self.sigma else math.copysign(math.inf, self.delta) if self.delta else 0.0

    @property
    def beyond_luck(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval.low > 0 or self.interval.high < 0


def unpaired_gain(before: float, after: float, n: int) -> Gain:
    """The difference of two accuracies on n questions each, as if the questions were different ones.

    Papers publish no paired answers, so that is all that can be had: each accuracy is a binomial share, and
    `sigma^2 = p (1 - p) / n + q (1 - q) / n`. Answers of an edited model mostly go along with the original's, so a
    paired interval would mostly be narrower; the search for layer and ranks would widen it.

    Raises:
        RequestError: no questions, or an accuracy that is no share of 1.

    >>> gain = unpaired_gain(0.500, 0.5045, 10_469)
    >>> round(gain.in_sigmas, 1), gain.beyond_luck
    (0.7, False)
    """
    if n < 1 or not (0 <= before <= 1 and 0 <= after <= 1):
        raise RequestError(
            f"Expected accuracies from 0 to 1 on at least one question, got {before:g} and {after:g} on {n}; give "
            "shares of 1."
        )
    sigma = math.sqrt((before * (1 - before) + after * (1 - after)) / n)
    delta = after - before
    return Gain(delta, sigma, Interval(delta - _NORMAL_95 * sigma, delta + _NORMAL_95 * sigma))


def tied_triples(shape: TensorShape) -> tuple[Ranks, ...]:
    """All ranks that the authors' program can try: `R1 = r h`, `R2 = r` up to the head's width, any R3.

    >>> tied_triples(TensorShape(4, 2, 2, 2))
    (Ranks(r1=2, r2=1, r3=1), Ranks(r1=4, r2=2, r3=1), Ranks(r1=2, r2=1, r3=2), Ranks(r1=4, r2=2, r3=2))
    """
    return tuple(
        Ranks(r * shape.group, r, r3)
        for r3 in range(1, shape.part + 1)
        for r in range(1, min(shape.d_head, shape.d_model // shape.group) + 1)
    )


def triples_giving(shape: TensorShape, compression_ratio: float) -> tuple[Ranks, ...]:
    """The tied ranks whose compression ratio is this one to two decimals, by their r.

    >>> triples_giving(TensorShape(4096, 256, 4, 16), 247.30)
    (Ranks(r1=64, r2=4, r3=2),)
    """
    triples = [ranks for ranks in tied_triples(shape) if round(shape.compression_ratio(ranks), 2) == compression_ratio]
    return tuple(sorted(triples))
