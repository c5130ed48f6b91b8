"""One wave: some questions of one benchmark, asked of one model with one edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tensorllm_core.benchmarks.benchmark import Answering, Question, QuestionSet
from tensorllm_core.experiments.answers import Answers, from_generation, from_scores
from tensorllm_core.experiments.encoding import Encoded, encode
from tensorllm_core.experiments.generation import generate_answers
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.scoring import Batch, batches, score_batch
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.family import Objective
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import blocks_of, recording, resumed

__all__ = ["Plan", "Wave", "ask", "waves_of"]


@dataclass(frozen=True, eq=False)
class Wave:
    """Some questions of one set, as each model reads them, by the model's identity."""

    benchmark: str
    key: str
    questions: tuple[Question, ...]
    encoded: dict[int, Encoded]
    batched: dict[tuple[int, int], list[Batch]] = field(default_factory=dict)
    """Batches by model and most rows; made once, however many edits are asked."""

    def batches(self, loaded: LoadedModel, most_rows: int) -> list[Batch]:
        """The wave's rows as that model takes them."""
        place = (id(loaded), most_rows)
        if place not in self.batched:
            tokenizer: Any = loaded.tokenizer
            pads = (token for token in (tokenizer.pad_token_id, tokenizer.eos_token_id) if token is not None)
            self.batched[place] = batches(
                [probe for probes in self.encoded[id(loaded)].probes for probe in probes],
                most_rows=most_rows,
                vocabulary=int(loaded.model.get_output_embeddings().weight.shape[0]),  # type: ignore[operator]
                pad=next(pads, 0),
                masked=loaded.checkpoint.family.objective is Objective.FILL_IN,
                key=self.key,
            )
        return self.batched[place]


@dataclass(frozen=True, eq=False)
class Plan:
    """All waves in the order of asking, how many questions each benchmark has, and what was left out."""

    waves: tuple[Wave, ...]
    total: dict[str, int]
    notices: tuple[str, ...]


def waves_of(questions: Sequence[QuestionSet], models: Sequence[LoadedModel], size: int) -> Plan:
    """The sets cut into waves, taken in turn from each set; every model is asked the same questions.

    Raises:
        BenchmarkError: as `encode`.
    """
    distinct = {id(loaded): loaded for loaded in models}
    waves: list[tuple[int, Wave]] = []
    total: dict[str, int] = {}
    notices: list[str] = []
    for given in questions:
        kept, encoded = _read_by_all(given, distinct)
        notices += [sentence for found in encoded.values() for sentence in found.left_out]
        total[kept.benchmark] = len(kept.questions)
        for number, start in enumerate(range(0, len(kept.questions), size)):
            stop = min(start + size, len(kept.questions))
            part = replace(kept, questions=kept.questions[start:stop])
            cut = {name: _cut(whole, part, start, stop) for name, whole in encoded.items()}
            waves.append((number, Wave(kept.benchmark, part.key, part.questions, cut)))
    in_turn = sorted(waves, key=lambda found: found[0])
    return Plan(tuple(wave for _, wave in in_turn), total, tuple(notices))


def ask(loaded: LoadedModel, edit: Edit, wave: Wave, layer: int, store: PrefixStore, most_rows: int) -> Answers:
    """The answers to a wave; passes begin at `layer` where the store knows what enters it, and else tell it.

    `layer` is at most the lowest that the edit changes.
    """
    encoded = wave.encoded[id(loaded)]
    lot = wave.batches(loaded, most_rows)
    with edited(loaded, edit):
        scores = [_scores(loaded, batch, layer, store) for batch in lot]
        texts: list[str] = []
        for start in range(0, len(encoded.prompts), most_rows):
            some = encoded.prompts[start : start + most_rows]
            texts += generate_answers(loaded, some, encoded.questions.max_new_tokens)
    numbers = np.concatenate([batch.questions for batch in lot])
    found = np.concatenate(scores).astype(np.float64)
    if encoded.questions.answering is Answering.GENERATION:
        return from_generation(wave.questions, texts, -found[np.argsort(numbers, kind="stable")])
    return from_scores(wave.questions, numbers, np.concatenate([batch.choices for batch in lot]), found)


def _read_by_all(given: QuestionSet, models: dict[int, LoadedModel]) -> tuple[QuestionSet, dict[int, Encoded]]:
    """The questions that every model can read; one that any cannot is asked of none."""
    encoded = {name: encode(given, loaded) for name, loaded in models.items()}
    if not any(found.left_out for found in encoded.values()):
        return given, encoded
    ids = set.intersection(*({question.id for question in found.questions.questions} for found in encoded.values()))
    kept = replace(given, questions=tuple(question for question in given.questions if question.id in ids))
    told = {name: found.left_out for name, found in encoded.items()}
    return kept, {name: replace(encode(kept, loaded), left_out=told[name]) for name, loaded in models.items()}


def _scores(loaded: LoadedModel, batch: Batch, layer: int, store: PrefixStore) -> np.ndarray:
    if layer == 0:
        return score_batch(loaded.model, batch)
    blocks = blocks_of(loaded)
    parameter = next(loaded.model.parameters())
    group = f"{loaded.checkpoint.revision} {parameter.device} {parameter.dtype} layer {layer}"
    entering = store.get(group, batch.key)
    if entering is None:
        with recording(blocks, layer) as passes:
            found = score_batch(loaded.model, batch)
        store.put(group, batch.key, passes[0])
        return found
    here = replace(entering, states=entering.states.to(parameter.device))
    with resumed(blocks, layer, here):
        return score_batch(loaded.model, batch)


def _cut(whole: Encoded, part: QuestionSet, start: int, stop: int) -> Encoded:
    probes = tuple(
        tuple(replace(probe, question=probe.question - start) for probe in found) for found in whole.probes[start:stop]
    )
    return Encoded(part, probes, whole.prompts[start:stop], ())
