"""The cache is bounded, and computes each thing once; whoever waits goes on waiting when a computation fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorllm_core.storage.cache import BoundedCache
from tests.patience import PATIENCE


class Clock:
    """A time that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Computation:
    """A computation that says when it began and goes on when it is let."""

    def __init__(self, outcome: int | Exception) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()
        self.outcome = outcome

    def __call__(self) -> int:
        self.began.set()
        assert self.go_on.wait(PATIENCE)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Asker:
    """Asks a cache for the key `k` in a thread of its own."""

    def __init__(self, cache: BoundedCache[str, int], pool: ThreadPoolExecutor, outcome: int | Exception) -> None:
        self.computation = Computation(outcome)
        # How many ask is known to the cache alone: a thread that waits for a lock cannot say so.
        before = users(cache)
        self.answer: Future[int] = pool.submit(cache.get_or_compute, "k", self.computation)
        wait_until(lambda: users(cache) == before + 1 or self.answer.done())

    @property
    def computes(self) -> bool:
        return self.computation.began.is_set()

    def finish(self) -> None:
        self.computation.go_on.set()
        wait_until(self.answer.done)


def users(cache: BoundedCache[str, int]) -> int:
    turn = cache._turns.get("k")
    return 0 if turn is None else turn.users


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.001)):
        if condition():
            return
        pause.wait(0.001)
    raise AssertionError("what was waited for did not happen")


def the_one_who_computes(askers: list[Asker]) -> Asker:
    """The only asker who computes now."""
    wait_until(lambda: any(asker.computes and not asker.answer.done() for asker in askers))
    (computing,) = [asker for asker in askers if asker.computes and not asker.answer.done()]
    return computing


def test_a_value_that_is_kept_is_not_computed_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    calls: list[int] = []
    assert [cache.get_or_compute("a", lambda: calls.append(1) or 7) for _ in range(3)] == [7, 7, 7]
    assert len(calls) == 1


def test_a_value_of_none_is_kept_and_told_from_none_that_is_absent() -> None:
    cache: BoundedCache[str, int | None] = BoundedCache(48)
    calls: list[int] = []
    for _ in range(2):
        assert cache.get_or_compute("a", lambda: calls.append(1)) is None
    assert len(calls) == 1
    assert (cache.get("a"), cache.get("b")) == (None, None)
    assert ("a" in cache, "b" in cache) == (True, False)


def test_the_oldest_leaves_first_when_there_are_too_many() -> None:
    cache: BoundedCache[str, str] = BoundedCache(2)
    for key in "abc":
        cache.put(key, key)
    assert cache.items() == (("b", "b"), ("c", "c"))


@pytest.mark.parametrize("method", ["get", "get_or_compute", "put"])
def test_what_is_used_leaves_later(method: str) -> None:
    cache: BoundedCache[str, str] = BoundedCache(2)
    cache.put("a", "a")
    cache.put("b", "b")
    match method:
        case "get":
            assert cache.get("a") == "a"
        case "get_or_compute":
            assert cache.get_or_compute("a", lambda: "new") == "a"
        case "put":
            cache.put("a", "a")
    cache.put("c", "c")
    assert [key for key, _ in cache.items()] == ["a", "c"]


def test_looking_is_not_using() -> None:
    cache: BoundedCache[str, str] = BoundedCache(2)
    cache.put("a", "a")
    cache.put("b", "b")
    assert "a" in cache
    assert len(cache.items()) == 2
    cache.put("c", "c")
    assert "a" not in cache


def test_the_oldest_leaves_when_the_bytes_are_too_many_but_the_latest_stays() -> None:
    cache: BoundedCache[str, np.ndarray] = BoundedCache(48, most_bytes=1000)
    cache.put("small", np.zeros(10))
    cache.put("large", np.zeros(1000))
    assert [key for key, _ in cache.items()] == ["large"]


def test_a_value_that_is_replaced_gives_its_bytes_back() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48, most_bytes=10, size=lambda value: value)
    for _ in range(5):
        cache.put("a", 6)
    cache.put("b", 4)
    cache.forget("b")
    cache.put("c", 4)
    assert cache.items() == (("a", 6), ("c", 4))


def test_a_value_leaves_after_its_time_however_often_it_is_used() -> None:
    clock = Clock()
    cache: BoundedCache[str, int] = BoundedCache(48, seconds=10.0, clock=clock)
    cache.put("a", 1)
    for clock.now in (3.0, 6.0, 9.9):
        assert cache.get_or_compute("a", lambda: 2) == 1
    clock.now = 10.0
    assert cache.get("a") is None
    assert "a" not in cache
    assert cache.get_or_compute("a", lambda: 2) == 2


def test_room_is_made_before_a_value_comes() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2)
    cache.make_room()
    cache.put("a", 1)
    cache.make_room()
    assert "a" in cache
    cache.put("b", 2)
    cache.make_room()
    assert cache.items() == (("b", 2),)


def test_what_is_forgotten_is_computed_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.forget("a")
    cache.forget("never there")
    assert cache.items() == (("b", 2),)
    cache.clear()
    assert cache.items() == ()
    assert cache.get_or_compute("a", lambda: 3) == 3


def test_all_who_ask_at_once_wait_for_one_computation() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    with ThreadPoolExecutor(4) as pool:
        askers = [Asker(cache, pool, outcome) for outcome in range(4)]
        first = the_one_who_computes(askers)
        first.finish()
        assert {asker.answer.result(PATIENCE) for asker in askers} == {first.computation.outcome}
        assert [asker.computes for asker in askers].count(True) == 1


def test_a_failed_computation_is_raised_and_can_be_tried_again() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    with pytest.raises(ZeroDivisionError):
        cache.get_or_compute("k", lambda: 1 // 0)
    assert "k" not in cache
    assert cache.get_or_compute("k", lambda: 5) == 5


def test_while_others_wait_on_a_failing_computation_a_newcomer_waits_too() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    with ThreadPoolExecutor(3) as pool:
        first = Asker(cache, pool, ZeroDivisionError())
        assert the_one_who_computes([first]) is first
        waiting = Asker(cache, pool, 2)
        first.finish()
        with pytest.raises(ZeroDivisionError):
            first.answer.result(PATIENCE)
        # The second computes now. Its lock is still the key's lock, so the newcomer waits for it.
        assert the_one_who_computes([waiting]) is waiting
        newcomer = Asker(cache, pool, 3)
        waiting.finish()
        assert newcomer.answer.result(PATIENCE) == waiting.answer.result(PATIENCE) == 2
        assert not newcomer.computes
    assert cache._turns == {}


def test_those_who_wait_try_one_after_another_and_each_gets_its_own_error() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    with ThreadPoolExecutor(4) as pool:
        askers = [Asker(cache, pool, ValueError(str(number))) for number in range(3)]
        for left in (3, 2, 1):
            computing = the_one_who_computes(askers)
            assert users(cache) == left
            computing.finish()
            assert computing.answer.exception(PATIENCE) is computing.computation.outcome
    assert cache._turns == {}
    assert cache.get_or_compute("k", lambda: 5) == 5


def test_another_key_does_not_wait() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    with ThreadPoolExecutor(1) as pool:
        asker = Asker(cache, pool, 1)
        assert the_one_who_computes([asker]) is asker
        assert cache.get_or_compute("another", lambda: 2) == 2
        assert cache.get("another") == 2
        asker.finish()


def test_a_computation_may_ask_for_another_key() -> None:
    cache: BoundedCache[str, int] = BoundedCache(48)
    assert cache.get_or_compute("a", lambda: 1 + cache.get_or_compute("b", lambda: 1)) == 2


def test_the_locks_of_the_keys_do_not_pile_up() -> None:
    cache: BoundedCache[int, int] = BoundedCache(2)
    with ThreadPoolExecutor(4) as pool:
        for key in range(100):
            pool.submit(cache.get_or_compute, key % 10, lambda key=key: 1 // (key % 3))
    assert cache._turns == {}


MOST_ENTRIES, MOST_BYTES, SECONDS = 3, 10, 5.0
KEYS, SIZES = st.sampled_from("abcdef"), st.integers(0, 12)
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, SIZES),
    st.tuples(st.just("get_or_compute"), KEYS, SIZES),
    st.tuples(st.sampled_from(["get", "forget", "make_room"]), KEYS, st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 4)),
)


def expected_after(kept: list[tuple[str, int, float]], step: tuple[str, str, int], now: float):
    """What a list of (key, size, time of putting), least recently used first, becomes: the rule said another way."""
    name, key, size = step
    kept = [entry for entry in kept if now - entry[2] < SECONDS]
    before = [entry for entry in kept if entry[0] == key]
    others = [entry for entry in kept if entry[0] != key]
    if name == "put" or (name == "get_or_compute" and not before):
        others.append((key, size, now))
        while len(others) > MOST_ENTRIES or (len(others) > 1 and sum(entry[1] for entry in others) > MOST_BYTES):
            del others[0]
        return others
    if name == "forget":
        return others
    if name == "make_room":
        return kept[-(MOST_ENTRIES - 1) :]
    return others + before


@given(st.lists(STEPS, max_size=30))
def test_the_bounds_hold_and_the_least_recently_used_leaves_after_any_steps(steps) -> None:
    clock = Clock()
    cache: BoundedCache[str, int] = BoundedCache(
        MOST_ENTRIES, most_bytes=MOST_BYTES, size=lambda value: value, seconds=SECONDS, clock=clock
    )
    kept: list[tuple[str, int, float]] = []
    for step in steps:
        match step:
            case ("put", key, size):
                cache.put(key, size)
            case ("get_or_compute", key, size):
                cache.get_or_compute(key, lambda size=size: size)
            case ("get", key, _):
                assert cache.get(key) == next((size for name, size, _ in kept if name == key), None)
            case ("forget", key, _):
                cache.forget(key)
            case ("make_room", _, _):
                cache.make_room()
            case ("wait", _, seconds):
                clock.now += seconds
        kept = expected_after(kept, step, clock.now)
        assert cache.items() == tuple((key, size) for key, size, _ in kept)
        assert len(cache.items()) <= MOST_ENTRIES
        assert sum(size for _, size in cache.items()) <= MOST_BYTES or len(cache.items()) == 1
