"""The registered methods that compress a layer's attention at given ranks, by the name that the command line takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.errors import RequestError
from tensorllm_core.methods.method import Method
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.tensorllm import TensorLLM
from tensorllm_core.types import Layout, Ranks

__all__ = ["METHODS", "MethodEntry", "method_named"]

_SWEEPS = 10


@dataclass(frozen=True)
class MethodEntry:
    """A method's title, what it does in a sentence, and how it is made for one layer's ranks."""

    title: str
    words: str
    at: Callable[[Ranks, Layout], Method]


METHODS: dict[str, MethodEntry] = {
    "tensorllm": MethodEntry(
        "TensorLLM",
        "Truncated HOSVD: factor matrices shared by all heads, a private core for each.",
        TensorLLM,
    ),
    "tensorllm-refined": MethodEntry(
        "TensorLLM, refined",
        "The same, improved by HOOI sweeps as in the paper.",
        lambda ranks, layout: TensorLLM(ranks, layout, sweeps=_SWEEPS),
    ),
    "random-subspace": MethodEntry(
        "Random subspace",
        "The control: random shared directions of the same ranks.",
        RandomSubspace,
    ),
}


def method_named(name: str) -> MethodEntry:
    """The method of that name.

    Raises:
        RequestError: there is none.

    >>> method_named("tensorllm").title
    'TensorLLM'
    """
    if name not in METHODS:
        names = ", ".join(f"`{known}`" for known in METHODS)
        raise RequestError(f"Expected a method of {names}, got `{name}`; choose one of them.")
    return METHODS[name]
