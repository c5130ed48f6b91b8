"""A method on the attention together with LASER on the feed-forward matrices (arXiv 2501.15674, Table III, case 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from tensorllm_core.errors import RequestError
from tensorllm_core.methods.laser import Laser
from tensorllm_core.methods.matrices import FEED_FORWARD
from tensorllm_core.methods.method import Method, Prepared, Replacement, Unit, attention_of
from tensorllm_core.methods.tensorllm import TensorLLM
from tensorllm_core.types import LayerWeights, Progress

__all__ = ["Hybrid"]


@dataclass(frozen=True)
class Hybrid:
    """Attention and feed-forward matrices share each layer's budget, or all layers' with another layer's matrices.

    `feed_forward_layer` is the layer whose feed-forward matrices are compressed; None means each layer's own.
    """

    attention: Method = field(default_factory=TensorLLM)
    matrices: tuple[str, ...] = (FEED_FORWARD,)
    feed_forward_layer: int | None = None

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen ones, or the one that is named."""
        return chosen if self.feed_forward_layer is None else (self.feed_forward_layer,)

    def prepare(self, layers: Mapping[int, LayerWeights], progress: Progress | None = None) -> Prepared:
        """Decompose the attention by its method and the feed-forward matrices by LASER.

        Raises:
            RequestError: a method that compresses more than attention, or a matrix that the model lacks.
            LayoutError: as the attention's method.
        """
        chosen = tuple(attention_of(layers))
        if self.attention.feed_forward_layers(chosen):
            raise RequestError(
                "Expected a method that compresses attention alone as one half of a hybrid, got one that also reads "
                "the feed-forward matrices; choose another."
            )
        attention = self.attention.prepare({layer: layers[layer] for layer in chosen}, _half(progress, 0))
        dense = {
            layer: replace(layers[layer], attention=None)
            for layer in (chosen if self.feed_forward_layer is None else (self.feed_forward_layer,))
        }
        feed_forward = Laser(self.matrices).prepare(dense, _half(progress, 1))
        if self.feed_forward_layer is None:
            return Prepared(tuple(map(_together, attention.units, feed_forward.units)))
        return Prepared((_together(*attention.units, *feed_forward.units, layers=chosen),))


def _together(*units: Unit, layers: tuple[int, ...] | None = None) -> Unit:
    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        found: dict[int, Replacement] = {}
        for unit in units:
            for layer, new in unit.assemble({name: rebuilt[name] for name in unit.tensors if name in rebuilt}).items():
                old = found.get(layer, Replacement())
                found[layer] = Replacement(new.attention or old.attention, {**old.feed_forward, **new.feed_forward})
        return found

    tensors = {name: tensor for unit in units for name, tensor in unit.tensors.items()}
    return Unit(
        units[0].layers if layers is None else layers, tensors, assemble, sum(unit.fixed_entries for unit in units)
    )


def _half(progress: Progress | None, half: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share, message: progress((half + share) / 2, message)
