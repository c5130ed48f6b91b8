"""Ask a model the same questions before and after edits, in waves of questions that are random samples of them all.

Each wave is asked of every subject before the next begins, so that a run that is stopped compares all of them on the
same questions. An edit at layer L runs only the layers from L up: what enters L is recorded in the first pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import BenchmarkError, RequestError
from tensorllm_core.experiments.answers import Answers, join_answers
from tensorllm_core.experiments.asking import Wave, ask, waves_of
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.models.devices import is_out_of_memory
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import first_to_run
from tensorllm_core.storage.cache import BoundedCache

__all__ = ["ORIGINAL", "AnswerCache", "Evaluation", "OnWave", "Subject", "empty_answer_cache", "evaluate"]

ORIGINAL = "original"
"""Name of the subject that is the model as it is."""

_MOST_CACHED = 2000
"""Waves whose answers a cache keeps."""

WAVE = 256
"""Questions of one benchmark that are asked before the next one's."""


AnswerCache = BoundedCache[str, Answers]
"""Answers of unedited models by model revision, device, questions and wave."""


def empty_answer_cache() -> AnswerCache:
    """A cache that all evaluations of a process may share."""
    return BoundedCache(_MOST_CACHED)


@dataclass(frozen=True, eq=False)
class Subject:
    """One thing that is asked: a model, with an edit or without."""

    name: str
    loaded: LoadedModel
    edit: Edit = field(default_factory=Edit)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Answers by subject and benchmark, of the questions asked so far.

    `total` counts the questions of each benchmark that will have been asked when it is complete; `seconds` is the
    time spent on each subject.
    """

    answers: Mapping[str, Mapping[str, Answers]]
    total: Mapping[str, int]
    seconds: Mapping[str, float]
    notices: tuple[str, ...]
    complete: bool

    @property
    def share(self) -> float:
        """Share of the questions that have been asked of every subject."""
        asked = sum(len(found.right) for found in next(iter(self.answers.values()), {}).values())
        return asked / max(sum(self.total.values()), 1)


OnWave = Callable[[Evaluation], bool]
"""Called after each wave with everything so far; returning False asks to stop."""


def evaluate(
    questions: Sequence[QuestionSet],
    subjects: Sequence[Subject],
    *,
    store: PrefixStore | None = None,
    cache: AnswerCache | None = None,
    on_wave: OnWave | None = None,
    wave: int = WAVE,
) -> Evaluation:
    """Ask every subject every question; the sets are asked in the order in which they stand (see `shuffled`).

    `store` and `cache` may be shared by all evaluations of a process.

    Raises:
        BenchmarkError: a set that a subject's model cannot be asked, or a set twice.
        RequestError: not even one question at a time fits into the memory.
    """
    if len({found.benchmark for found in questions}) != len(questions) or not questions:
        raise BenchmarkError("Expected one or more different benchmarks, got none or one twice; choose each once.")
    store = PrefixStore() if store is None else store
    run = _Run(list(subjects), store, empty_answer_cache() if cache is None else cache)
    plan = waves_of(questions, [subject.loaded for subject in subjects], wave)
    evaluation = run.so_far(plan.total, plan.notices, complete=False)
    for number, lot in enumerate(plan.waves, start=1):
        for subject in subjects:
            run.ask(subject, lot)
        evaluation = run.so_far(plan.total, plan.notices, complete=number == len(plan.waves))
        if on_wave is not None and not on_wave(evaluation):
            break
    return evaluation


@dataclass(eq=False)
class _Run:
    """What has been asked and answered in one evaluation."""

    subjects: list[Subject]
    store: PrefixStore
    cache: AnswerCache
    most_rows: int = 256

    def __post_init__(self) -> None:
        self.answers: dict[str, dict[str, list[Answers]]] = {subject.name: {} for subject in self.subjects}
        self.seconds = dict.fromkeys((subject.name for subject in self.subjects), 0.0)
        # The lowest layer that any edit of a model changes: its unedited pass records what enters there.
        self.lowest: dict[int, int] = {}
        for subject in self.subjects:
            for layer in subject.edit.layers[:1]:
                at, first = id(subject.loaded), first_to_run(subject.loaded.checkpoint.sizes, layer)
                self.lowest[at] = min(first, self.lowest.get(at, first))

    def ask(self, subject: Subject, lot: Wave) -> None:
        start = time.perf_counter()
        found = self._answers(subject, lot)
        self.seconds[subject.name] += time.perf_counter() - start
        self.answers[subject.name].setdefault(lot.benchmark, []).append(found)

    def so_far(self, total: Mapping[str, int], notices: tuple[str, ...], complete: bool) -> Evaluation:
        answers = {
            name: {benchmark: join_answers(parts) for benchmark, parts in found.items()}
            for name, found in self.answers.items()
        }
        return Evaluation(answers, total, dict(self.seconds), notices, complete)

    def _answers(self, subject: Subject, lot: Wave) -> Answers:
        key = f"{lot.key} {subject.loaded.checkpoint.revision} {_place(subject.loaded)}"
        untouched = not subject.edit.layers
        if untouched and (remembered := self.cache.get(key)) is not None:
            return remembered
        if untouched:
            layer = self.lowest.get(id(subject.loaded), 0)
        else:
            layer = first_to_run(subject.loaded.checkpoint.sizes, subject.edit.layers[0])
        found = self._halving(subject, lot, layer)
        if untouched:
            self.cache.put(key, found)
        return found

    def _halving(self, subject: Subject, lot: Wave, layer: int) -> Answers:
        """With less and less at a time, as long as the memory does not suffice."""
        while True:
            try:
                return ask(subject.loaded, subject.edit, lot, layer, self.store, self.most_rows)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.most_rows == 1:
                    raise RequestError(
                        "Expected memory for one question at a time, got none; choose a smaller model, a smaller dtype "
                        "or another device."
                    ) from error
                self.most_rows //= 2


def _place(loaded: LoadedModel) -> str:
    parameter = next(loaded.model.parameters())
    return f"{parameter.device} {parameter.dtype}"
