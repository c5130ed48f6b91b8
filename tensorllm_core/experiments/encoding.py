"""From questions to rows of tokens, and the positions in each row at which the tokens of each choice are predicted.

A decoder predicts an answer after the prompt. An encoder predicts it at mask tokens after the prompt, as many as the
answer has tokens: the protocol of TensorLLM (arXiv 2501.15674). One row serves every choice that it can score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.experiments.prompt_form import PromptForm
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["Encoding", "Probe", "Target", "encode", "longest_row", "padding_token"]

_ENCODER_MASKS = 5
"""Masks that an encoder fills in where a decoder would continue freely."""
_ANCHOR = "a"
"""A word before an answer, so that the answer is tokenised as it is in the middle of a sentence."""


@dataclass(frozen=True)
class Target:
    """The tokens of one choice, whose log-probabilities sum to that of the choice.

    `choice` counts from 0 in the question's choices.
    """

    choice: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Probe:
    """One row of tokens for one question, and the positions at which the tokens of the targets are predicted.

    `question` counts from 0 in the question set; all targets have as many tokens as there are positions.
    """

    question: int
    tokens: tuple[int, ...]
    positions: tuple[int, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Encoding:
    """A question set as rows of tokens for one model.

    `question_set` holds the questions that the model can read; `notices` say how many are left out. `probes` are the
    rows of each question. Where answers are generated, the one target of a probe is the gold answer, and `prompts`
    are the rows that the model continues.
    """

    question_set: QuestionSet
    probes: tuple[tuple[Probe, ...], ...]
    prompts: tuple[tuple[int, ...], ...]
    notices: tuple[str, ...]


def encode(question_set: QuestionSet, loaded: LoadedModel) -> Encoding:
    """Tokenise a question set for a model.

    Raises:
        BenchmarkError: no question, only questions that are longer than the model reads, or an answer or choice of
            tokens that the model does not know.
    """
    # 1. The rows of every question.
    writer = _Writer(loaded, question_set)
    rows = [writer.probes(number, question) for number, question in enumerate(question_set.questions)]
    # 2. The questions whose rows, and the tokens that are generated after them, the model can read.
    longest = longest_row(loaded)
    room = question_set.max_new_tokens if question_set.answering is Answering.GENERATION else 0
    readable = [
        number for number, probes in enumerate(rows) if max(len(probe.tokens) for probe in probes) + room <= longest
    ]
    if not rows:
        raise BenchmarkError(
            f"Expected at least one question in `{question_set.benchmark}`, got none; choose another split."
        )
    if not readable:
        raise BenchmarkError(
            f"Expected questions of at most {longest} tokens for `{loaded.checkpoint.reference}`, got {len(rows)} "
            f"longer ones of `{question_set.benchmark}`; choose shorter questions or another model."
        )
    # 3. These questions alone, numbered anew.
    kept = tuple(question_set.questions[number] for number in readable)
    notice = (
        f"{len(rows) - len(kept)} of {len(rows)} questions of `{question_set.benchmark}` are longer than the {longest} "
        "tokens that the model reads and are left out."
    )
    return Encoding(
        question_set=replace(question_set, questions=kept),
        probes=tuple(
            tuple(replace(probe, question=place) for probe in rows[number]) for place, number in enumerate(readable)
        ),
        prompts=tuple(map(writer.prompt, kept)) if question_set.answering is Answering.GENERATION else (),
        notices=(notice,) if len(kept) < len(rows) else (),
    )


def longest_row(loaded: LoadedModel) -> int:
    """The most tokens of one row that a model reads."""
    config: Any = loaded.model.config
    positions = getattr(config, "max_position_embeddings", None) or math.inf
    return int(min(positions, loaded.tokenizer.model_max_length, 2**31))


def padding_token(loaded: LoadedModel) -> int:
    """The token that fills short rows: the tokenizer's own, else the one that ends a text, else 0."""
    tokenizer: Any = loaded.tokenizer
    return next((token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id) if token is not None), 0)


class _Writer:
    """Writes rows of tokens for one model and one question set; remembers the tokens of each prompt and answer."""

    def __init__(self, loaded: LoadedModel, question_set: QuestionSet) -> None:
        self._tokenizer: Any = loaded.tokenizer
        self._model = loaded.checkpoint.reference
        self._fills_in = loaded.checkpoint.family.objective is Objective.FILL_IN
        self._set = question_set
        self._form = PromptForm(question_set, self._tokenizer, self._model)
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
        probes = []
        for length, targets in self._targets_by_length(choices).items():
            if self._fills_in:
                # An encoder: as many masks as tokens, which all choices of this length share.
                row = self._row(question, length)
                masks = tuple(at for at, token in enumerate(row) if token == self._tokenizer.mask_token_id)
                probes.append(Probe(number, row, masks[-length:], targets))
            elif length == 1:
                # A decoder and choices of one token: all are read off at the end of the prompt.
                row = self._row(question, 0)
                probes.append(Probe(number, row, (len(row) - 1,), targets))
            else:
                # A decoder and longer choices: each follows the prompt in a row of its own.
                row = self._row(question, 0)
                positions = tuple(range(len(row) - 1, len(row) - 1 + length))
                probes += [Probe(number, row + target.tokens[:-1], positions, (target,)) for target in targets]
        return tuple(probes)

    def _targets_by_length(self, choices: tuple[str, ...]) -> dict[int, tuple[Target, ...]]:
        # Most questions share their choices with others.
        if choices not in self._targets:
            by_length: dict[int, list[Target]] = {}
            for place, choice in enumerate(choices):
                tokens = self._answer(choice)
                by_length.setdefault(len(tokens), []).append(Target(place, tokens))
            self._targets[choices] = {length: tuple(targets) for length, targets in by_length.items()}
        return self._targets[choices]

    def prompt(self, question: Question) -> tuple[int, ...]:
        """The row that a decoder continues, or whose masks at the end an encoder fills in."""
        return self._row(question, _ENCODER_MASKS if self._fills_in else 0)

    def _row(self, question: Question, masks: int) -> tuple[int, ...]:
        text = self._form.text(question)
        if (text, masks) not in self._prompts:
            self._tokenise([text], masks)
        return self._prompts[text, masks]

    def _tokenise_prompts(self) -> None:
        self._tokenise([self._form.text(question) for question in self._set.questions], 1 if self._fills_in else 0)

    def _tokenise(self, texts: Sequence[str], masks: int) -> None:
        if not texts:
            return
        end = f" {self._tokenizer.mask_token * masks}" if masks else ""
        special = self._form.adds_special_tokens
        rows = self._tokenizer([f"{text}{end}" for text in texts], add_special_tokens=special, verbose=False).input_ids
        for text, row in zip(texts, rows, strict=True):
            # Some tokenizers end a text with a token for its end; in a decoder's row the answer comes next instead.
            has_end = special and not self._fills_in and row and row[-1] == self._tokenizer.eos_token_id
            self._prompts[text, masks] = tuple(row[:-1] if has_end else row)

    def _answer(self, text: str) -> tuple[int, ...]:
        if text not in self._answers:
            tokens = self._continuation(text)
            unknown = self._tokenizer.unk_token_id
            if not tokens or (unknown is not None and unknown in tokens):
                raise BenchmarkError(
                    f"Expected answers that consist of tokens that `{self._model}` knows, got `{text[:80]}` in "
                    f"`{self._set.benchmark}`; choose another benchmark or another model."
                )
            self._answers[text] = tokens
        return self._answers[text]

    def _continuation(self, text: str) -> tuple[int, ...]:
        """Tokens of an answer that follows a prompt and what joins the two."""
        before, joint = self._form.ending or _ANCHOR, self._form.joint
        alone, joined = (
            self._tokenizer(words, add_special_tokens=False, verbose=False).input_ids
            for words in (before, f"{before}{joint}{text}")
        )
        if joined[: len(alone)] == alone:
            return tuple(joined[len(alone) :])
        return tuple(self._tokenizer(f"{joint}{text}", add_special_tokens=False, verbose=False).input_ids)
