"""Describe the weights that `torch.nn.Linear` modules store, as those of most families are: `output x input`."""

from __future__ import annotations

from tensorllm_core.models.family import Dense, Separate, Stored

__all__ = ["feed_forward", "gated_feed_forward", "gated_feed_forward_in_two", "output", "queries_keys_values"]

_QUERIES = "(head d_head) d_model -> d_model d_head head"
_KEYS_OR_VALUES = "(group d_head) d_model -> d_model d_head group"
_OUTPUT = "d_model (head d_head) -> d_model d_head head"
_INTO = "d_ff d_model -> d_ff d_model"
_BACK = "d_model d_ff -> d_ff d_model"
_TWO_INTO = "(part d_ff) d_model -> part d_ff d_model"


def queries_keys_values(q: str, k: str, v: str) -> Separate:
    """Three projections at these paths below a block."""
    return Separate(q=Stored(q, _QUERIES), k=Stored(k, _KEYS_OR_VALUES), v=Stored(v, _KEYS_OR_VALUES))


def output(path: str) -> Stored:
    """The output projection at this path below a block."""
    return Stored(path, _OUTPUT)


def feed_forward(into: str, out: str) -> tuple[Dense, ...]:
    """A feed-forward part without a gate: from `d_model` to `d_ff`, and back."""
    return (Dense(("in",), into, _INTO), Dense(("out",), out, _BACK))


def gated_feed_forward(gate: str, up: str, down: str) -> tuple[Dense, ...]:
    """A feed-forward part with a gate, in three matrices."""
    return (Dense(("gate",), gate, _INTO), Dense(("up",), up, _INTO), Dense(("down",), down, _BACK))


def gated_feed_forward_in_two(gate_and_up: str, down: str) -> tuple[Dense, ...]:
    """A feed-forward part with a gate, in two matrices: the rows of `gate` stand above those of `up`."""
    return (Dense(("gate", "up"), gate_and_up, _TWO_INTO), Dense(("down",), down, _BACK))
