"""A stop does not wait for work that cannot be interrupted; nothing else of that kind runs meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tensorllm_core.errors import StoppedError
from tensorllm_core.models.abandoning import unless_stopped
from tests.patience import PATIENCE


@pytest.fixture
def elsewhere():
    """Call a function in another thread; its future."""
    with ThreadPoolExecutor() as threads:
        yield threads.submit


def test_the_result_comes_from_any_thread(elsewhere):
    assert unless_stopped(lambda: 3, lambda: False) == 3
    assert elsewhere(unless_stopped, lambda: 3, lambda: True).result(PATIENCE) == 3


@pytest.mark.parametrize("error", [ValueError("no"), TimeoutError("late"), MemoryError()])
def test_its_error_is_the_callers(elsewhere, error):
    def fail():
        raise error

    with pytest.raises(type(error)):
        elsewhere(unless_stopped, fail, lambda: True).result(PATIENCE)


def test_a_stop_is_answered_while_the_work_goes_on_and_the_next_work_waits(elsewhere):
    may_end, begun, order = threading.Event(), threading.Event(), []

    def long():
        begun.set()
        assert may_end.wait(PATIENCE)
        order.append("first")

    stopped = elsewhere(unless_stopped, long, lambda: not begun.is_set())
    with pytest.raises(StoppedError, match="stopped before it was done"):
        stopped.result(PATIENCE)
    following = elsewhere(unless_stopped, lambda: order.append("second"), lambda: True)
    assert not order
    may_end.set()
    following.result(PATIENCE)
    assert order == ["first", "second"]


def test_work_that_is_stopped_while_it_waits_never_begins(elsewhere):
    may_end, begun, order = threading.Event(), threading.Event(), []

    def long():
        begun.set()
        assert may_end.wait(PATIENCE)

    first = elsewhere(unless_stopped, long, lambda: True)
    assert begun.wait(PATIENCE)
    with pytest.raises(StoppedError):
        elsewhere(unless_stopped, lambda: order.append("never"), lambda: False).result(PATIENCE)
    may_end.set()
    first.result(PATIENCE)
    elsewhere(unless_stopped, lambda: order.append("last"), lambda: True).result(PATIENCE)
    assert order == ["last"]
