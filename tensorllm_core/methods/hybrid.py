"""A method on the attention together with LASER on the feed-forward matrices (arXiv 2501.15674, Table III, case 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

from tensorllm_core.errors import RequestError
from tensorllm_core.methods.description import MethodDescription, MethodLesson, Options
from tensorllm_core.methods.laser import FEED_FORWARD_SVD_NETWORK, Laser, feed_forward_svd_entries
from tensorllm_core.methods.matrices import FEED_FORWARD
from tensorllm_core.methods.method import Method, Prepared, Replacement, Unit, attention_of, join_replacements
from tensorllm_core.methods.tensorllm import TUCKER_NETWORK, TensorLLM, tucker_entries
from tensorllm_core.types import LayerWeights, MethodLook, Progress

__all__ = ["HYBRID", "Hybrid"]


@dataclass(frozen=True)
class Hybrid:
    """Attention and feed-forward matrices share each layer's budget.

    `feed_forward_layer` is the layer whose feed-forward matrices are compressed; None means each layer's own. With a
    named layer there is one budget: that of all chosen layers together.
    """

    attention: Method = field(default_factory=TensorLLM)
    matrices: tuple[str, ...] = (FEED_FORWARD,)
    feed_forward_layer: int | None = None

    def feed_forward_layers(self, chosen: tuple[int, ...]) -> tuple[int, ...]:
        """The chosen layers, or the one that is named."""
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
        dense = {layer: replace(layers[layer], attention=None) for layer in self.feed_forward_layers(chosen)}
        feed_forward = Laser(self.matrices).prepare(dense, _half(progress, 1))
        if self.feed_forward_layer is None:
            return Prepared(tuple(map(_join_units, attention.units, feed_forward.units)))
        return Prepared((_join_units(*attention.units, *feed_forward.units, layers=chosen),))


def _join_units(*units: Unit, layers: tuple[int, ...] | None = None) -> Unit:
    """One unit with the tensors of all, and one budget; of the first unit's layers unless others are given."""

    def assemble(rebuilt: Mapping[str, Tensor]) -> Mapping[int, Replacement]:
        replacements: dict[int, Replacement] = {}
        for unit in units:
            for layer, new in unit.assemble({name: rebuilt[name] for name in unit.tensors if name in rebuilt}).items():
                replacements[layer] = join_replacements(replacements.get(layer, Replacement()), new)
        return replacements

    tensors = {name: tensor for unit in units for name, tensor in unit.tensors.items()}
    return Unit(
        units[0].layers if layers is None else layers, tensors, assemble, sum(unit.fixed_entries for unit in units)
    )


def _half(progress: Progress | None, half: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share, message: progress((half + share) / 2, message)


def _make(options: Options) -> Method:
    attention = options.attention_method or TensorLLM(options.layout)
    return Hybrid(attention, options.matrices or (FEED_FORWARD,), options.feed_forward_layer)


HYBRID = MethodDescription(
    name="hybrid",
    title="TensorLLM + LASER",
    words="TensorLLM on the attention, LASER on the feed-forward matrices; entries go where they lower the error most.",
    make=_make,
    takes=("layout", "matrices", "feed_forward_layer", "attention"),
    look=MethodLook("#85780c", "#d9cb57", "dashdot", "circle"),
    lesson=MethodLesson(
        takeaway="Heads share, feed-forward matrices do not",
        shares="in the attention, TensorLLM's three factor matrices; in the feed-forward matrices, nothing.",
        private="a core for each head; singular values and vectors for each feed-forward matrix.",
        formula=r"\small G_i \times_1 U_1 \times_2 U_2 \times_3 U_3\ ;\ \ U_R S_R V_R^{\mathsf T}",
        network=f"{TUCKER_NETWORK}; FFN: {FEED_FORWARD_SVD_NETWORK}",
    ),
    replaced_entries=lambda sizes: sizes.attention_entries + sizes.feed_forward_entries,
    stored_entries=lambda sizes, rank: tucker_entries(sizes, rank) + feed_forward_svd_entries(sizes, rank),
    is_suggested=True,
)
