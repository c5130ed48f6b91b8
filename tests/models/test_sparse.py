"""One layer of a checkpoint with the shapes of LLaMA-2-70B: only its bytes are read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch

from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.storage import Storage
from tests.tools.sparse_checkpoint import LLAMA_2_70B, write_sparse_checkpoint

LAYER = 40


@dataclass
class Counting:
    """A storage that counts the bytes read from it."""

    inner: Storage
    count: int = field(default=0)

    @property
    def place(self):
        return self.inner.place

    @property
    def commit(self):
        return self.inner.commit

    def names(self):
        return self.inner.names()

    def size(self, name):
        return self.inner.size(name)

    def stamp(self, name):
        return self.inner.stamp(name)

    def read(self, name, start, count):
        self.count += count
        return self.inner.read(name, start, count)


def test_a_layer_of_seventy_billion_parameters_is_read_without_the_rest(tmp_path):
    written = write_sparse_checkpoint(tmp_path, LLAMA_2_70B, LAYER)
    checkpoint = open_checkpoint(str(tmp_path))
    assert checkpoint.parameters == 68_976_648_192
    assert (checkpoint.layers, checkpoint.heads, checkpoint.groups, checkpoint.d_head) == (80, 64, 8, 128)
    counting = Counting(checkpoint.storage)
    weights = read_attention(replace(checkpoint, storage=counting), LAYER)
    assert counting.count == written == 2 * checkpoint.sizes.entries
    assert weights.q.shape == weights.o.shape == (8192, 128, 64)
    assert weights.k.shape == weights.v.shape == (8192, 128, 8)
    assert all(0.015 < part[:64].std() < 0.025 for part in (weights.q, weights.k, weights.v, weights.o))
    assert not torch.equal(weights.k, weights.v)
