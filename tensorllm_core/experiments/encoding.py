"""From questions to rows of tokens, and the positions in each row at which the tokens of each choice are predicted.

A decoder predicts an answer after the prompt. An encoder predicts it at mask tokens after the prompt, as many as the
answer has tokens: the protocol of TensorLLM (arXiv 2501.15674). One row serves every choice that it can score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet
from tensorllm_core.errors import BenchmarkError
from tensorllm_core.experiments.left_out import LeftOut
from tensorllm_core.experiments.limits import known_tokens, longest_row, longest_short_row
from tensorllm_core.experiments.prompt_form import PromptForm
from tensorllm_core.experiments.rows import Probe, Target, most_in_row, rows_after_prompt
from tensorllm_core.experiments.tokens import PromptTokens
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["ENCODER_MASKS", "Encoding", "encode"]

ENCODER_MASKS = 5
"""Masks that an encoder fills in where a decoder would continue freely."""


@dataclass(frozen=True)
class Encoding:
    """A question set as rows of tokens for one model.

    `question_set` holds the questions that the model can read; `notices` say which are left out, and why. `probes` are
    the rows of each question. Where answers are generated, the one target of a probe is the gold answer, `prompts` are
    the rows that the model continues, and `spellings` the gold answers as its tokenizer spells them.
    """

    question_set: QuestionSet
    probes: tuple[tuple[Probe, ...], ...]
    prompts: tuple[tuple[int, ...], ...]
    notices: tuple[str, ...]
    spellings: tuple[str, ...] = ()


def encode(question_set: QuestionSet, loaded: LoadedModel) -> Encoding:
    """Tokenise a question set for a model; a question that it cannot be asked is left out.

    Raises:
        BenchmarkError: no question, or only questions that are longer than the model reads, or whose answers consist
            of tokens that the model does not know; or an encoder's tokenizer has no mask token.
    """
    if not question_set.questions:
        raise BenchmarkError(
            f"Expected at least one question in `{question_set.benchmark}`, got none; choose another split."
        )
    # 1. The questions whose tokens the model knows.
    writer = _Writer(loaded, question_set)
    problems: dict[int, str] = {}
    rows: dict[int, tuple[Probe, ...]] = {}
    for number, question in enumerate(question_set.questions):
        if problem := writer.problem(question):
            problems[number] = problem
        else:
            rows[number] = writer.probes(number, question)
    # 2. Of these, the ones whose rows, and the tokens that are generated after them, the model can read.
    longest = longest_row(loaded)
    readable = [
        number
        for number, probes in rows.items()
        if max(probe.length for probe in probes) <= longest
        and writer.generated_length(question_set.questions[number]) <= longest
    ]
    too_long = len(rows) - len(readable)
    left_out = LeftOut(question_set, loaded.checkpoint.reference, problems, too_long, longest, writer.new_tokens)
    if not readable:
        raise BenchmarkError(left_out.refusal())
    # 3. These questions alone, numbered anew.
    kept = tuple(question_set.questions[number] for number in readable)
    generates = question_set.answering is Answering.GENERATION
    return Encoding(
        question_set=replace(question_set, questions=kept),
        probes=tuple(
            tuple(replace(probe, question=place) for probe in rows[number]) for place, number in enumerate(readable)
        ),
        prompts=tuple(map(writer.prompt, kept)) if generates else (),
        notices=left_out.notices(),
        spellings=tuple(map(writer.spelling, kept)) if generates else (),
    )


class _Writer:
    """Writes rows of tokens for one model and one question set; remembers the tokens of each prompt and answer."""

    def __init__(self, loaded: LoadedModel, question_set: QuestionSet) -> None:
        self._tokenizer: Any = loaded.tokenizer
        self._model = loaded.checkpoint.reference
        self._fills_in = loaded.checkpoint.family.objective is Objective.FILL_IN
        self._most_in_row = most_in_row(loaded)
        self._longest_short = longest_short_row(loaded)
        self._set = question_set
        self._form = PromptForm(question_set, self._tokenizer, self._model)
        self._readable, self._predictable = known_tokens(loaded)
        if self._fills_in and self._tokenizer.mask_token_id is None:
            raise BenchmarkError(
                f"Expected a tokenizer with a mask token, as `{self._model}` fills in masks, got one without; give the "
                "model's own tokenizer."
            )
        pairs = ((self._form.text(each), self._choices(each)) for each in question_set.questions)
        self._tokens = PromptTokens(self._tokenizer, pairs, self._form)

    def problem(self, question: Question) -> str:
        """What was expected of a question's tokens and what came, if the model does not know them; else nothing."""
        prompt = self._form.text(question)
        row = self._row(question, 1 if self._fills_in else 0)
        if not row:
            return f"Expected a prompt of tokens that `{self._model}` knows, got `{prompt[:80]}`"
        predicted: tuple[int, ...] = ()
        for choice in self._choices(question):
            tokens = self._tokens.answer(prompt, choice)
            if not tokens or self._tokenizer.unk_token_id in tokens:
                return f"Expected answers that consist of tokens that `{self._model}` knows, got `{choice[:80]}`"
            predicted += tokens
        read = row if self._fills_in else row + predicted
        for tokens, known in ((read, self._readable), (predicted, self._predictable)):
            if max(tokens) >= known:
                word = self._tokenizer.convert_ids_to_tokens(max(tokens))
                return (
                    f"Expected tokens with numbers below {known}, as `{self._model}` has weights for no others, got "
                    f"`{word}` with number {max(tokens)}"
                )
        return ""

    def probes(self, number: int, question: Question) -> tuple[Probe, ...]:
        """The rows of one question."""
        answers = [self._tokens.answer(self._form.text(question), choice) for choice in self._choices(question)]
        if self._fills_in:
            return self._masked_rows(number, question, answers)
        prompt = self._row(question, 0)
        # The last token of an answer is predicted and never read.
        longest = len(prompt) + max(map(len, answers)) - 1
        most = self._most_in_row if longest <= self._longest_short else 0
        return rows_after_prompt(number, prompt, answers, most)

    def _masked_rows(self, number: int, question: Question, answers: Sequence[tuple[int, ...]]) -> tuple[Probe, ...]:
        """Rows for an encoder: as many masks as tokens, which all choices of this length share."""
        probes = []
        for length in dict.fromkeys(map(len, answers)):
            row = self._row(question, length)
            masks = tuple(at for at, token in enumerate(row) if token == self._tokenizer.mask_token_id)
            targets = tuple(
                Target(choice, tokens, masks[-length:])
                for choice, tokens in enumerate(answers)
                if len(tokens) == length
            )
            probes.append(Probe(number, row, targets))
        return tuple(probes)

    def prompt(self, question: Question) -> tuple[int, ...]:
        """The row that a decoder continues, or whose masks at the end an encoder fills in."""
        return self._row(question, ENCODER_MASKS if self._fills_in else 0)

    def generated_length(self, question: Question) -> int:
        """How many tokens the model reads and writes where it generates the answer; 0 where it does not."""
        if self._set.answering is Answering.CHOICE:
            return 0
        return len(self.prompt(question)) + self.new_tokens

    @property
    def new_tokens(self) -> int:
        """How many tokens the model writes at most after a prompt; 0 where it scores choices or fills in masks."""
        return 0 if self._fills_in or self._set.answering is Answering.CHOICE else self._set.max_new_tokens

    def spelling(self, question: Question) -> str:
        """The gold answer as a model spells it that predicts exactly its tokens."""
        return self._tokens.spelling(self._form.text(question), question.answer)

    def _choices(self, question: Question) -> tuple[str, ...]:
        return question.choices if self._set.answering is Answering.CHOICE else (question.answer,)

    def _row(self, question: Question, masks: int) -> tuple[int, ...]:
        prompt = self._form.text(question)
        return self._tokens.with_masks(prompt, masks) if self._fills_in else self._tokens.prompt(prompt)
