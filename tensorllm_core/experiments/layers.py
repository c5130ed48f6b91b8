"""All layers of a checkpoint in a few numbers each, beside Gaussian weights of the same shape and norm.

What a layer shows that the Gaussian weights do not is structure; the rest any matrix of that size has. Everything
is relative to the layer's own norm, so the null depends on the shape alone: a few draws serve all layers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from einops import reduce
from jaxtyping import Float, Float32, Float64, Int32
from torch import Tensor

from tensorllm_core.errors import CheckpointError, RankError, StoppedError
from tensorllm_core.experiments.layer_store import LayerStore
from tensorllm_core.experiments.layer_summary import RATIOS, LayerSummary
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.landscape import Landscape, landscape
from tensorllm_core.linalg.products import row_blocks
from tensorllm_core.linalg.rank_choice import ranks_for_compression
from tensorllm_core.methods.tensorise import part_names, tensorise
from tensorllm_core.models.checkpoint import Checkpoint, read_attention
from tensorllm_core.models.devices import on_device_or_cpu
from tensorllm_core.types import AttentionTensor, Layout, Progress, Ranks, TensorShape

__all__ = ["NULL_DRAWS", "Survey", "gaussian_null", "is_surveyed", "part_energy", "summarise", "survey"]

NULL_DRAWS = 3
"""Gaussian tensors that stand for chance; their spread shows how far it reaches."""
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class Survey:
    """The summaries so far.

    `count` is the number of layers, `null` holds the summaries of Gaussian weights, and `problems` says for each layer
    that could not be read why.
    """

    count: int
    layers: Mapping[int, LayerSummary]
    null: tuple[LayerSummary, ...]
    problems: Mapping[int, str]


def survey(
    checkpoint: Checkpoint,
    layout: Layout,
    store: LayerStore,
    device: torch.device,
    progress: Progress,
    on_step: Callable[[Survey], None] = lambda survey: None,
) -> Survey:
    """Summarise layer after layer, then the rest of the null; a summary in the store is not computed again.

    A layer that cannot be read becomes a problem of the survey, and the others go on. Layers that share weights are
    summarised once.

    Raises:
        StoppedError: `progress` asked to stop; `on_step` was called with every step before that.
    """
    sizes = checkpoint.sizes
    parts = part_names(checkpoint.heads, checkpoint.groups)
    shape = TensorShape(checkpoint.d_model, checkpoint.d_head, len(parts), checkpoint.groups)
    # 1. The steps. Gaussian weights (None) come first, so that the first layers have something to compare with.
    steps: list[int | None] = [None, *sizes.one_of_each(checkpoint.attention_layers), *[None] * (NULL_DRAWS - 1)]
    layers: dict[int, LayerSummary] = {}
    problems: dict[int, str] = {}
    null: list[LayerSummary] = []
    # 2. One summary for each step, from the store where it has one.
    for done, layer in enumerate(steps):
        step = _Step(progress, done, len(steps), "Gaussian weights" if layer is None else f"layer {layer}")
        step(0.0, "")
        if layer is None:
            seed = len(null)
            draw = partial(_chance, shape, parts, seed)
            null.append(_summary(store, f"gaussian {tuple(shape)} seed {seed}", draw, device, step))
        else:
            read = partial(_tensor, checkpoint, layer, layout)
            try:
                summary = _summary(store, _layer_key(checkpoint, layer, layout), read, device, step)
                layers |= dict.fromkeys(sizes.sharing(layer), summary)
            except CheckpointError as error:
                problems |= dict.fromkeys(sizes.sharing(layer), str(error))
        # 3. All summaries so far.
        on_step(Survey(sizes.layers, dict(layers), tuple(null), dict(problems)))
    return Survey(sizes.layers, layers, tuple(null), problems)


def is_surveyed(checkpoint: Checkpoint, layout: Layout, store: LayerStore) -> bool:
    """Whether the store has every layer already, so that a survey takes no time."""
    layers = checkpoint.sizes.one_of_each(checkpoint.attention_layers)
    return all(store.has(_layer_key(checkpoint, layer, layout)) for layer in layers)


def summarise(tensor: AttentionTensor, progress: Progress | None = None) -> LayerSummary:
    """The numbers of one layer, by its decomposition at all ranks.

    Raises:
        StoppedError: `progress` asked to stop.

    >>> ones = AttentionTensor(torch.ones(6, 3, 4, 2), ("Q", "K", "V", "O"), Layout.PAPER)
    >>> summarise(ones).stable_ranks
    (1.0, 1.0, 1.0)
    """
    decomposition = hosvd(tensor.data, progress)
    norm = math.sqrt(float(part_energy(tensor.data).sum()))
    table = landscape(decomposition)
    errors, ranks = _best_by_ratio(table)
    slice_energy = table.products.slice_errors(Ranks(*table.table.shape)).energy
    first, second, third = (
        (spectrum.numpy() / max(norm, _TINY)).astype(np.float32) for spectrum in decomposition.spectra
    )
    return LayerSummary(
        shape=tensor.shape,
        parts=tensor.parts,
        norm=norm,
        spectra=(first, second, third),
        errors=errors,
        ranks=ranks,
        slice_energy=slice_energy / max(float(slice_energy.sum()), _TINY),
        slice_errors=_slice_errors(table, ranks),
    )


def gaussian_null(shape: TensorShape, seed: int, norm: float = 1.0) -> Float[Tensor, "d_model d_head part group"]:
    """Independent Gaussian weights of that shape and Frobenius norm, the same for the same seed.

    >>> round(float(gaussian_null(TensorShape(8, 4, 4, 2), seed=0, norm=3.0).norm()), 5)
    3.0
    """
    tensor = torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed))
    return tensor.mul_(norm / math.sqrt(float(part_energy(tensor).sum())))


def part_energy(tensor: Float[Tensor, "d_model d_head part group"]) -> Float64[np.ndarray, " part"]:
    """Squared norm of each part over all groups, in float64."""
    total = torch.zeros(tensor.shape[2], dtype=torch.float64)
    for block in row_blocks(tensor):
        total += reduce(block.cpu().double().square(), "d_model d_head part group -> part", "sum")
    return total.numpy()


def _best_by_ratio(table: Landscape) -> tuple[Float32[np.ndarray, " ratio"], Int32[np.ndarray, "ratio 3"]]:
    """Least error at each ratio of the grid, and its ranks; NaN and zeros where no ranks are that small."""
    errors = np.full(len(RATIOS), np.nan, dtype=np.float32)
    ranks = np.zeros((len(RATIOS), 3), dtype=np.int32)
    for number, ratio in enumerate(RATIOS):
        try:
            ranks[number] = best = ranks_for_compression(table, ratio)
        except RankError:
            break
        errors[number] = table.relative_error(best)
    return errors, ranks


def _slice_errors(table: Landscape, ranks: Int32[np.ndarray, "ratio 3"]) -> Float32[np.ndarray, "ratio part group"]:
    """The relative error of each slice at these ranks; zeros for a row of zeros."""
    errors = np.zeros((len(ranks), table.shape.part, table.shape.group), dtype=np.float32)
    for number, (r1, r2, r3) in enumerate(ranks.tolist()):
        if r1:
            errors[number] = table.relative_error_by_part_and_group(Ranks(r1, r2, r3))
    return errors


class _Step:
    """Progress of one step among several."""

    def __init__(self, progress: Progress, done: int, of: int, name: str) -> None:
        self._progress, self._done, self._of, self._name = progress, done, of, name

    def __call__(self, share: float, _message: str) -> bool:
        if not self._progress((self._done + share) / self._of, self._name):
            raise StoppedError("The survey was stopped before it was done; start it again.")
        return True


def _summary(
    store: LayerStore,
    key: str,
    make: Callable[[torch.device], AttentionTensor],
    device: torch.device,
    progress: Progress,
) -> LayerSummary:
    """The summary in the store; where there is none, a new one, which the store then keeps."""
    if (stored := store.get(key)) is not None:
        return stored
    summary, _ = on_device_or_cpu(lambda at: summarise(make(at), progress), device)
    store.put(key, summary)
    return summary


def _tensor(checkpoint: Checkpoint, layer: int, layout: Layout, device: torch.device) -> AttentionTensor:
    return tensorise(read_attention(checkpoint, layer, device), layout)


def _chance(shape: TensorShape, parts: tuple[str, ...], seed: int, device: torch.device) -> AttentionTensor:
    return AttentionTensor(gaussian_null(shape, seed).to(device), parts, Layout.PAPER)


def _layer_key(checkpoint: Checkpoint, layer: int, layout: Layout) -> str:
    return f"{checkpoint.revision} block {checkpoint.sizes.block(layer)} {layout.value}"
