"""The cache that all visitors share is bounded, and computes each thing once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pages.work.caches import BoundedCache, tensor_bytes
from tensorllm_core.types import Tucker


def test_what_is_remembered_is_not_computed_again() -> None:
    cache = BoundedCache()
    calls = []
    assert [cache.get("a", lambda: calls.append(1) or 7) for _ in range(3)] == [7, 7, 7]
    assert len(calls) == 1


def test_the_oldest_leaves_first_when_there_are_too_many() -> None:
    cache = BoundedCache(most_entries=2)
    for key in "abc":
        cache.get(key, lambda key=key: key)
    assert cache.peek("a") is None
    assert cache.peek("c") == "c"


def test_the_oldest_leaves_when_the_bytes_are_too_many_but_the_latest_stays() -> None:
    cache = BoundedCache(most_bytes=1000)
    cache.get("small", lambda: np.zeros(10))
    cache.get("large", lambda: np.zeros(1000))
    assert cache.peek("small") is None
    assert cache.peek("large") is not None


def test_two_who_ask_at_once_wait_for_one_computation() -> None:
    cache = BoundedCache()
    calls = []
    gate = threading.Event()

    def slow() -> int:
        calls.append(1)
        gate.wait(5)
        return 1

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(cache.get, "k", slow) for _ in range(4)]
        gate.set()
        assert [future.result() for future in futures] == [1, 1, 1, 1]
    assert len(calls) == 1


def test_a_failed_computation_is_raised_and_can_be_tried_again() -> None:
    cache = BoundedCache()
    with pytest.raises(ZeroDivisionError):
        cache.get("k", lambda: 1 // 0)
    assert cache.get("k", lambda: 5) == 5
    cache.forget("k")
    assert cache.peek("k") is None


def test_bytes_of_a_dataclass_are_those_of_its_arrays() -> None:
    import torch

    tucker = Tucker(torch.zeros(2, 2, 2, 2), torch.zeros(4, 2), torch.zeros(3, 2), torch.zeros(2, 2))
    assert tensor_bytes(tucker) == 4 * (16 + 8 + 6 + 4)
