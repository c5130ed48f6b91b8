"""Ask a model the same questions before and after edits, in waves: each is a random sample of one benchmark.

Every subject answers a wave before the next wave begins, so that a run that is stopped compares all subjects on the
same questions. An edit at layer L runs only the layers from L up: the states that enter L are recorded once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from tensorllm_core.benchmarks.benchmark import QuestionSet
from tensorllm_core.errors import BenchmarkError, RequestError, StoppedError
from tensorllm_core.experiments.answers import Answers, join_answers
from tensorllm_core.experiments.not_finite import not_finite
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.waves import Schedule, Wave, ask, schedule_waves
from tensorllm_core.experiments.workload import work_of
from tensorllm_core.models.devices import is_out_of_memory
from tensorllm_core.models.edit import Edit
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.models.prefix import first_to_run
from tensorllm_core.storage.cache import BoundedCache
from tensorllm_core.types import Progress

__all__ = ["ORIGINAL", "AnswerCache", "Evaluation", "OnWave", "Subject", "empty_answer_cache", "evaluate"]

ORIGINAL = "original"
"""Name of the subject that is the model as it is."""

_TOO_LITTLE_MEMORY = (
    "Expected memory for one question at a time, got too little; choose a smaller model, dtype or another device."
)
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


OnWave = Callable[[Evaluation], None]
"""Called after each wave with all answers so far."""


def evaluate(
    questions: Sequence[QuestionSet],
    subjects: Sequence[Subject],
    *,
    store: PrefixStore | None = None,
    cache: AnswerCache | None = None,
    on_wave: OnWave | None = None,
    progress: Progress = lambda share, message: True,
    wave: int = WAVE,
) -> Evaluation:
    """Ask every subject every question, in the order in which the questions stand in their sets (see `shuffled`).

    Args:
        store, cache: states that enter a layer, answers of unedited models; a process may share both among its runs.
        on_wave: as `OnWave` says.
        progress: called often with the share of the work that is done, and who is asked what. When it asks to stop,
            the wave that is not complete is dropped.
        wave: questions of one benchmark in a wave.

    Raises:
        BenchmarkError: no set, the same benchmark twice, or a set that a subject's model cannot be asked.
        CheckpointError: the scores of the model as it is are no finite numbers.
        RequestError: those of an edit are not; or not even one question at a time fits into the memory.
        StoppedError: `progress` asked to stop before a wave was complete.
    """
    if len({each.benchmark for each in questions}) != len(questions) or not questions:
        raise BenchmarkError(
            "Expected different benchmarks, one or more, got none or the same one twice; choose each once."
        )
    # 1. The waves, the same for every subject.
    schedule = schedule_waves(questions, [subject.loaded for subject in subjects], wave)
    # 2. Wave after wave, subject after subject.
    store = PrefixStore() if store is None else store
    interview = _Interview(list(subjects), schedule, store, empty_answer_cache() if cache is None else cache, progress)
    evaluation = interview.evaluation()
    for number, questions_of_wave in enumerate(schedule.waves):
        try:
            interview.ask_all(questions_of_wave)
        except StoppedError:
            if number == 0:
                raise
            break
        # 3. All answers so far, for whoever follows the run.
        evaluation = interview.evaluation()
        if on_wave is not None:
            on_wave(evaluation)
    return evaluation


@dataclass(eq=False)
class _Interview:
    """The answers of all subjects so far, what makes the next ones fast, and how much is left."""

    subjects: list[Subject]
    schedule: Schedule
    store: PrefixStore
    cache: AnswerCache
    progress: Progress
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
        self.work = {wave.key: self._work(wave) for wave in self.schedule.waves}
        self.whole_work = sum(sum(of_wave.values()) for of_wave in self.work.values()) or 1.0
        self.work_done = 0.0
        self.share = 0.0

    def ask_all(self, wave: Wave) -> None:
        """Ask every subject; the answers of all count, or those of none."""
        answers = {}
        for subject in self.subjects:
            if not self._go_on(subject, wave, 0.0):
                raise StoppedError("The run was stopped before there was an answer; start it again.")
            start = time.perf_counter()
            answers[subject.name] = self._answers(subject, wave)
            self.seconds[subject.name] += time.perf_counter() - start
            self.work_done += self.work[wave.key][subject.name]
        for name, of_subject in answers.items():
            self.answers[name].setdefault(wave.benchmark, []).append(of_subject)

    def evaluation(self) -> Evaluation:
        answers = {
            name: {benchmark: join_answers(parts) for benchmark, parts in by_benchmark.items()}
            for name, by_benchmark in self.answers.items()
        }
        complete = all(
            sum(len(part.right) for part in by_benchmark.get(benchmark, [])) == total
            for by_benchmark in self.answers.values()
            for benchmark, total in self.schedule.total.items()
        )
        return Evaluation(answers, self.schedule.total, dict(self.seconds), self.schedule.notices, complete)

    def _answers(self, subject: Subject, wave: Wave) -> Answers:
        if subject.edit.layers:
            return self._answers_within_memory(subject, wave)
        key = _answer_key(subject, wave)
        answers = self.cache.get(key)
        if answers is None:
            answers = self._answers_within_memory(subject, wave)
            self.cache.put(key, answers)
        return answers

    def _answers_within_memory(self, subject: Subject, wave: Wave) -> Answers:
        """Ask with half as many rows at a time whenever the memory does not suffice."""
        layer, go_on = self._begin(subject), partial(self._go_on, subject, wave)
        while True:
            try:
                return ask(subject.loaded, subject.edit, wave, layer, self.store, self.most_rows, go_on)
            except FloatingPointError as error:
                edit = subject.name if subject.edit.layers else None
                raise not_finite(subject.loaded, edit, wave.benchmark, str(error)) from error
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.most_rows == 1:
                    raise RequestError(_TOO_LITTLE_MEMORY) from error
                self.most_rows //= 2

    def _begin(self, subject: Subject) -> int:
        """The layer at which the passes of a subject begin, once the states that enter it are recorded."""
        if subject.edit.layers:
            return first_to_run(subject.loaded.checkpoint.sizes, subject.edit.layers[0])
        return self.lowest.get(id(subject.loaded), 0)

    def _work(self, wave: Wave) -> dict[str, float]:
        """The expected work of each subject: the first of a model that begins at a layer runs the layers below too."""
        work, recorded = {}, set()
        for subject in self.subjects:
            begin = (id(subject.loaded), self._begin(subject))
            is_cached = not subject.edit.layers and _answer_key(subject, wave) in self.cache
            layer = begin[1] if begin in recorded and subject.edit.layers else 0
            encoding = wave.encodings[id(subject.loaded)]
            work[subject.name] = 0.0 if is_cached else work_of(subject.loaded, encoding, layer)
            if not is_cached:
                recorded.add(begin)
        return work

    def _go_on(self, subject: Subject, wave: Wave, share_of_wave: float) -> bool:
        """Report the share of all work that is done, which never falls, and who is asked what."""
        done = self.work_done + share_of_wave * self.work[wave.key][subject.name]
        self.share = max(self.share, min(done / self.whole_work, 1.0))
        before = sum(len(part.right) for part in self.answers[subject.name].get(wave.benchmark, []))
        number = before + min(int(share_of_wave * len(wave.questions)) + 1, len(wave.questions))
        of = self.schedule.total[wave.benchmark]
        return self.progress(self.share, f"asking {subject.name}: {wave.benchmark}, {number:,} of {of:,} questions")


def _answer_key(subject: Subject, wave: Wave) -> str:
    parameter = next(subject.loaded.model.parameters())
    return f"{wave.key} {subject.loaded.checkpoint.revision} {parameter.device} {parameter.dtype}"
