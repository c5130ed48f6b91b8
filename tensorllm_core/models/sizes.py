"""The sizes of the attention of a model, and the keys of config.json under which its family stores them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tensorllm_core.errors import CheckpointError

__all__ = ["AttentionSizes", "SizeNames"]

_LARGEST_SIZE = 2**31
_SYNONYMS = {
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "d_model": ("hidden_size", "n_embd", "n_embed", "dim"),
}
"""Different families use different keys for the same size; transformers reads each size under several of these keys."""


@dataclass(frozen=True)
class AttentionSizes:
    """The sizes of the attention of a model, the same in every layer.

    `blocks` is the number of blocks of weights: smaller than `layers` where several layers share one block.
    """

    layers: int
    heads: int
    groups: int
    d_model: int
    d_head: int
    blocks: int

    @property
    def entries(self) -> int:
        """Stored attention weights of one layer, without biases.

        >>> AttentionSizes(layers=2, heads=8, groups=2, d_model=64, d_head=8, blocks=2).entries
        10240
        """
        return 2 * self.d_model * self.d_head * (self.heads + self.groups)

    def block(self, layer: int) -> int:
        """The stored block whose weights a layer uses.

        >>> [AttentionSizes(layers=6, heads=4, groups=4, d_model=8, d_head=2, blocks=2).block(n) for n in range(6)]
        [0, 0, 0, 1, 1, 1]
        """
        return layer * self.blocks // self.layers

    def sharing(self, layer: int) -> tuple[int, ...]:
        """All layers that use the same weights as this layer, in order; this layer is among them."""
        return tuple(other for other in range(self.layers) if self.block(other) == self.block(layer))

    def one_of_each(self, layers: Iterable[int]) -> tuple[int, ...]:
        """Of these layers, the first of those that share one block of weights, for each block, in order.

        >>> AttentionSizes(layers=6, heads=4, groups=4, d_model=8, d_head=2, blocks=2).one_of_each([1, 2, 4])
        (1, 4)
        """
        first: dict[int, int] = {}
        for layer in sorted(layers):
            first.setdefault(self.block(layer), layer)
        return tuple(first.values())


@dataclass(frozen=True)
class SizeNames:
    """The keys of config.json that hold the sizes, and what it means where one of them is missing.

    Without a value for `groups` every head is a group of its own. Without a value for `d_head` the head width is
    d_model / heads. A model that also takes pictures or sound has the sizes of its text part under `text_config`.

    Args:
        layers, heads, d_model, groups, d_head: the keys of these sizes.
        multi_query: the key of a switch; where it is true, there is one group.
        grouped: the key of a switch; where it is true, the value for `groups` counts, and `multi_query` does not.
        blocks: the key of the number of blocks of weights, where layers share blocks.
        one: keys whose value must be 1 or missing, because no other value is supported.
        defaults: the values of keys that a config may leave out.
    """

    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    d_model: str = "hidden_size"
    groups: str | None = None
    d_head: str | None = None
    multi_query: str | None = None
    grouped: str | None = None
    blocks: str | None = None
    one: tuple[str, ...] = ()
    defaults: Mapping[str, int | bool] = field(default_factory=dict)

    def read(self, config: Mapping[str, object]) -> AttentionSizes:
        """The sizes that a config declares.

        Raises:
            CheckpointError: a size is missing, is not a positive whole number, or is not a multiple of another.

        >>> SizeNames().read({"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32})
        AttentionSizes(layers=2, heads=4, groups=4, d_model=32, d_head=8, blocks=2)
        """
        # Read the sizes; those of the text part where there is one.
        text = config.get("text_config")
        config = {**self.defaults, **(text if isinstance(text, Mapping) else config)}
        layers = _size(config, self.layers, _SYNONYMS["layers"])
        heads = _size(config, self.heads, _SYNONYMS["heads"])
        d_model = _size(config, self.d_model, _SYNONYMS["d_model"])
        groups = self._groups(config, heads)
        d_head = _optional_size(config, self.d_head, 0)
        blocks = _optional_size(config, self.blocks, layers)
        # Some of them must be multiples of others.
        if d_head == 0 and d_model % heads:
            raise CheckpointError(
                f"Expected config.json's `{self.d_model}` to be a multiple of its `{self.heads}`, got {d_model} "
                f"and {heads}; correct the config."
            )
        if heads % groups:
            raise CheckpointError(
                f"Expected config.json's `{self.heads}` to be a multiple of its `{self.groups}`, got {heads} "
                f"and {groups}; correct the config."
            )
        if layers % blocks:
            raise CheckpointError(
                f"Expected config.json's `{self.layers}` to be a multiple of its `{self.blocks}`, got {layers} "
                f"and {blocks}; correct the config."
            )
        # Some must be 1.
        for key in self.one:
            if (value := _optional_size(config, key, 1)) != 1:
                raise CheckpointError(f"Expected config.json's `{key}` to be 1, got {value}; choose another model.")
        return AttentionSizes(layers, heads, groups, d_model, d_head or d_model // heads, blocks)

    def _groups(self, config: Mapping[str, object], heads: int) -> int:
        if self.multi_query is not None and not (self.grouped and config.get(self.grouped)):
            return 1 if config.get(self.multi_query) else heads
        return _optional_size(config, self.groups, heads)


def _size(config: Mapping[str, object], name: str, synonyms: tuple[str, ...] = ()) -> int:
    """The size under a key, or under the first of its synonyms that the config has."""
    key = next((key for key in (name, *synonyms) if key in config), name)
    value = config.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < _LARGEST_SIZE:
        shown = f"`{value}`" if key in config else "nothing"
        raise CheckpointError(
            f"Expected a positive whole number for `{key}` in config.json, got {shown}; correct the config."
        )
    return value


def _optional_size(config: Mapping[str, object], key: str | None, default: int) -> int:
    """The size under a key; the default where there is no such key or no value."""
    if key is None or config.get(key) is None:
        return default
    return _size(config, key)
