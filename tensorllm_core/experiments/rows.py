"""Rows of tokens that score the choices of a question; a decoder reads the prompt once for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tensorllm_core.experiments.packing import Tokens, pack
from tensorllm_core.models.branches import takes_branches
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["Probe", "Target", "most_in_row", "rows_after_prompt"]

_MOST_TOKENS = 2**10
_MOST_LOGITS = 2**26


@dataclass(frozen=True)
class Target:
    """The tokens of one choice, whose log-probabilities sum to that of the choice.

    `choice` counts from 0 in the question's choices; `positions` are the places in the row at which the tokens are
    predicted.
    """

    choice: int
    tokens: tuple[int, ...]
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Probe:
    """One row of tokens for one question, and the choices that are scored in it.

    `question` counts from 0 in the question set. Where several choices follow the prompt, `depths` and `ends` say how
    (see `Packing`); they are empty where every token follows all those before it.
    """

    question: int
    tokens: tuple[int, ...]
    targets: tuple[Target, ...]
    depths: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """How many positions of the model the row uses."""
        return max(self.depths) + 1 if self.depths else len(self.tokens)

    @property
    def scored(self) -> tuple[int, ...]:
        """The places in the row at which a token of any target is predicted, in order."""
        return tuple(sorted({position for target in self.targets for position in target.positions}))


def most_in_row(loaded: LoadedModel) -> int:
    """The most tokens of choices that follow a prompt in one row; 0 for a model that reads one choice in a row.

    The attention grows with the square of a row, and the logits with its length and the vocabulary.
    """
    if not takes_branches(loaded.model, loaded.checkpoint.family):
        return 0
    return max(1, min(_MOST_TOKENS, _MOST_LOGITS // max(len(loaded.tokenizer), 1)))


def rows_after_prompt(question: int, prompt: Tokens, answers: Sequence[Tokens], most: int) -> tuple[Probe, ...]:
    """The rows of a decoder: the prompt with all choices after it, in several rows where they have too many tokens.

    Args:
        question: its number.
        answers: the tokens of each choice.
        most: tokens of choices in one row. 0 writes one row for each choice; those of one token share one all the same.
    """
    return tuple(_row(question, prompt, answers, places) for places in _shares(answers, most))


def _shares(answers: Sequence[Tokens], most: int) -> Iterator[list[int]]:
    """The places of the choices that share a row."""
    # A choice of one token adds none to its row.
    share = [place for place, tokens in enumerate(answers) if len(tokens) == 1]
    room = most
    for place, tokens in enumerate(answers):
        added = len(tokens) - 1
        if not added:
            continue
        if share and added > room:
            yield share
            share, room = [], most
        share.append(place)
        room -= added
    if share:
        yield share


def _row(question: int, prompt: Tokens, answers: Sequence[Tokens], places: Sequence[int]) -> Probe:
    packing = pack(prompt, [answers[place] for place in places])
    targets = tuple(
        Target(place, answers[place], positions) for place, positions in zip(places, packing.predicted, strict=True)
    )
    if all(end == len(packing.tokens) for end in packing.ends):
        # One branch alone: every token follows all those before it.
        return Probe(question, packing.tokens, targets)
    return Probe(question, packing.tokens, targets, packing.depths, packing.ends)
