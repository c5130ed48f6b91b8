"""From questions to token rows: where in each row which tokens of which choice are predicted.

A decoder predicts an answer after the prompt; an encoder at mask tokens put after it, as many as the answer has
tokens (PAPER's protocol). One row serves every choice whose tokens it can score in one pass.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["Encoded", "Probe", "Target", "encode", "longest_row"]

_ENCODER_MASKS = 5
"""Masks that an encoder fills in where a decoder would continue freely."""
_ANCHOR = "a"


@dataclass(frozen=True)
class Target:
    """Tokens whose log-probabilities sum to that of a choice; counted from 0 in the question's choices."""

    choice: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Probe:
    """One row of tokens for one question, and the positions at which the targets' tokens are predicted."""

    question: int
    tokens: tuple[int, ...]
    positions: tuple[int, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Encoded:
    """A question set as one model reads it; questions that do not fit are left out, and that is said.

    Where answers are generated, the one target of a probe is the gold answer, and `prompts` holds what to continue.
    """

    questions: QuestionSet
    probes: tuple[tuple[Probe, ...], ...]
    prompts: tuple[tuple[int, ...], ...]
    left_out: tuple[str, ...]


def encode(questions: QuestionSet, loaded: LoadedModel) -> Encoded:
    """Tokenise a question set for a model.

    Raises:
        BenchmarkError: an answer or choice is made of tokens that the model does not know, or no question fits.
    """
    writer = _Writer(loaded, questions)
    rows = [writer.probes(number, question) for number, question in enumerate(questions.questions)]
    longest = longest_row(loaded)
    room = questions.max_new_tokens if questions.answering is Answering.GENERATION else 0
    fits = [max(len(probe.tokens) for probe in probes) + room <= longest for probes in rows]
    kept = [number for number, does in enumerate(fits) if does]
    if not kept:
        raise BenchmarkError(
            f"Expected questions of at most {longest} tokens for `{loaded.checkpoint.reference}`, got "
            f"{len(rows)} of `{questions.benchmark}`, all of them longer; choose shorter questions or another model."
            if rows
            else f"Expected at least one question in `{questions.benchmark}`, got none; choose another split."
        )
    left_out = len(rows) - len(kept)
    message = (
        f"{left_out} of {len(rows)} questions of `{questions.benchmark}` are longer than the {longest} tokens that "
        f"the model reads and are left out."
    )
    return Encoded(
        questions=QuestionSet(
            questions.benchmark,
            questions.split,
            tuple(questions.questions[number] for number in kept),
            questions.answering,
            questions.template,
            questions.max_new_tokens,
        ),
        probes=tuple(
            tuple(Probe(place, probe.tokens, probe.positions, probe.targets) for probe in rows[number])
            for place, number in enumerate(kept)
        ),
        prompts=tuple(writer.prompt(questions.questions[number]) for number in kept)
        if questions.answering is Answering.GENERATION
        else (),
        left_out=(message,) if left_out else (),
    )


def longest_row(loaded: LoadedModel) -> int:
    """Tokens that a model reads at most."""
    config: Any = loaded.model.config
    positions = getattr(config, "max_position_embeddings", None) or math.inf
    return int(min(positions, loaded.tokenizer.model_max_length, 2**31))


class _Writer:
    """Writes token rows for one model and one question set; remembers the tokens of each answer."""

    def __init__(self, loaded: LoadedModel, questions: QuestionSet) -> None:
        self._tokenizer: Any = loaded.tokenizer
        self._model = loaded.checkpoint.reference
        self._fills_in = loaded.checkpoint.family.objective is Objective.FILL_IN
        self._set = questions
        self._answers: dict[str, tuple[int, ...]] = {}
        self._targets: dict[tuple[str, ...], dict[int, tuple[Target, ...]]] = {}
        self._prompts: dict[tuple[str, int], tuple[int, ...]] = {}
        if self._fills_in and self._tokenizer.mask_token_id is None:
            raise BenchmarkError(
                f"Expected a tokenizer with a mask token, as `{self._model}` fills in masks, got one without; give the "
                "model's own tokenizer."
            )
        self._tokenise_prompts()

    def probes(self, number: int, question: Question) -> tuple[Probe, ...]:
        """The rows of one question."""
        choices = question.choices if self._set.answering is Answering.CHOICE else (question.answer,)
        found = []
        for length, same in self._targets_by_length(choices).items():
            if self._fills_in:
                row = self._row(question, length)
                places = tuple(at for at, token in enumerate(row) if token == self._tokenizer.mask_token_id)[-length:]
                found.append(Probe(number, row, places, same))
            elif length == 1:
                row = self._row(question, 0)
                found.append(Probe(number, row, (len(row) - 1,), same))
            else:
                row = self._row(question, 0)
                places = tuple(range(len(row) - 1, len(row) - 1 + length))
                found += [Probe(number, row + target.tokens[:-1], places, (target,)) for target in same]
        return tuple(found)

    def _targets_by_length(self, choices: tuple[str, ...]) -> dict[int, tuple[Target, ...]]:
        # Most questions share their choices with others.
        if choices not in self._targets:
            by_length: dict[int, list[Target]] = {}
            for place, choice in enumerate(choices):
                tokens = self._answer(choice)
                by_length.setdefault(len(tokens), []).append(Target(place, tokens))
            self._targets[choices] = {length: tuple(same) for length, same in by_length.items()}
        return self._targets[choices]

    def prompt(self, question: Question) -> tuple[int, ...]:
        """What is continued, masks and all."""
        return self._row(question, _ENCODER_MASKS if self._fills_in else 0)

    def _row(self, question: Question, masks: int) -> tuple[int, ...]:
        text = self._set.prompt(question)
        if (text, masks) not in self._prompts:
            self._tokenise([text], masks)
        return self._prompts[text, masks]

    def _tokenise_prompts(self) -> None:
        self._tokenise([self._set.prompt(question) for question in self._set.questions], 1 if self._fills_in else 0)

    def _tokenise(self, texts: Sequence[str], masks: int) -> None:
        if not texts:
            return
        end = f" {self._tokenizer.mask_token * masks}" if masks else ""
        rows = self._tokenizer([f"{text}{end}" for text in texts], verbose=False).input_ids
        for text, row in zip(texts, rows, strict=True):
            # What comes next is the answer, so a decoder's row does not end itself.
            closed = not self._fills_in and row and row[-1] == self._tokenizer.eos_token_id
            self._prompts[text, masks] = tuple(row[:-1] if closed else row)

    def _answer(self, text: str) -> tuple[int, ...]:
        if text not in self._answers:
            tokens = self._continuation(text)
            unknown = self._tokenizer.unk_token_id
            if not tokens or (unknown is not None and unknown in tokens):
                raise BenchmarkError(
                    f"Expected answers made of tokens that `{self._model}` knows, got `{text[:80]}` in "
                    f"`{self._set.benchmark}`; choose another benchmark or another model."
                )
            self._answers[text] = tokens
        return self._answers[text]

    def _continuation(self, text: str) -> tuple[int, ...]:
        """Tokens of an answer as it follows a prompt and a space."""
        alone, joined = (
            self._tokenizer(words, add_special_tokens=False, verbose=False).input_ids
            for words in (_ANCHOR, f"{_ANCHOR} {text}")
        )
        if joined[: len(alone)] == alone:
            return tuple(joined[len(alone) :])
        return tuple(self._tokenizer(f" {text}", add_special_tokens=False, verbose=False).input_ids)
