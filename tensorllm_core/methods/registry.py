"""The registered methods, by the name that the command line and links take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.errors import LayoutError, RequestError
from tensorllm_core.methods.aligned import AlignedTensorLLM
from tensorllm_core.methods.hybrid import Hybrid
from tensorllm_core.methods.laser import Laser
from tensorllm_core.methods.matrices import ATTENTION_MATRICES, FEED_FORWARD
from tensorllm_core.methods.method import Method
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.separate import Separate
from tensorllm_core.methods.tensorllm import TensorLLM
from tensorllm_core.methods.trawl import Form, Trawl
from tensorllm_core.types import Layout

__all__ = ["CONTROL", "METHODS", "SUGGESTED", "MethodEntry", "Options", "make_method", "method_named"]

_SWEEPS = 10


@dataclass(frozen=True)
class Options:
    """What may be asked of a method besides its ranks; what it does not know it refuses.

    `matrices` of () means those that the method is meant for. The last two are a hybrid's: the layer of its
    feed-forward matrices, if another, and the method on its attention.
    """

    layout: Layout = Layout.PAPER
    matrices: tuple[str, ...] = ()
    feed_forward_layer: int | None = None
    attention: str = ""


@dataclass(frozen=True)
class MethodEntry:
    """A method's title, what it does in a sentence, how it is made, and the names of the options that it knows."""

    title: str
    words: str
    make: Callable[[Options], Method]
    takes: tuple[str, ...] = ()


def _tensorllm(options: Options) -> Method:
    return TensorLLM(options.layout)


def _refined(options: Options) -> Method:
    return TensorLLM(options.layout, sweeps=_SWEEPS)


def _hybrid(options: Options) -> Method:
    attention = make_method(options.attention or "tensorllm", Options(options.layout))
    return Hybrid(attention, options.matrices or (FEED_FORWARD,), options.feed_forward_layer)


METHODS: dict[str, MethodEntry] = {
    "tensorllm": MethodEntry(
        "TensorLLM",
        "Truncated HOSVD: factor matrices shared by all heads, a private core for each.",
        _tensorllm,
        ("layout",),
    ),
    "tensorllm-refined": MethodEntry(
        "TensorLLM, refined",
        "The same, improved by HOOI sweeps as in the paper.",
        _refined,
        ("layout",),
    ),
    "tensorllm-aligned": MethodEntry(
        "TensorLLM, aligned",
        "Every head is turned first, so that heads have more in common; a turn that is not free is counted as stored.",
        lambda options: AlignedTensorLLM(),
    ),
    "tensorllm-aligned-vo": MethodEntry(
        "TensorLLM, V and O aligned",
        "The same, but only values and outputs are turned, which is free in every model.",
        lambda options: AlignedTensorLLM(values_only=True),
    ),
    "separate": MethodEntry(
        "Separate Q, K, V, O",
        "A tensor for each part: heads share their factors, the parts share nothing.",
        lambda options: Separate(options.matrices or ATTENTION_MATRICES),
        ("matrices",),
    ),
    "laser-attention": MethodEntry(
        "SVD of Q, K, V, O",
        "LASER on the attention: each matrix for itself, nothing is shared.",
        lambda options: Laser(options.matrices or ATTENTION_MATRICES),
        ("matrices",),
    ),
    "laser": MethodEntry(
        "LASER",
        "Truncated SVD of the feed-forward matrices, each for itself.",
        lambda options: Laser(options.matrices or (FEED_FORWARD,)),
        ("matrices",),
    ),
    "trawl": MethodEntry(
        "TRAWL, CP",
        "The feed-forward matrices stacked to one tensor, as a sum of R products of vectors.",
        lambda options: Trawl(options.matrices or (FEED_FORWARD,)),
        ("matrices",),
    ),
    "trawl-tucker": MethodEntry(
        "TRAWL, Tucker",
        "The feed-forward matrices stacked to one tensor, as a core and three factor matrices.",
        lambda options: Trawl(options.matrices or (FEED_FORWARD,), Form.TUCKER),
        ("matrices",),
    ),
    "trawl-attention": MethodEntry(
        "TRAWL on Q, K, V, O",
        "The whole attention matrices stacked, heads not split, as a sum of R products of vectors.",
        lambda options: Trawl(options.matrices or ATTENTION_MATRICES),
        ("matrices",),
    ),
    "hybrid": MethodEntry(
        "TensorLLM + LASER",
        "TensorLLM on the attention, LASER on the feed-forward matrices; entries go where they lower the error most.",
        _hybrid,
        ("layout", "matrices", "feed_forward_layer", "attention"),
    ),
    "random-subspace": MethodEntry(
        "Random subspace",
        "The control: random shared directions of the same ranks.",
        lambda options: RandomSubspace(options.layout),
        ("layout",),
    ),
}

CONTROL = "random-subspace"
"""The method that others are measured by: what does no better owes nothing to the directions that it chose."""

SUGGESTED = ("tensorllm", "tensorllm-aligned", "separate", "laser-attention", "laser", "hybrid", CONTROL)
"""Methods that Compare starts with: decomposed in seconds on a small model."""

_NO_OPTIONS = Options()


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


def make_method(name: str, options: Options = _NO_OPTIONS) -> Method:
    """The method of that name with these options.

    Raises:
        RequestError: no such method, or an option that it does not take.
        LayoutError: the layout `released-code` for a method that knows only `paper`.

    >>> make_method("tensorllm")
    TensorLLM(layout=<Layout.PAPER: 'paper'>, sweeps=0)
    """
    entry = method_named(name)
    if options.layout is not Layout.PAPER and "layout" not in entry.takes:
        raise LayoutError(f"Expected the layout `paper` for `{name}`, got `{options.layout}`; choose `paper`.")
    if options.matrices and "matrices" not in entry.takes:
        raise _not_taken(name, "matrices", ", ".join(options.matrices))
    if options.feed_forward_layer is not None and "feed_forward_layer" not in entry.takes:
        raise _not_taken(name, "feed_forward_layer", str(options.feed_forward_layer))
    if options.attention and "attention" not in entry.takes:
        raise _not_taken(name, "attention", options.attention)
    return entry.make(options)


def _not_taken(name: str, option: str, came: str) -> RequestError:
    others = ", ".join(f"`{other}`" for other, entry in METHODS.items() if option in entry.takes)
    words = {"feed_forward_layer": "feed-forward layer", "attention": "method on the attention"}.get(option, option)
    return RequestError(f"Expected no {words} for the method `{name}`, got {came}; leave it out, or choose {others}.")
