"""From what a person asks for to the ranks in force: the one place where ranks are decided.

Whoever asks may give ranks, an error, a compression ratio, or nothing at all (the suggested rule). What cannot be
met exactly becomes the nearest that can, and the decision says so: a screen shows the sentence, a command ends with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tensorllm_core.errors import RankError, RequestError
from tensorllm_core.linalg.eigenvectors import Report
from tensorllm_core.linalg.hosvd import Hosvd
from tensorllm_core.linalg.kept_slices import MOST_LOST, ranks_that_keep_slices
from tensorllm_core.linalg.landscape import Landscape
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.linalg.rank_choice import (
    check_error,
    check_ranks,
    clamp_ranks,
    rank_limits,
    ranks_for_compression,
    ranks_for_error,
    tied_ranks,
)
from tensorllm_core.linalg.truncations import TuckerTruncations
from tensorllm_core.methods.method import Prepared
from tensorllm_core.methods.rank_text import RankText
from tensorllm_core.models.bundled_models import BUNDLED
from tensorllm_core.types import Ranks, TensorShape

__all__ = [
    "LOSSLESS",
    "GivenRanks",
    "HintedRanks",
    "KeptSlices",
    "LargestError",
    "LeastRatio",
    "RankDecision",
    "RankRule",
    "WrittenRanks",
    "check_rule",
    "decide_ranks",
    "exact_ranks",
    "ranks_of_tensors",
    "suggested_rule",
    "suggestion_text",
]

LOSSLESS = 1e-6
"""Relative errors up to this are the rounding of float32 weights."""


@dataclass(frozen=True)
class HintedRanks:
    """The ranks at the noise floor, each layer's own."""


@dataclass(frozen=True)
class KeptSlices:
    """The fewest stored entries at which every part and group keeps an error of at most `most`, each layer's own."""

    most: float = MOST_LOST


@dataclass(frozen=True)
class GivenRanks:
    """These ranks; with `tied`, R1 follows from R2 as in the paper's program (`tied_ranks`)."""

    ranks: Ranks
    tied: bool = False


@dataclass(frozen=True)
class LargestError:
    """The fewest stored entries within this relative error, each layer's own ranks."""

    error: float


@dataclass(frozen=True)
class LeastRatio:
    """The least error at this compression ratio or a higher one, each layer's own ranks."""

    ratio: float


@dataclass(frozen=True)
class WrittenRanks:
    """Ranks as a person writes them for any method: one rank, a fraction, or a group for each kind of tensor."""

    text: RankText


RankRule = HintedRanks | KeptSlices | GivenRanks | LargestError | LeastRatio | WrittenRanks


@dataclass(frozen=True)
class RankDecision:
    """The ranks in force, and the request: the ranks of the rule, each within the size of its mode.

    `problem` says why the ranks are not those of the rule; it is empty where they are. With leading directions only,
    the ranks are also held within these, without a problem: the request stays for the time when all are there.
    """

    ranks: Ranks
    request: Ranks
    problem: str = ""


def suggested_rule(reference: str) -> RankRule:
    """The rule for a model of this name until a person chooses ranks.

    The bundled models have low ranks and white noise on top of them: there the noise floor is at the true ranks. The
    weights of other models are not made like that, and the noise floor may lose whole parts of them.

    >>> suggested_rule("demo-decoder"), suggested_rule("owner/name")
    (HintedRanks(), KeptSlices(most=0.5))
    """
    return HintedRanks() if reference in BUNDLED else KeptSlices()


def suggestion_text(reference: str) -> str:
    """What the suggested ranks of a model of this name are, after `the ranks`.

    >>> suggestion_text("owner/name")
    'with the fewest entries at which no part or group has an error above 0.5, or the nearest to that'
    """
    match suggested_rule(reference):
        case KeptSlices(most):
            return (
                f"with the fewest entries at which no part or group has an error above {most:g}, or the nearest to that"
            )
    return "that the noise floor suggests from the spectra alone, without data"


def decide_ranks(
    rule: RankRule, decomposition: Hosvd, table: Landscape, report: Report = lambda share: None
) -> RankDecision:
    """The possible ranks of one layer that are nearest to what the rule asks for.

    The kept slices of a large layer take a second; then `report` gets the share that is done.

    Raises:
        RequestError: an error below zero.
    """
    match rule:
        case GivenRanks(ranks, tied):
            return _given(decomposition, ranks, tied)
        case LargestError(error):
            ranks = ranks_for_error(table, max(error, LOSSLESS) if error >= 0 else error)
        case LeastRatio(ratio):
            try:
                ranks = ranks_for_compression(table, ratio)
            except RankError as problem:
                smallest = Ranks(1, 1, 1)
                return RankDecision(smallest, smallest, str(problem))
        case HintedRanks():
            ranks = noise_floor(decomposition).ranks
        case KeptSlices(most):
            ranks = ranks_that_keep_slices(table, most, report)
        case WrittenRanks(text):
            return _given(decomposition, Ranks.parse(text.text), tied=False)
    return RankDecision(ranks, ranks)


def exact_ranks(rule: RankRule, decomposition: Hosvd, table: Landscape) -> Ranks:
    """The ranks of one layer, exactly as the rule asks for them.

    Raises:
        RankError: they are impossible, or no ranks reach the ratio.
        RequestError: as `decide_ranks`.
    """
    decision = decide_ranks(rule, decomposition, table)
    if decision.problem:
        raise RankError(decision.problem)
    return decision.ranks


def check_rule(rule: RankRule, shape: TensorShape) -> None:
    """Refuse what the shape alone shows to be impossible, before any work.

    Raises:
        RankError: ranks that no decomposition of a tensor of this shape can have.
        RequestError: an error that none can have.
    """
    if isinstance(rule, GivenRanks):
        check_ranks(shape, rule.ranks)
    if isinstance(rule, LargestError):
        check_error(rule.error)


def ranks_of_tensors(rule: RankRule, prepared: Prepared) -> Mapping[str, tuple[int, ...]]:
    """The ranks of every tensor that a method has decomposed, exactly as the rule asks for them.

    Raises:
        RankError: they are impossible, or no ranks reach the ratio.
        RequestError: the rule speaks of the ranks of a Tucker decomposition, and the method has others.
    """
    match rule:
        case WrittenRanks(text):
            return text.of(prepared)
        case LeastRatio(ratio):
            return prepared.ranks_for_compression(ratio)
    ranks = {}
    for name, tensor in prepared.tensors.items():
        if not isinstance(tensor, TuckerTruncations):
            raise RequestError(
                f"Expected ranks or a ratio for {name}, got a rule for Tucker decompositions; give ranks or a ratio."
            )
        ranks[name] = tuple(exact_ranks(rule, tensor.decomposition, tensor.table))[: len(tensor.limits)]
    return ranks


def _given(decomposition: Hosvd, ranks: Ranks, tied: bool) -> RankDecision:
    shape = decomposition.shape
    request = _within(rank_limits(shape), ranks)
    if tied:
        request = tied_ranks(shape, request.r2, request.r3)
    possible = clamp_ranks(shape, _within(decomposition.limits, request))
    try:
        # Tied ranks follow from two numbers: what is beyond the limits there is no mistake of the person's.
        check_ranks(shape, possible if tied else ranks)
    except RankError as error:
        return RankDecision(possible, request, str(error))
    return RankDecision(possible, request)


def _within(limits: Ranks, ranks: Ranks) -> Ranks:
    return Ranks(*(min(rank, limit) for rank, limit in zip(ranks, limits, strict=True)))
