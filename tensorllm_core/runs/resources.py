"""What a run needs from outside: open checkpoints, analysed layers, loaded models, questions, memories.

A screen hands over what it keeps for all visitors; a command takes `Resources()`, which makes everything afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.registry import benchmark_named
from tensorllm_core.experiments.evaluate import AnswerCache, Evaluation, OnWave, Subject, empty_answer_cache, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.linalg.refinement import Refinement
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.models.loaded_model import LoadedModel, load_where_it_fits
from tensorllm_core.runs.layer_analysis import LayerAnalysis, refine_layer
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import LayerPlan, ModelPlan
from tensorllm_core.runs.questions import wave_size
from tensorllm_core.types import Progress, Ranks

__all__ = ["Resources", "ask_all", "load_planned_model", "load_registered"]


def load_planned_model(plan: ModelPlan, progress: Progress) -> LoadedModel:
    """Load the model of a plan.

    Raises:
        ExplorerError: as `load_where_it_fits`.
    """
    return load_where_it_fits(plan.reference, plan.device, plan.dtype, progress)


def load_registered(name: str, split: Split) -> QuestionSet:
    """Load the questions of a registered benchmark.

    Raises:
        BenchmarkError: there is none of that name, or its questions cannot be had.
    """
    return benchmark_named(name).load(split)


@dataclass(frozen=True, eq=False)
class Resources:
    """Where a run gets what is costly; every function may remember its earlier results."""

    open_checkpoint: Callable[[str], Checkpoint] = open_checkpoint
    analyse: Callable[[LayerPlan, Checkpoint, Progress], LayerAnalysis] = analyse_layer
    refine: Callable[[LayerAnalysis, Ranks, Progress], Refinement] = refine_layer
    load_model: Callable[[ModelPlan, Progress], LoadedModel] = load_planned_model
    load_questions: Callable[[str, Split], QuestionSet] = load_registered
    prefixes: PrefixStore = field(default_factory=PrefixStore)
    answers: AnswerCache = field(default_factory=empty_answer_cache)


def ask_all(
    question_sets: Sequence[QuestionSet],
    subjects: Sequence[Subject],
    resources: Resources,
    on_wave: OnWave,
    progress: Progress,
) -> Evaluation:
    """Ask every subject every question, with what the resources remember of earlier runs; `progress` may stop it.

    Raises:
        BenchmarkError, RequestError, StoppedError: as `evaluate`.
    """
    return evaluate(
        question_sets,
        subjects,
        store=resources.prefixes,
        cache=resources.answers,
        on_wave=on_wave,
        progress=progress,
        wave=wave_size(question_sets),
    )
