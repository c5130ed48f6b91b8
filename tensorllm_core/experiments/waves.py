"""Waves: some questions of one benchmark at a time, asked of one model with one edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet
from tensorllm_core.experiments.answers import Answers, from_generation, from_scores
from tensorllm_core.experiments.encoding import Encoding, encode
from tensorllm_core.experiments.generation import generate_answers
from tensorllm_core.experiments.limits import longest_short_row, padding_token
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.scoring import Batch, batches, score_batch
from tensorllm_core.experiments.workload import Pace, most_tokens_of
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import blocks_of, recording, resumed
from tensorllm_core.models.stopping import stoppable

__all__ = ["Schedule", "Wave", "ask", "schedule_waves"]


@dataclass(frozen=True, eq=False)
class Wave:
    """Some questions of one benchmark; `encodings` holds their tokens for each model, by the model's `id`."""

    benchmark: str
    key: str
    questions: tuple[Question, ...]
    encodings: Mapping[int, Encoding]
    _batches: dict[tuple[int, int], list[Batch]] = field(default_factory=dict, init=False, repr=False)
    """Batches by model and most rows, made once for all edits of that model."""

    def batches(self, loaded: LoadedModel, most_rows: int) -> list[Batch]:
        """The wave's rows of tokens in batches of at most `most_rows` rows for that model."""
        place = (id(loaded), most_rows)
        if place not in self._batches:
            probes = [probe for of_question in self.encodings[id(loaded)].probes for probe in of_question]
            turn = longest_short_row(loaded)
            self._batches[place] = [
                batch
                for side in (True, False)
                for batch in batches(
                    [probe for probe in probes if (probe.length <= turn) is side],
                    most_rows=most_rows,
                    most_tokens=most_tokens_of(loaded),
                    vocabulary=int(loaded.model.get_output_embeddings().weight.shape[0]),  # type: ignore[operator]
                    pad=padding_token(loaded),
                    masked=loaded.checkpoint.family.objective is Objective.FILL_IN,
                    key=self.key if side else f"{self.key} long",
                )
            ]
        return self._batches[place]


@dataclass(frozen=True, eq=False)
class Schedule:
    """All waves in the order in which they are asked.

    `total` is the number of questions of each benchmark; `notices` say which questions are left out.
    """

    waves: tuple[Wave, ...]
    total: dict[str, int]
    notices: tuple[str, ...]


def schedule_waves(question_sets: Sequence[QuestionSet], models: Sequence[LoadedModel], size: int) -> Schedule:
    """Cut the sets into waves of at most `size` questions: the first of each set, the second of each set, and so on.

    Every model is asked the same questions.

    Raises:
        BenchmarkError: as `encode`.
    """
    distinct = {id(loaded): loaded for loaded in models}
    waves_by_round: dict[int, list[Wave]] = {}
    total: dict[str, int] = {}
    notices: list[str] = []
    for question_set in question_sets:
        # 1. The questions that every model can read, as tokens.
        common, encodings = _encode_for_all(question_set, distinct)
        notices += question_set.notices
        notices += [sentence for encoding in encodings.values() for sentence in encoding.notices]
        total[common.benchmark] = len(common.questions)
        # 2. The same slice of the questions and of their tokens is one wave.
        for number, start in enumerate(range(0, len(common.questions), size)):
            stop = min(start + size, len(common.questions))
            part = replace(common, questions=common.questions[start:stop])
            slices = {model: _slice(encoding, part, start, stop) for model, encoding in encodings.items()}
            wave = Wave(common.benchmark, part.key, part.questions, slices)
            waves_by_round.setdefault(number, []).append(wave)
    # 3. Round after round, the benchmarks in turn.
    return Schedule(
        tuple(wave for number in sorted(waves_by_round) for wave in waves_by_round[number]), total, tuple(notices)
    )


def ask(
    loaded: LoadedModel,
    edit: Edit,
    wave: Wave,
    layer: int,
    store: PrefixStore,
    most_rows: int,
    go_on: Callable[[float], bool] = lambda share: True,
) -> Answers:
    """The answers of a model with an edit to the questions of a wave.

    A pass begins at `layer` where the store has the states that enter it. Elsewhere the whole model runs, and the
    store gets these states.

    Args:
        layer: at most the lowest layer that the edit changes; 0 always runs the whole model.
        most_rows: rows of tokens in one pass.
        go_on: called with the share of the work that is done, before every block of every pass; False stops it.

    Raises:
        StoppedError: `go_on` returned False.
    """
    encoding = wave.encodings[id(loaded)]
    model_batches = wave.batches(loaded, most_rows)
    pace = Pace(loaded, encoding, sum(batch.tokens.numel() for batch in model_batches), go_on)
    # 1. One pass for each batch of scored rows; then the texts, where answers are generated.
    with edited(loaded, edit), stoppable(blocks_of(loaded), pace.go_on):
        parts = []
        for batch in model_batches:
            parts.append(_scores(loaded, batch, layer, store))
            pace.scored(batch.tokens.numel())
        texts: list[str] = []
        for start in range(0, len(encoding.prompts), most_rows):
            prompts = encoding.prompts[start : start + most_rows]
            with pace.generating(len(prompts)):
                texts += generate_answers(loaded, prompts, encoding.question_set.max_new_tokens)
    scores = np.concatenate(parts).astype(np.float64)
    # 2. Batches are sorted by length: scores go back to their questions and choices.
    numbers = np.concatenate([batch.questions for batch in model_batches])
    if encoding.question_set.answering is Answering.GENERATION:
        losses = -scores[np.argsort(numbers, kind="stable")]
        return from_generation(wave.questions, encoding.spellings, texts, losses)
    choices = np.concatenate([batch.choices for batch in model_batches])
    return from_scores(wave.questions, numbers, choices, scores)


def _encode_for_all(
    question_set: QuestionSet, models: Mapping[int, LoadedModel]
) -> tuple[QuestionSet, dict[int, Encoding]]:
    """The questions that every model can read, and their tokens; a question that one model cannot read is left out."""
    encodings = {model: encode(question_set, loaded) for model, loaded in models.items()}
    if not any(encoding.notices for encoding in encodings.values()):
        return question_set, encodings
    readable = set.intersection(
        *({question.id for question in encoding.question_set.questions} for encoding in encodings.values())
    )
    common = replace(
        question_set, questions=tuple(question for question in question_set.questions if question.id in readable)
    )
    return common, {
        model: replace(encode(common, loaded), notices=encodings[model].notices) for model, loaded in models.items()
    }


def _scores(loaded: LoadedModel, batch: Batch, layer: int, store: PrefixStore) -> np.ndarray:
    if layer == 0:
        return score_batch(loaded.model, batch)
    blocks = blocks_of(loaded)
    parameter = next(loaded.model.parameters())
    group = f"{loaded.checkpoint.revision} {parameter.device} {parameter.dtype} layer {layer}"
    entering = store.get(group, batch.key)
    if entering is None:
        with recording(blocks, layer) as passes:
            scores = score_batch(loaded.model, batch)
        store.put(group, batch.key, passes[0])
        return scores
    on_device = replace(entering, states=entering.states.to(parameter.device))
    with resumed(blocks, layer, on_device):
        return score_batch(loaded.model, batch)


def _slice(encoding: Encoding, part: QuestionSet, start: int, stop: int) -> Encoding:
    """The tokens of the questions from `start` to `stop`, numbered from 0."""
    probes = tuple(
        tuple(replace(probe, question=probe.question - start) for probe in of_question)
        for of_question in encoding.probes[start:stop]
    )
    return Encoding(part, probes, encoding.prompts[start:stop], (), encoding.spellings[start:stop])
