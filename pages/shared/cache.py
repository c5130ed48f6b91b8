"""The only user of st.cache_*: what all visitors share, bounded in memory."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import streamlit as st

from tensorllm_core.models.checkpoint import Checkpoint, open_checkpoint

__all__ = ["BoundedCache", "bounded_cache", "cached_checkpoint", "worker"]

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
    """Bytes of all arrays that a dataclass, tuple or array holds."""
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if isinstance(value, tuple | list):
        return sum(tensor_bytes(item) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return sum(tensor_bytes(getattr(value, name)) for name in value.__dataclass_fields__)
    return sys.getsizeof(value)


@st.cache_resource(show_spinner=False)
def bounded_cache() -> BoundedCache:
    """The results that all visitors share."""
    return BoundedCache()


@st.cache_resource(show_spinner=False)
def worker() -> ThreadPoolExecutor:
    """The background thread: one piece of heavy work at a time, in order of asking."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="work")


@st.cache_resource(show_spinner=False, ttl=5, max_entries=32)
def cached_checkpoint(reference: str) -> Checkpoint:
    """The opened checkpoint; looked at again after some seconds, so that a changed folder is noticed.

    Raises:
        ExplorerError: as `open_checkpoint`.
    """
    return open_checkpoint(reference)
