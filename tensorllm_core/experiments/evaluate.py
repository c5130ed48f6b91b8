"""Ask a model the same questions before and after edits, in waves: each is a random sample of one benchmark.

Every subject answers a wave before the next wave begins, so that a run that is stopped compares all subjects on the
same questions. An edit at layer L runs only the layers from L up: the states that enter L are recorded once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import BenchmarkError, CheckpointError, ExplorerError, RequestError
from tensorllm_core.experiments.answers import Answers, join_answers
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.waves import Schedule, Wave, ask, schedule_waves
from tensorllm_core.models.devices import is_out_of_memory
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import first_to_run
from tensorllm_core.storage.cache import BoundedCache

__all__ = ["ORIGINAL", "AnswerCache", "Evaluation", "OnWave", "Subject", "empty_answer_cache", "evaluate"]

ORIGINAL = "original"
"""Name of the subject that is the model as it is."""

_MOST_CACHED = 2000
"""The most waves whose answers a cache keeps."""

WAVE = 256
"""Questions of one benchmark in a wave."""


AnswerCache = BoundedCache[str, Answers]
"""Answers of unedited models by model revision, device, type and wave."""


def empty_answer_cache() -> AnswerCache:
    """A cache that all evaluations of a process may share."""
    return BoundedCache(_MOST_CACHED)


@dataclass(frozen=True, eq=False)
class Subject:
    """A model that answers, with an edit or without."""

    name: str
    loaded: LoadedModel
    edit: Edit = field(default_factory=Edit)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Answers by subject and benchmark, of the questions so far.

    `total` counts all questions of each benchmark; `seconds` is the time that each subject took; `complete` says
    whether every subject has answered them all.
    """

    answers: Mapping[str, Mapping[str, Answers]]
    total: Mapping[str, int]
    seconds: Mapping[str, float]
    notices: tuple[str, ...]
    complete: bool

    @property
    def share(self) -> float:
        """Share of the questions that every subject has answered."""
        of_first_subject = next(iter(self.answers.values()), {})
        answered = sum(len(answers.right) for answers in of_first_subject.values())
        return answered / max(sum(self.total.values()), 1)

    @property
    def so_far(self) -> str:
        """A sentence on the questions that a run which is not complete has answered, and on what they stand for."""
        asked = next(iter(self.answers.values()), {})
        answered, missing = ([name for name in self.total if (name in asked) is there] for there in (True, False))
        stand_for = f"{', '.join(answered)}. None yet of {', '.join(missing)}" if missing else "each benchmark"
        return f"{self.share:.0%} of the questions are answered: a random sample of {stand_for}."


OnWave = Callable[[Evaluation], bool]
"""Called after each wave with all answers so far; returning False asks to stop."""


def evaluate(
    questions: Sequence[QuestionSet],
    subjects: Sequence[Subject],
    *,
    store: PrefixStore | None = None,
    cache: AnswerCache | None = None,
    on_wave: OnWave | None = None,
    wave: int = WAVE,
) -> Evaluation:
    """Ask every subject every question, in the order in which the questions stand in their sets (see `shuffled`).

    Args:
        store: states that enter a layer; all evaluations of a process may share it.
        cache: answers of unedited models; all evaluations of a process may share it.
        on_wave: as `OnWave` says.
        wave: questions of one benchmark in a wave.

    Raises:
        BenchmarkError: no set, the same benchmark twice, or a set that a subject's model cannot be asked.
        CheckpointError: the scores of the model as it is are no finite numbers.
        RequestError: those of an edit are not; or not even one question at a time fits into the memory.
    """
    if len({each.benchmark for each in questions}) != len(questions) or not questions:
        raise BenchmarkError(
            "Expected different benchmarks, one or more, got none or the same one twice; choose each once."
        )
    # 1. The waves, the same for every subject.
    schedule = schedule_waves(questions, [subject.loaded for subject in subjects], wave)
    # 2. Wave after wave, subject after subject.
    store = PrefixStore() if store is None else store
    interview = _Interview(list(subjects), store, empty_answer_cache() if cache is None else cache)
    evaluation = interview.evaluation(schedule, complete=False)
    for number, questions_of_wave in enumerate(schedule.waves, start=1):
        for subject in subjects:
            interview.ask(subject, questions_of_wave)
        # 3. All answers so far, for whoever follows the run and may stop it.
        evaluation = interview.evaluation(schedule, complete=number == len(schedule.waves))
        if on_wave is not None and not on_wave(evaluation):
            break
    return evaluation


@dataclass(eq=False)
class _Interview:
    """The answers of all subjects so far, and what makes the next ones fast."""

    subjects: list[Subject]
    store: PrefixStore
    cache: AnswerCache
    most_rows: int = 256

    def __post_init__(self) -> None:
        self.answers: dict[str, dict[str, list[Answers]]] = {subject.name: {} for subject in self.subjects}
        self.seconds = dict.fromkeys((subject.name for subject in self.subjects), 0.0)
        # The lowest layer that any edit of a model changes: the pass of the unedited model records what enters there.
        self.lowest: dict[int, int] = {}
        for subject in self.subjects:
            for layer in subject.edit.layers[:1]:
                model, first = id(subject.loaded), first_to_run(subject.loaded.checkpoint.sizes, layer)
                self.lowest[model] = min(first, self.lowest.get(model, first))

    def ask(self, subject: Subject, wave: Wave) -> None:
        start = time.perf_counter()
        answers = self._answers(subject, wave)
        self.seconds[subject.name] += time.perf_counter() - start
        self.answers[subject.name].setdefault(wave.benchmark, []).append(answers)

    def evaluation(self, schedule: Schedule, *, complete: bool) -> Evaluation:
        answers = {
            name: {benchmark: join_answers(parts) for benchmark, parts in by_benchmark.items()}
            for name, by_benchmark in self.answers.items()
        }
        return Evaluation(answers, schedule.total, dict(self.seconds), schedule.notices, complete)

    def _answers(self, subject: Subject, wave: Wave) -> Answers:
        if subject.edit.layers:
            layer = first_to_run(subject.loaded.checkpoint.sizes, subject.edit.layers[0])
            return self._answers_within_memory(subject, wave, layer)
        key = f"{wave.key} {subject.loaded.checkpoint.revision} {_device_and_type(subject.loaded)}"
        answers = self.cache.get(key)
        if answers is None:
            answers = self._answers_within_memory(subject, wave, self.lowest.get(id(subject.loaded), 0))
            self.cache.put(key, answers)
        return answers

    def _answers_within_memory(self, subject: Subject, wave: Wave, layer: int) -> Answers:
        """Ask with half as many rows at a time whenever the memory does not suffice."""
        while True:
            try:
                return ask(subject.loaded, subject.edit, wave, layer, self.store, self.most_rows)
            except FloatingPointError as error:
                raise _not_finite(subject, wave.benchmark, str(error)) from error
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.most_rows == 1:
                    raise RequestError(
                        "Expected memory for one question at a time, got too little; choose a smaller model, a smaller "
                        "dtype or another device."
                    ) from error
                self.most_rows //= 2


def _not_finite(subject: Subject, benchmark: str, what: str) -> ExplorerError:
    """The error for scores from which nothing can be counted: a weight that is no number, or too large a number."""
    reference = subject.loaded.checkpoint.reference
    dtype = str(next(subject.loaded.model.parameters()).dtype).removeprefix("torch.")
    wider = "" if dtype == "float32" else "load the model in float32, or "
    if subject.edit.layers:
        return RequestError(
            f"Expected finite scores on `{benchmark}` from `{reference}` in {dtype} with the edit `{subject.name}`, "
            f"got {what}; {wider}choose other ranks or layers."
        )
    return CheckpointError(
        f"Expected finite scores on `{benchmark}` from the original `{reference}` in {dtype}, got {what}; {wider}give "
        "another checkpoint."
    )


def _device_and_type(loaded: LoadedModel) -> str:
    parameter = next(loaded.model.parameters())
    return f"{parameter.device} {parameter.dtype}"
