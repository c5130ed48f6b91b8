"""The only user of st.cache_*: what all visitors share, bounded in memory."""

from __future__ import annotations

import gc
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from streamlit import runtime

from pages.work.apology import sentence_for
from pages.work.loaded_models import ModelKey, Shelf
from pages.work.queue import Board
from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.registry import benchmark_named
from tensorllm_core.experiments.evaluate import AnswerCache
from tensorllm_core.experiments.layer_store import LayerStore, cache_folder
from tensorllm_core.experiments.measured import MeasuredStore, measured_folder
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint
from tensorllm_core.models.loaded_model import LoadedModel, load_where_it_fits
from tensorllm_core.types import Progress

__all__ = [
    "BoundedCache",
    "answer_cache",
    "bounded_cache",
    "cached_checkpoint",
    "cached_model",
    "cached_questions",
    "job_board",
    "layer_store",
    "measured_store",
    "model_shelf",
    "prefix_store",
    "rest_heap",
]

_MOST_ENTRIES = 48
_MOST_BYTES = 6 * 2**30


class BoundedCache:
    """Remembers the latest results; the oldest leave when there are too many or they are too large.

    Two who ask for the same thing at once wait for one computation.
    """

    def __init__(self, most_entries: int = _MOST_ENTRIES, most_bytes: int = _MOST_BYTES) -> None:
        self._entries: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._busy: dict[str, threading.Lock] = {}
        self._most_entries, self._most_bytes = most_entries, most_bytes

    def get(self, key: str, compute: Callable[[], Any]) -> Any:
        """The result under this key, computed if it is not remembered."""
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        try:
            with busy:
                found = self.peek(key)
                if found is None:
                    found = compute()
                    self._put(key, found)
        finally:
            with self._lock:
                self._busy.pop(key, None)
        return found

    def forget(self, key: str) -> None:
        """Drop a result, so that the next `get` computes it anew."""
        with self._lock:
            self._entries.pop(key, None)

    def peek(self, key: str) -> Any:
        """The remembered result, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def _put(self, key: str, value: Any) -> None:
        with self._lock:
            self._entries[key] = (value, tensor_bytes(value))
            while len(self._entries) > 1 and (
                len(self._entries) > self._most_entries
                or sum(size for _, size in self._entries.values()) > self._most_bytes
            ):
                self._entries.popitem(last=False)


def tensor_bytes(value: Any) -> int:
    """Bytes of all arrays that a dataclass, mapping, tuple or array holds."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, tuple | list):
        return sum(tensor_bytes(item) for item in value)
    if isinstance(value, Mapping):
        return sum(tensor_bytes(item) for item in value.values())
    if hasattr(value, "__dataclass_fields__"):
        return sum(tensor_bytes(getattr(value, name)) for name in value.__dataclass_fields__)
    return sys.getsizeof(value)


@st.cache_resource(show_spinner=False)
def bounded_cache() -> BoundedCache:
    """The results that all visitors share."""
    return BoundedCache()


@st.cache_resource(show_spinner=False, on_release=Board.close)
def job_board() -> Board:
    """The background work of all visitors."""
    return Board(_is_connected, sentence_for, tensor_bytes)


def _is_connected(session: str) -> bool:
    """Whether a browser tab is still there; outside a server, as in tests, everybody is."""
    try:
        return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))
    except RuntimeError:
        # The server went between the two questions.
        return True


@st.cache_resource(show_spinner=False, ttl=5, max_entries=32)
def cached_checkpoint(reference: str) -> Checkpoint:
    """The opened checkpoint; looked at again after some seconds, so that a changed folder is noticed.

    Raises:
        ExplorerError: as `open_checkpoint`.
    """
    return open_checkpoint(reference)


@st.cache_resource(show_spinner=False)
def rest_heap(after: str) -> None:
    """Let the garbage collector pass over what is there now; once for each occasion.

    Streamlit collects garbage after every run of a page, and each time looks at the hundreds of thousands of objects
    that libraries made when they were imported: a third of a second in which nothing else runs.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def model_shelf() -> Shelf:
    """The models that are loaded."""
    return Shelf()


def cached_model(key: ModelKey, progress: Progress = lambda share, message: True) -> LoadedModel:
    """The whole model, loaded; downloaded first if it is on the hub alone.

    Raises:
        ExplorerError: as `load_where_it_fits`.
    """

    def load() -> LoadedModel:
        loaded = load_where_it_fits(key.reference, key.device, key.dtype, progress)
        rest_heap(f"{key}")
        return loaded

    return model_shelf().get(key, load)


@st.cache_resource(show_spinner=False, max_entries=24)
def cached_questions(name: str, split: Split) -> QuestionSet:
    """The questions of a registered benchmark.

    Raises:
        BenchmarkError: as the benchmark's own `load`.
    """
    return benchmark_named(name).load(split)


@st.cache_resource(show_spinner=False)
def layer_store() -> LayerStore:
    """Summaries of layers, in memory and in the user's cache folder."""
    return LayerStore(cache_folder())


@st.cache_resource(show_spinner=False)
def measured_store() -> MeasuredStore:
    """Results of edits, in memory and in the user's cache folder."""
    return MeasuredStore(measured_folder())


@st.cache_resource(show_spinner=False)
def answer_cache() -> AnswerCache:
    """Answers of unedited models, which every evaluation of the same questions shares."""
    return AnswerCache()


@st.cache_resource(show_spinner=False)
def prefix_store() -> PrefixStore:
    """What enters an edited layer, recorded once for all evaluations."""
    return PrefixStore()
