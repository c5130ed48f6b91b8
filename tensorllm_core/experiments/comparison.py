"""Several methods at the same number of stored entries, so that their losses can be compared.

A budget is a compression ratio of the attention: every method must save, in each layer, as many entries as the
attention of that layer saves at this ratio, whatever it replaces: attention or feed-forward matrices or both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from tensorllm_core.errors import ExplorerError, RankError, RequestError, StoppedError
from tensorllm_core.experiments.comparison_result import BudgetResult
from tensorllm_core.experiments.edits import edit_of
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject
from tensorllm_core.experiments.gone import gone_in_layer
from tensorllm_core.methods.method import Compressed, Method, Prepared, attention_of
from tensorllm_core.methods.steps import Steps
from tensorllm_core.models.loaded_model import LoadedModel
from tensorllm_core.types import AttentionWeights, LayerWeights, Progress

__all__ = [
    "MethodAtBudget",
    "bytes_to_hold",
    "check_ratios",
    "compress_at_budgets",
    "entries_to_save",
    "ratio_for_stored",
    "subjects_of",
]

_MOST_BUDGETS = 24


@dataclass(frozen=True, eq=False)
class MethodAtBudget:
    """The replacements of one method at one budget, at the ranks with its least error, and their result.

    `compressed` is None where the method cannot reach the budget.
    """

    result: BudgetResult
    compressed: Compressed | None = None


def check_ratios(ratios: Sequence[float]) -> tuple[float, ...]:
    """The budgets in ascending order, each once.

    Raises:
        RankError: no budget, too many, or one that allows as many entries as the original or more.

    >>> check_ratios([8.0, 4.0, 8.0])
    (4.0, 8.0)
    """
    budgets = tuple(sorted({float(ratio) for ratio in ratios}))
    if not budgets or len(budgets) > _MOST_BUDGETS:
        raise RankError(f"Expected 1 to {_MOST_BUDGETS} budgets, got {len(budgets)}; give ratios such as 4,8,16.")
    if not (budgets[0] > 1 and math.isfinite(budgets[-1])):
        wrong = budgets[0] if not budgets[0] > 1 else budgets[-1]
        raise RankError(f"Expected budgets as finite ratios above 1, got {wrong:g}; give ratios such as 4,8,16.")
    return budgets


def ratio_for_stored(entries: int, stored: int) -> float:
    """The budget at which the attention of a layer with so many entries stores at most `stored` of them.

    Raises:
        RankError: `stored` is below 1, or as much as the layer has or more.

    >>> ratio_for_stored(65536, 4096)
    16.0
    """
    if not 1 <= stored < entries:
        raise RankError(
            f"Expected a budget of 1 to {entries - 1:,} stored entries, fewer than the {entries:,} of the layer's "
            f"attention, got {stored:,}; choose one in this range."
        )
    ratio = entries / stored
    # Rounding must not cost an entry.
    while math.floor(entries / ratio) < stored:
        ratio = math.nextafter(ratio, 0.0)
    return ratio


def entries_to_save(weights: Mapping[int, LayerWeights], ratio: float) -> dict[int, int]:
    """How many entries each layer's attention saves at a compression ratio, rounded up.

    Layers with feed-forward matrices alone save nothing by themselves.

    >>> import torch
    >>> layer = LayerWeights(AttentionWeights(*(torch.ones(8, 2, 4) for _ in "qkvo")))
    >>> entries_to_save({0: layer}, 4.0)
    {0: 192}
    """
    entries = {layer: _attention_entries(attention) for layer, attention in attention_of(weights).items()}
    return {layer: count - math.floor(count / ratio) for layer, count in entries.items()}


def compress_at_budgets(
    weights: Mapping[int, LayerWeights],
    methods: Mapping[str, Method],
    ratios: Sequence[float],
    progress: Progress | None = None,
) -> Iterator[MethodAtBudget]:
    """Every method at every budget, one after another; a method that cannot be used says so at each budget.

    Args:
        weights: what all the methods together read, feed-forward matrices too where one of them does.

    Raises:
        RankError: as `check_ratios`.
        RequestError: no method.
        StoppedError: `progress` asked to stop.
    """
    budgets = check_ratios(ratios)
    if not methods:
        raise RequestError("Expected one or more methods, got none; choose some.")
    steps = Steps(progress, len(methods) * (1 + len(budgets)))
    for name, method in methods.items():
        # 1. One decomposition serves all budgets.
        progress_within = steps.begin(name)
        method_weights = _weights_for(method, weights)
        try:
            prepared: Prepared | ExplorerError = method.prepare(method_weights, progress_within)
        except StoppedError:
            raise
        except ExplorerError as error:
            prepared = error
        # 2. Its best ranks at each budget.
        for ratio in budgets:
            steps.begin(f"{name} at {ratio:.6g}x")
            yield _method_at_budget(name, ratio, prepared, method_weights)


def bytes_to_hold(weights: Mapping[int, LayerWeights], methods: Mapping[str, Method], budgets: int) -> int:
    """Bytes of all the replacements, in float32: each of them stays in memory until the last question is answered."""
    layers = tuple(attention_of(weights))
    attention_entries = sum(map(_attention_entries, attention_of(weights).values()))
    entries = 0
    for method in methods.values():
        matrices = [
            matrix for layer in method.feed_forward_layers(layers) for matrix in weights[layer].feed_forward.values()
        ]
        entries += attention_entries + sum(matrix.numel() for matrix in matrices)
    return 4 * budgets * entries


def subjects_of(loaded: LoadedModel, methods_at_budgets: Sequence[MethodAtBudget]) -> list[Subject]:
    """The original model first, then every method that reaches its budget."""
    return [
        Subject(ORIGINAL, loaded),
        *(
            Subject(each.result.name, loaded, edit_of(each.compressed))
            for each in methods_at_budgets
            if each.compressed is not None
        ),
    ]


def _attention_entries(attention: AttentionWeights) -> int:
    return sum(part.numel() for part in (attention.q, attention.k, attention.v, attention.o))


def _weights_for(method: Method, weights: Mapping[int, LayerWeights]) -> dict[int, LayerWeights]:
    """What this method reads: feed-forward matrices only of the layers where it replaces some."""
    attention_layers = tuple(attention_of(weights))
    dense_layers = method.feed_forward_layers(attention_layers)
    return {
        layer: LayerWeights(each.attention, each.feed_forward if layer in dense_layers else {}, each.turns_freely)
        for layer, each in weights.items()
        if layer in {*attention_layers, *dense_layers}
    }


def _method_at_budget(
    name: str, ratio: float, prepared: Prepared | ExplorerError, weights: Mapping[int, LayerWeights]
) -> MethodAtBudget:
    if isinstance(prepared, ExplorerError):
        return MethodAtBudget(BudgetResult(name, ratio, problem=str(prepared)))
    try:
        compressed = prepared.at(prepared.ranks_for_saving(entries_to_save(weights, ratio)))
    except RankError as error:
        return MethodAtBudget(BudgetResult(name, ratio, problem=str(error)))
    by_matrix, whole = _errors(weights, compressed)
    return MethodAtBudget(
        BudgetResult(
            name,
            ratio,
            compressed.ranks,
            compressed.stored_entries,
            compressed.original_entries,
            by_matrix,
            whole,
            {layer: gone_in_layer(weights[layer], new) for layer, new in compressed.replacements.items()},
        ),
        compressed,
    )


def _errors(weights: Mapping[int, LayerWeights], compressed: Compressed) -> tuple[dict[str, float], float]:
    """The relative error of each kind of matrix over all layers, and that of all these matrices together."""
    # 1. Squared errors and squared norms, added up over the layers.
    squared_error: dict[str, float] = {}
    squared_norm: dict[str, float] = {}
    for layer, new in compressed.replacements.items():
        old = weights[layer]
        pairs = {name: (old.feed_forward[name], matrix) for name, matrix in new.feed_forward.items()}
        if new.attention is not None and old.attention is not None:
            pairs = {name: _parts(name, old.attention, new.attention) for name in "QKVO"} | pairs
        for name, (before, after) in pairs.items():
            squared_error[name] = squared_error.get(name, 0.0) + _squared_norm(before - after)
            squared_norm[name] = squared_norm.get(name, 0.0) + _squared_norm(before)
    # 2. The matrices that were replaced: one without any error was left as it is.
    replaced = [name for name in squared_error if squared_error[name] > 0]
    errors = {
        name: math.sqrt(squared_error[name] / squared_norm[name]) if squared_norm[name] else 0.0 for name in replaced
    }
    # 3. The error of them all.
    norm_of_all = sum(squared_norm[name] for name in replaced)
    error_of_all = sum(squared_error[name] for name in replaced)
    return errors, math.sqrt(error_of_all / norm_of_all) if norm_of_all else 0.0


def _parts(name: str, before: AttentionWeights, after: AttentionWeights) -> tuple[Tensor, Tensor]:
    return getattr(before, name.lower()), getattr(after, name.lower())


def _squared_norm(matrix: Float[Tensor, "..."]) -> float:
    return float(matrix.double().square().sum())
