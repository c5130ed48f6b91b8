"""Stop a model in the middle of a pass: before each of its blocks it is asked whether to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from torch import nn

from tensorllm_core.errors import StoppedError

__all__ = ["stoppable"]


@contextmanager
def stoppable(blocks: Sequence[nn.Module], go_on: Callable[[], bool]) -> Iterator[None]:
    """Ask `go_on` before every block of every pass inside the `with` statement, also of those that generate a text.

    Raises:
        StoppedError: `go_on` returned False. The pass has no result then.
    """

    def ask(_block: nn.Module, _inputs: tuple) -> None:
        if not go_on():
            raise StoppedError("The run was stopped before there was an answer; start it again.")

    with ExitStack() as stack:
        for block in blocks:
            stack.callback(block.register_forward_pre_hook(ask).remove)
        yield
