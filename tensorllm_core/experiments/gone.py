"""Which parts, groups and matrices an edit leaves next to nothing of, and what that amounts to, in a sentence.

The error of a whole layer hides it: in a model with grouped attention Q and K may hold nearly all of the energy, and
ranks that keep most of that may have lost V and O.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from einops import reduce
from jaxtyping import Float, Float64
from torch import Tensor

from tensorllm_core.experiments.listing import listed
from tensorllm_core.linalg.slices import DROWNED, SliceErrors
from tensorllm_core.methods.method import Replacement
from tensorllm_core.methods.tensorise import part_names
from tensorllm_core.types import AttentionWeights, LayerWeights, TensorShape

__all__ = [
    "GONE",
    "Gone",
    "gone_in_layer",
    "gone_json",
    "gone_matrices",
    "gone_sentence",
    "gone_sentences",
    "gone_slices",
]

GONE = 0.95
"""Above this relative error a part is practically gone: less than a tenth of its energy is left."""
_MOST_NAMES = 4
_MOST_SENTENCES = 2
_ATTENTION = "QKVO"
_KINDS = {
    ("V or O", ", which may be like removing their attention"): {"V", "O"},
    ("Q or K", ", which may be like attention that looks at all tokens alike"): {"Q", "K"},
}
_REST = ("single heads, groups or matrices", "")
"""What layers have lost in a summary and what that may amount to, in the order in which it counts."""

Gone = Mapping[str, float]
"""What is practically gone, by its name (`V`, `O2`, `group 3`, `up`), with its relative error."""


def gone_slices(errors: SliceErrors, parts: Sequence[str], unit: str) -> dict[str, float]:
    """The parts and groups whose error is above `GONE`.

    In grouped attention a part has members, as Q1 and Q2; where all of them are gone, the part is named once. Groups
    are named only where a part is left.

    Args:
        parts: the names of the slices of mode 3, as `part_names` gives them.
        unit: what a group is called, `head` or `group`.
    """
    # What is lost of a slice that rounding drowns cannot be told.
    drowned = errors.energy < DROWNED * errors.energy.sum()
    errors = SliceErrors(np.where(drowned, 0.0, errors.squared_error), np.where(drowned, 0.0, errors.energy))
    lost, energy, by_part = errors.squared_error.sum(axis=1), errors.energy.sum(axis=1), errors.by_part()
    found: dict[str, float] = {}
    for letter in _ATTENTION:
        members = [place for place, part in enumerate(parts) if part[0] == letter]
        gone = [place for place in members if by_part[place] > GONE]
        if gone and len(gone) == len(members):
            found[letter] = math.sqrt(float(lost[members].sum() / energy[members].sum()))
        else:
            found |= {parts[place]: float(by_part[place]) for place in gone}
    if set(found) != set(_ATTENTION):
        found |= {f"{unit} {group}": float(error) for group, error in enumerate(errors.by_group()) if error > GONE}
    return found


def gone_matrices(errors: Mapping[str, float]) -> dict[str, float]:
    """The matrices whose relative error is above `GONE`.

    >>> gone_matrices({"Q": 0.4, "V": 0.997})
    {'V': 0.997}
    """
    return {name: error for name, error in errors.items() if error > GONE}


def gone_in_layer(before: LayerWeights, after: Replacement) -> dict[str, float]:
    """What an edit of one layer leaves next to nothing of; matrices that `after` does not hold stay as they are."""
    found: dict[str, float] = {}
    if before.attention is not None and after.attention is not None:
        old, new = before.attention, after.attention
        difference = AttentionWeights(*(getattr(old, part) - getattr(new, part) for part in "qkvo"))
        parts = part_names(old.heads, old.groups)
        d_model, d_head, groups = old.k.shape
        shape = TensorShape(d_model, d_head, len(parts), groups)
        found |= gone_slices(SliceErrors(_slice_energy(difference), _slice_energy(old)), parts, shape.unit)
    matrices = {name: (before.feed_forward[name], matrix) for name, matrix in after.feed_forward.items()}
    return found | gone_matrices({name: _relative(*pair) for name, pair in matrices.items()})


def gone_sentence(gone: Gone, *, layers: str = "") -> str:
    """What is gone, how much of it, and what that amounts to for the model; empty where nothing is gone.

    Args:
        layers: where, as `in layer 3`; empty where the layer is named elsewhere.

    >>> print(gone_sentence({"V": 0.9981, "O": 0.9969}))
    V and O are practically gone (errors 0.998, 0.997): for the model this may be like removing the layer's attention.
    """
    if not gone:
        return ""
    names, errors = list(gone), [f"{error:.3f}" for error in gone.values()]
    where = f" {layers}" if layers else ""
    are = "is" if len(names) == 1 else "are"
    return (
        f"{_listed(names)} {are} practically gone{where} (error{'' if len(names) == 1 else 's'} {_shortened(errors)}): "
        f"for the model this may be like {_meaning(names, several=layers.startswith('in layers'))}."
    )


def gone_sentences(by_layer: Mapping[int, Gone], most: int = _MOST_SENTENCES) -> list[str]:
    """A sentence for the layers that have lost the same, with the largest errors among them.

    Where more such sentences were needed than `most`, there is one that sorts the layers by what it amounts to.
    """
    layers_of: dict[tuple[str, ...], list[int]] = {}
    for layer, gone in sorted(by_layer.items()):
        if gone:
            layers_of.setdefault(tuple(gone), []).append(layer)
    if len(layers_of) > most:
        return [_summary(layers_of)]
    sentences = []
    for names, layers in layers_of.items():
        largest = {name: max(by_layer[layer][name] for layer in layers) for name in names}
        numbers = _listed([f"{layer}" for layer in layers])
        sentences.append(gone_sentence(largest, layers=f"in layer{'' if len(layers) == 1 else 's'} {numbers}"))
    return sentences


def _summary(layers_of: Mapping[tuple[str, ...], Sequence[int]]) -> str:
    """One sentence on layers that have lost different things; the layers are counted."""
    counts: Counter[tuple[str, str]] = Counter()
    for names, layers in layers_of.items():
        counts[next((kind for kind, letters in _KINDS.items() if letters & set(names)), _REST)] += len(layers)
    kinds = [f"{kind[0]} in {counts[kind]}{kind[1]}" for kind in (*_KINDS, _REST) if kind in counts]
    return f"In {counts.total()} layers something is practically gone (error above {GONE:g}): {'; '.join(kinds)}."


def gone_json(by_layer: Mapping[int, Gone]) -> dict[str, dict[str, float]]:
    """The layers that have lost something, as an object of JSON's types."""
    return {f"{layer}": dict(gone) for layer, gone in sorted(by_layer.items()) if gone}


def _meaning(names: Sequence[str], *, several: bool) -> str:
    of_layer = "these layers'" if several else "the layer's"
    if {"V", "O"} & set(names):
        return f"removing {of_layer} attention"
    if {"Q", "K"} & set(names):
        return "attention that looks at all tokens alike"
    if members := [name for name in names if name[0] in "QO" and name[1:].isdigit()]:
        heads = sorted({name[1:] for name in members}, key=int)
        which = f"query head{'' if len(heads) == 1 else 's'} {_listed(heads)} of every group"
        removed = any(name.startswith("O") for name in members)
        return f"removing {which}" if removed else f"{which} looking at all tokens alike"
    if units := [name for name in names if " " in name]:
        return f"removing {'it' if len(units) == 1 else 'them'}"
    return f"removing {of_layer} feed-forward part"


def _listed(names: Sequence[str]) -> str:
    """Names with commas, and `and` before the last; of many, the first and how many more there are."""
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"
    return listed(names)


def _shortened(errors: Sequence[str]) -> str:
    return ", ".join(errors[:_MOST_NAMES]) + (", ..." if len(errors) > _MOST_NAMES else "")


def _slice_energy(weights: AttentionWeights) -> Float64[np.ndarray, "part group"]:
    group = weights.groups
    rows = [
        reduce(matrix.double().square(), "d_model d_head (group n) -> n group", "sum", group=group)
        for matrix in (weights.q, weights.k, weights.v, weights.o)
    ]
    return np.concatenate([row.cpu().numpy() for row in rows])


def _relative(before: Float[Tensor, "d_ff d_model"], after: Float[Tensor, "d_ff d_model"]) -> float:
    norm = float(before.double().norm())
    return float((before - after).double().norm()) / norm if norm else 0.0
