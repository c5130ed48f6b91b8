"""Sizes of a model's attention, and under which keys of config.json its family keeps them."""

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
"""What the same size is called by one family or another; transformers reads each under several of these names."""


@dataclass(frozen=True)
class AttentionSizes:
    """Sizes of a model's attention, the same in every layer.

    `blocks` counts the layers that have weights of their own: fewer than `layers` where layers share them.
    """

    layers: int
    heads: int
    groups: int
    d_model: int
    d_head: int
    blocks: int

    @property
    def entries(self) -> int:
        """Stored attention weights of one layer, biases not counted.

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
        """All layers that use the same weights as this one, itself included, in order."""
        return tuple(other for other in range(self.layers) if self.block(other) == self.block(layer))

    def one_of_each(self, layers: Iterable[int]) -> tuple[int, ...]:
        """Of these layers, the first of all that share their weights, in order.

        >>> AttentionSizes(layers=6, heads=4, groups=4, d_model=8, d_head=2, blocks=2).one_of_each([1, 2, 4])
        (1, 4)
        """
        found: dict[int, int] = {}
        for layer in sorted(layers):
            found.setdefault(self.block(layer), layer)
        return tuple(found.values())


@dataclass(frozen=True)
class SizeNames:
    """The keys of config.json that hold the sizes, and what a config that lacks one of them means.

    Without a value for groups every head is its own group; without one for `d_head` the head width is
    d_model / heads. The sizes of a model that also sees or hears stand under `text_config`.

    Args:
        multi_query: where this key is true, there is one group.
        grouped: where this key is true, `groups` counts and `multi_query` does not.
        blocks: the key for how many blocks have weights of their own.
        one: keys that must be 1 or absent, because other values are not understood.
        defaults: values of keys that a config may leave out.
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
            CheckpointError: a size is missing, is no positive whole number, or does not divide as it must.

        >>> SizeNames().read({"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32})
        AttentionSizes(layers=2, heads=4, groups=4, d_model=32, d_head=8, blocks=2)
        """
        text = config.get("text_config")
        config = {**self.defaults, **(text if isinstance(text, Mapping) else config)}
        layers = _size(config, self.layers, _SYNONYMS["layers"])
        heads = _size(config, self.heads, _SYNONYMS["heads"])
        d_model = _size(config, self.d_model, _SYNONYMS["d_model"])
        groups = self._groups(config, heads)
        d_head = _optional_size(config, self.d_head, 0)
        blocks = _optional_size(config, self.blocks, layers)
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
        for name in self.one:
            if (value := _optional_size(config, name, 1)) != 1:
                raise CheckpointError(f"Expected config.json's `{name}` to be 1, got {value}; choose another model.")
        return AttentionSizes(layers, heads, groups, d_model, d_head or d_model // heads, blocks)

    def _groups(self, config: Mapping[str, object], heads: int) -> int:
        if self.multi_query is not None and not (self.grouped and config.get(self.grouped)):
            return 1 if config.get(self.multi_query) else heads
        return _optional_size(config, self.groups, heads)


def _size(config: Mapping[str, object], name: str, synonyms: tuple[str, ...] = ()) -> int:
    found = next((key for key in (name, *synonyms) if key in config), name)
    value = config.get(found)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < _LARGEST_SIZE:
        came = f"`{value}`" if found in config else "nothing"
        raise CheckpointError(
            f"Expected a positive whole number for `{found}` in config.json, got {came}; correct the config."
        )
    return value


def _optional_size(config: Mapping[str, object], name: str | None, otherwise: int) -> int:
    if name is None or config.get(name) is None:
        return otherwise
    return _size(config, name)
