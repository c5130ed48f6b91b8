"""The registered methods, by the name that the command line and links take; a new one is one line in `METHODS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tensorllm_core.errors import LayoutError, RequestError
from tensorllm_core.methods.aligned import ALIGNED, ALIGNED_VALUES
from tensorllm_core.methods.description import MethodDescription, Options
from tensorllm_core.methods.hybrid import HYBRID
from tensorllm_core.methods.laser import LASER, LASER_ATTENTION
from tensorllm_core.methods.method import Method
from tensorllm_core.methods.random_subspace import RANDOM_SUBSPACE
from tensorllm_core.methods.separate import SEPARATE
from tensorllm_core.methods.tensorllm import TENSORLLM, TENSORLLM_REFINED
from tensorllm_core.methods.trawl import TRAWL, TRAWL_ATTENTION, TRAWL_TUCKER
from tensorllm_core.types import Layout

__all__ = ["CONTROLS", "METHODS", "SUGGESTED", "make_method", "method_named"]

METHODS: Mapping[str, MethodDescription] = {
    description.name: description
    for description in (
        TENSORLLM,
        TENSORLLM_REFINED,
        ALIGNED,
        ALIGNED_VALUES,
        SEPARATE,
        LASER_ATTENTION,
        LASER,
        TRAWL,
        TRAWL_TUCKER,
        TRAWL_ATTENTION,
        HYBRID,
        RANDOM_SUBSPACE,
    )
}
"""In the order in which screens and tables list them."""

SUGGESTED = tuple(name for name, description in METHODS.items() if description.is_suggested)
"""Names of the methods that the Compare screen begins with."""

CONTROLS = tuple(name for name, description in METHODS.items() if description.is_control)
"""Names of the methods that are there only to measure the others by."""

_NO_OPTIONS = Options()


def method_named(name: str) -> MethodDescription:
    """The description of the method of that name.

    Raises:
        RequestError: there is none.

    >>> method_named("tensorllm").title
    'TensorLLM'
    """
    if name not in METHODS:
        names = ", ".join(f"`{known}`" for known in METHODS)
        raise RequestError(f"Expected the method to be one of {names}, got `{name}`; choose one of them.")
    return METHODS[name]


def make_method(name: str, options: Options = _NO_OPTIONS) -> Method:
    """The method of that name with these options.

    Raises:
        RequestError: no such method, or an option that it does not take.
        LayoutError: the layout `released-code` for a method that knows only `paper`.

    >>> make_method("tensorllm")
    TensorLLM(layout=<Layout.PAPER: 'paper'>, sweeps=0)
    """
    description = method_named(name)
    if options.layout is not Layout.PAPER and "layout" not in description.takes:
        raise LayoutError(f"Expected the layout `paper` for `{name}`, got `{options.layout}`; choose `paper`.")
    if options.matrices and "matrices" not in description.takes:
        raise _not_taken(name, "matrices", ", ".join(options.matrices))
    if options.feed_forward_layer is not None and "feed_forward_layer" not in description.takes:
        raise _not_taken(name, "feed_forward_layer", str(options.feed_forward_layer))
    if options.attention and "attention" not in description.takes:
        raise _not_taken(name, "attention", options.attention)
    if options.attention:
        attention = make_method(options.attention, Options(options.layout))
        options = replace(options, attention_method=attention)
    return description.make(options)


def _not_taken(name: str, option: str, value: str) -> RequestError:
    others = ", ".join(f"`{other}`" for other, description in METHODS.items() if option in description.takes)
    words = {"feed_forward_layer": "feed-forward layer", "attention": "method on the attention"}.get(option, option)
    return RequestError(
        f"Expected no {words} for the method `{name}`, got {value}; leave them out, or choose the method {others}."
    )
