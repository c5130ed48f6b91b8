"""Keep the latest values in memory, within bounds, and compute each of them once: the only cache class there is."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tensorllm_core.storage.size import bytes_of

__all__ = ["BoundedCache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Values by key, for use from several threads; the least recently used leaves first.

    `get`, `get_or_compute` and `put` use a value; `in` and `items` only look. The value that was put last stays, even
    if it alone is larger than `most_bytes`: otherwise it would be computed again and again.

    Args:
        most_entries: values that are kept at once.
        most_bytes: of all values together; None sets no bound.
        size: bytes of a value; called once for each value, and only where `most_bytes` is given.
        seconds: how long a value is kept after `put`, however often it is used; None sets no bound.
        clock: a time in seconds that never goes back.

    >>> squares = BoundedCache(most_entries=2)
    >>> [squares.get_or_compute(number, lambda: number**2) for number in (1, 2, 3)]
    [1, 4, 9]
    >>> squares.items()
    ((2, 4), (3, 9))
    """

    def __init__(
        self,
        most_entries: int,
        *,
        most_bytes: int | None = None,
        size: Callable[[Any], int] = bytes_of,
        seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_entries, self._most_bytes, self._seconds = most_entries, most_bytes, seconds
        self._size, self._clock = size, clock
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._bytes = 0
        self._turns: dict[K, _Turn] = {}
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value, or None where there is none. Where None can be a value, `in` tells the two apart."""
        with self._lock:
            entry = self._use(key)
        return None if entry is None else entry.value

    def get_or_compute(self, key: K, compute: Callable[[], V]) -> V:
        """The value, computed and kept if there is none.

        Those who ask for one key at the same time wait for one computation; other keys do not wait. An error of
        `compute` is raised to the one who computed, and nothing is kept. Those who waited then try one after another,
        and whoever asks meanwhile waits as well. `compute` may ask for other keys, never for its own.
        """
        with self._turn(key):
            with self._lock:
                entry = self._use(key)
            if entry is not None:
                return entry.value
            value = compute()
            self.put(key, value)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep a value in place of the one before; others leave until all is within the bounds."""
        size = 0 if self._most_bytes is None else self._size(value)
        with self._lock:
            self._remove(key)
            self._remove_expired()
            self._entries[key] = _Entry(value, size, self._clock())
            self._bytes += size
            while len(self._entries) > 1 and self._exceeds_a_bound():
                self._remove(next(iter(self._entries)))

    def make_room(self) -> None:
        """Let the least recently used leave until one more value may come; for values that must not wait for `put`."""
        with self._lock:
            self._remove_expired()
            while self._entries and len(self._entries) >= self._most_entries:
                self._remove(next(iter(self._entries)))

    def forget(self, key: K) -> None:
        """Remove a value, if it is there."""
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        """Remove all values."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def items(self) -> tuple[tuple[K, V], ...]:
        """All keys and values, the least recently used first."""
        with self._lock:
            self._remove_expired()
            return tuple((key, entry.value) for key, entry in self._entries.items())

    def __contains__(self, key: K) -> bool:
        with self._lock:
            return key in self._entries and not self._has_expired(self._entries[key])

    @contextmanager
    def _turn(self, key: K) -> Iterator[None]:
        """Hold the lock of one key; it is there as long as anybody holds it or waits for it."""
        with self._lock:
            turn = self._turns.setdefault(key, _Turn())
            turn.users += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.users -= 1
                if turn.users == 0:
                    del self._turns[key]

    # What follows is called with the cache's lock held.

    def _use(self, key: K) -> _Entry[V] | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._has_expired(entry):
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _remove(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size

    def _remove_expired(self) -> None:
        for key in [key for key, entry in self._entries.items() if self._has_expired(entry)]:
            self._remove(key)

    def _has_expired(self, entry: _Entry[V]) -> bool:
        return self._seconds is not None and self._clock() - entry.since >= self._seconds

    def _exceeds_a_bound(self) -> bool:
        return len(self._entries) > self._most_entries or (
            self._most_bytes is not None and self._bytes > self._most_bytes
        )


@dataclass(frozen=True, eq=False)
class _Entry(Generic[V]):
    """A value, its bytes, and when it was put."""

    value: V
    size: int
    since: float


@dataclass(eq=False)
class _Turn:
    """The lock of one key, and how many hold it or wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
