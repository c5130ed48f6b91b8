"""What belongs to one compression method besides its computation: its names, looks, lesson, options and counts.

Every method file ends with its description, and registry.py lists it. Screens, commands, figures and the shared tests
read from there, so that no other file has to know a method by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorllm_core.methods.method import Method
from tensorllm_core.types import Layout, MethodLook

__all__ = ["LayerSizes", "MethodDescription", "MethodLesson", "Options"]


@dataclass(frozen=True)
class Options:
    """What a caller may ask of a method besides its ranks; a method refuses the options that it does not take.

    `matrices` of () means those that the method is meant for. The others are a hybrid's: the layer whose feed-forward
    matrices it replaces (None: each layer's own), and the name of the method on its attention. `make_method` adds the
    method of that name as `attention_method`.
    """

    layout: Layout = Layout.PAPER
    matrices: tuple[str, ...] = ()
    feed_forward_layer: int | None = None
    attention: str = ""
    attention_method: Method | None = None


@dataclass(frozen=True)
class LayerSizes:
    """Sizes of one layer, for the formulas of what a method stores.

    `heads` counts query heads, `groups` key and value heads. Each of the `feed_forward_matrices` is `d_ff x d_model`.
    `turns_freely` is that of `LayerWeights`.
    """

    d_model: int
    d_head: int
    heads: int
    groups: int
    d_ff: int
    feed_forward_matrices: int
    turns_freely: bool = False

    @property
    def heads_by_part(self) -> tuple[int, int, int, int]:
        """How many heads Q, K, V and O have."""
        return (self.heads, self.groups, self.groups, self.heads)

    @property
    def parts(self) -> int:
        """Slices of mode 3 of the layer's tensor: Q and O of every query head in a group, K and V.

        >>> LayerSizes(24, 5, heads=4, groups=2, d_ff=30, feed_forward_matrices=3).parts
        6
        """
        return 2 * self.heads // self.groups + 2

    @property
    def attention_entries(self) -> int:
        """Entries of Q, K, V and O.

        >>> LayerSizes(24, 5, heads=4, groups=2, d_ff=30, feed_forward_matrices=3).attention_entries
        1440
        """
        return self.d_model * self.d_head * sum(self.heads_by_part)

    @property
    def feed_forward_entries(self) -> int:
        """Entries of all feed-forward matrices."""
        return self.feed_forward_matrices * self.d_ff * self.d_model


@dataclass(frozen=True)
class MethodLesson:
    """The explanation of a method; `shares` and `private` end the sentences "Shared: ..." and "Private: ...".

    `formula` is LaTeX. `network` is the method's tensor network as an einsum, as figures/network_pattern.py reads it:
    `+` marks what is shared, `~` what is shared and random, `*` what is private; an index of one node alone stays open.
    `shared_by` and `one_per` say in the key of the drawing who shares, and of what each has its own.
    """

    takeaway: str
    shares: str
    private: str
    formula: str
    network: str
    shared_by: str = "all heads"
    one_per: str = "head"


@dataclass(frozen=True)
class MethodDescription:
    """One method as the command line, the screens and the shared tests know it.

    Args:
        name: what commands and links call it.
        title: its name for people.
        words: what it does, in a sentence.
        make: the method with given options.
        look: no other method has its colours, nor its dash and symbol together. Relatives share a range of hues
            (TensorLLM warm, SVDs blue, stacks teal, controls grey) and differ in lightness, so that they stay apart
            for colour-blind eyes.
        lesson: what the panel "Explain the difference" says and draws.
        takes: the fields of `Options` that it knows.
        replaced_entries: entries of one layer that it replaces.
        stored_entries: entries that it stores for one layer when every rank is r. Both counts are the formulas of the
            paper, written without the code that decomposes: the shared tests hold that code to them.
        needs_plain_attention: it works only where every query head has a key and a value head of its own.
        has_local_optima: its sweeps may stop before the best, so that a larger rank may lose a little more.
        is_slow: it takes far longer than the others.
        is_suggested: the Compare screen begins with it; such a method takes seconds on a small model.
        is_control: it is there only to measure the others by.
    """

    name: str
    title: str
    words: str
    make: Callable[[Options], Method]
    look: MethodLook
    lesson: MethodLesson
    replaced_entries: Callable[[LayerSizes], int]
    stored_entries: Callable[[LayerSizes, int], int]
    takes: tuple[str, ...] = ()
    needs_plain_attention: bool = False
    has_local_optima: bool = False
    is_slow: bool = False
    is_suggested: bool = False
    is_control: bool = False
