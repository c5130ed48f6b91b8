"""Work that cannot be interrupted: whoever stops waiting for it gets an answer at once, and it ends by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from tensorllm_core.errors import StoppedError

__all__ = ["unless_stopped"]

T = TypeVar("T")

_POLL_SECONDS = 0.2
_one_at_a_time = threading.Lock()
"""Loading changes settings of the whole process for a while, so that it must never run twice at a time."""


def unless_stopped(work: Callable[[], T], go_on: Callable[[], bool]) -> T:
    """The result of the work. After a stop it runs on by itself, its result is dropped, and the next work waits for it.

    In the main thread, which the keyboard interrupts, the work is done there and nobody is asked.

    Args:
        go_on: asked five times a second whether to wait for more.

    Raises:
        StoppedError: `go_on` returned False.

    >>> unless_stopped(lambda: 1 + 1, lambda: True)
    2
    """
    if threading.current_thread() is threading.main_thread():
        return work()
    result: Future[T] = Future()

    def run() -> None:
        with _one_at_a_time:
            if not result.set_running_or_notify_cancel():
                return
            try:
                result.set_result(work())
            except BaseException as error:
                result.set_exception(error)

    threading.Thread(target=run, name="loading", daemon=True).start()
    while not result.done():
        try:
            return result.result(timeout=_POLL_SECONDS)
        except TimeoutError:
            if not result.done() and not go_on():
                result.cancel()
                raise StoppedError("The loading was stopped before it was done; start it again.") from None
    return result.result()
