"""The small example goes where `tensorise` puts it."""

from __future__ import annotations

import pytest
import torch
from einops import rearrange

from tensorllm_core.errors import LayoutError
from tensorllm_core.lessons.layouts import cut_into_heads
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.types import AttentionWeights, Layout


def stored_example(heads: int, d_head: int) -> dict[str, torch.Tensor]:
    """Four matrices as PyTorch stores them, (output, input), numbered row by row."""
    width = heads * d_head
    return {part: torch.arange(width * width, dtype=torch.float32).view(width, width) for part in "QKVO"}


def by_head(stored: dict[str, torch.Tensor], heads: int) -> AttentionWeights:
    q, k, v = (rearrange(stored[part], "(head d_head) d_model -> d_model d_head head", head=heads) for part in "QKV")
    return AttentionWeights(q, k, v, rearrange(stored["O"], "d_model (head d_head) -> d_model d_head head", head=heads))


@pytest.mark.parametrize(("heads", "d_head"), [(3, 2), (2, 4)])
@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("part", ["Q", "K", "V", "O"])
def test_every_entry_stands_in_the_tensor_where_the_example_says(part, layout, heads, d_head):
    tensor = tensorise(by_head(stored_example(heads, d_head), heads), layout)
    slices = tensor.data[:, :, tensor.parts.index(part)].numpy()
    cut = cut_into_heads(layout, part, heads=heads, d_head=d_head)
    assert (slices[cut.d_model, cut.d_head, cut.head] == cut.number).all()


def test_a_slice_of_the_released_code_holds_a_third_of_every_head():
    paper, released = cut_into_heads(Layout.PAPER), cut_into_heads(Layout.RELEASED_CODE)
    for head in range(3):
        for piece in range(3):
            assert ((paper.head == head) & (released.head == piece)).sum() == 4


def test_a_part_that_does_not_exist_is_refused():
    with pytest.raises(LayoutError, match="got `X`"):
        cut_into_heads(Layout.PAPER, "X")
