"""The only user of st.cache_*: what all visitors share, with a bound on its memory."""

from __future__ import annotations

import gc
from typing import Any

import streamlit as st
from streamlit import runtime

from pages.work.ahead_board import AheadBoard
from pages.work.apology import sentence_for
from pages.work.layer_cache import LayerCache
from pages.work.loaded_models import LoadedModels
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.experiments.evaluate import AnswerCache, empty_answer_cache
from tensorllm_core.experiments.layer_store import LayerStore, cache_folder
from tensorllm_core.experiments.measurement_store import MeasurementStore, measurements_folder
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.linalg.rank_choice import ParetoFront
from tensorllm_core.linalg.refinement import Refinement
from tensorllm_core.models.chat_template import may_have_chat_template
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.runs.layer_analysis import LayerAnalysis, best_path, go_on, refine_layer
from tensorllm_core.runs.plan import LayerPlan, ModelPlan
from tensorllm_core.runs.resources import Resources, load_planned_model, load_registered
from tensorllm_core.runs.run_log import RunLog, runs_folder
from tensorllm_core.storage.cache import BoundedCache
from tensorllm_core.storage.size import bytes_of
from tensorllm_core.types import Progress, Ranks

__all__ = [
    "answer_cache",
    "bounded_cache",
    "cached_analysis",
    "cached_blob",
    "cached_checkpoint",
    "cached_model",
    "cached_path",
    "cached_questions",
    "cached_refinement",
    "has_chat_template",
    "job_board",
    "layer_cache",
    "layer_store",
    "loaded_models",
    "measured_store",
    "prefix_store",
    "prepared_runs",
    "refinement_key",
    "resources",
    "rest_heap",
    "run_log",
]

_MOST_ENTRIES = 48
_MOST_BYTES = 6 * 2**30
_MOST_PREPARED_RUNS = 24
_MOST_PREPARED_BYTES = 2**29
_QUIET = 1.0
"""Seconds after the latest act of a visitor in which nothing is prepared ahead: the browser draws meanwhile."""


@st.cache_resource(show_spinner=False)
def bounded_cache() -> BoundedCache[str, Any]:
    """The results that all visitors share."""
    return BoundedCache(_MOST_ENTRIES, most_bytes=_MOST_BYTES)


@st.cache_resource(show_spinner=False, on_release=AheadBoard.close)
def job_board() -> AheadBoard:
    """The background work of all visitors."""
    board = AheadBoard(quiet=_QUIET, connected=_is_connected, explain=sentence_for, size=bytes_of)
    board.watch()
    return board


@st.cache_resource(show_spinner=False)
def layer_cache() -> LayerCache:
    """The decomposed layers that all visitors share."""
    return LayerCache(bounded_cache())


def _is_connected(session: str) -> bool:
    """Whether a browser tab is still connected. Without a server, as in tests, every tab counts as connected."""
    try:
        return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))
    except RuntimeError:
        # The server ended between the two calls.
        return True


@st.cache_resource(show_spinner=False, ttl=5, max_entries=32)
def cached_checkpoint(reference: str) -> Checkpoint:
    """The opened checkpoint. It is opened again after some seconds, so that a changed folder is noticed.

    Raises:
        ExplorerError: as `open_checkpoint`.
    """
    return open_checkpoint(reference)


def has_chat_template(checkpoint: Checkpoint) -> bool:
    """Whether the tokenizer may have a chat template; its small files are read once for each revision."""
    key = f"chat template {checkpoint.reference} {checkpoint.revision}"
    return bounded_cache().get_or_compute(key, lambda: may_have_chat_template(checkpoint))


@st.cache_resource(show_spinner=False)
def rest_heap(after: str) -> None:
    """Exclude all objects of this moment from garbage collection; once for each value of `after`.

    Streamlit collects garbage after every run of a page. Each time Python would check the hundreds of thousands of
    objects that libraries made at their import: a third of a second in which nothing else runs.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def loaded_models() -> LoadedModels:
    """The models that are loaded."""
    return LoadedModels()


def cached_model(plan: ModelPlan, progress: Progress = go_on) -> LoadedModel:
    """The whole model, loaded. It is downloaded first if only the hub has it.

    Raises:
        ExplorerError: as `load_planned_model`.
    """

    def load() -> LoadedModel:
        loaded = load_planned_model(plan, progress)
        rest_heap(plan.key)
        return loaded

    return loaded_models().get(plan, load)


def cached_analysis(plan: LayerPlan, checkpoint: Checkpoint, progress: Progress) -> LayerAnalysis:
    """The whole layer decomposed at all ranks, with the best and the suggested ranks.

    Raises:
        ExplorerError: as `analyse_layer`.
    """
    return layer_cache().get_or_analyse(plan, checkpoint, progress)


def cached_blob(analysis: LayerAnalysis) -> bytes:
    """The bytes that the live figures draw the layer from; they name it by its key."""
    return layer_cache().blob(analysis)


def cached_refinement(analysis: LayerAnalysis, ranks: Ranks, progress: Progress) -> Refinement:
    """The refinement at these ranks. After a stop, its result so far is returned, but not cached."""

    def refine() -> Refinement:
        refinement = refine_layer(analysis, ranks, progress)
        if refinement.stopped:
            raise _StoppedEarly(refinement)
        return refinement

    try:
        return bounded_cache().get_or_compute(refinement_key(analysis, ranks), refine)
    except _StoppedEarly as stopped:
        return stopped.refinement


class _StoppedEarly(Exception):
    """Carries the result of a stopped refinement past the cache."""

    def __init__(self, refinement: Refinement) -> None:
        super().__init__()
        self.refinement = refinement


def refinement_key(analysis: LayerAnalysis, ranks: Ranks) -> str:
    """The key of a refinement in the cache and among the jobs."""
    return f"refinement {analysis.plan.key} {ranks}"


def cached_path(analysis: LayerAnalysis, r3: int) -> ParetoFront:
    """The best (R1, R2) at this R3, for every number of stored entries."""
    return best_path(analysis, r3)


def resources() -> Resources:
    """What runs need, from the caches of all visitors."""
    return Resources(
        open_checkpoint=cached_checkpoint,
        analyse=cached_analysis,
        refine=cached_refinement,
        load_model=cached_model,
        load_questions=cached_questions,
        prefixes=prefix_store(),
        answers=answer_cache(),
    )


@st.cache_resource(show_spinner=False, max_entries=24)
def cached_questions(name: str, split: Split) -> QuestionSet:
    """The questions of a registered benchmark.

    Raises:
        BenchmarkError: as `load_registered`.
    """
    return load_registered(name, split)


@st.cache_resource(show_spinner=False)
def prepared_runs() -> BoundedCache[str, Any]:
    """Results of runs that were made ahead for a scene list, by the key of their plan."""
    return BoundedCache(_MOST_PREPARED_RUNS, most_bytes=_MOST_PREPARED_BYTES)


@st.cache_resource(show_spinner=False)
def layer_store() -> LayerStore:
    """Summaries of layers, in memory and in the user's cache folder."""
    return LayerStore(cache_folder())


@st.cache_resource(show_spinner=False)
def measured_store() -> MeasurementStore:
    """Results of edits, in memory and in the user's cache folder."""
    return MeasurementStore(measurements_folder())


@st.cache_resource(show_spinner=False)
def run_log() -> RunLog:
    """The last runs, in memory and in the user's cache folder."""
    return RunLog(runs_folder())


@st.cache_resource(show_spinner=False)
def answer_cache() -> AnswerCache:
    """Answers of unedited models. All evaluations of the same questions share them."""
    return empty_answer_cache()


@st.cache_resource(show_spinner=False)
def prefix_store() -> PrefixStore:
    """The hidden states that enter an edited layer, recorded once for all evaluations."""
    return PrefixStore()
