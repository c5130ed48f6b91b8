"""TensorLLM: one layer's attention as a Tucker decomposition, factors shared by all heads (arXiv 2501.15674)."""

from __future__ import annotations

from dataclasses import dataclass

from tensorllm_core.linalg.hosvd import Hosvd, hosvd, reconstruct, truncate
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.methods.method import Compressed
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.types import AttentionTensor, AttentionWeights, Layout, Ranks, Tucker

__all__ = ["TensorLLM", "from_tucker"]


@dataclass(frozen=True)
class TensorLLM:
    """The truncated HOSVD at these ranks, refined by at most `sweeps` sweeps of HOOI."""

    ranks: Ranks
    layout: Layout = Layout.PAPER
    sweeps: int = 0

    def compress(self, weights: AttentionWeights) -> Compressed:
        """Decompose a layer and write it out again."""
        tensor = tensorise(weights, self.layout)
        check_ranks(tensor.shape, self.ranks)
        return self.compress_decomposed(tensor, hosvd(tensor.data))

    def compress_decomposed(self, tensor: AttentionTensor, decomposition: Hosvd) -> Compressed:
        """The same, for a layer that is decomposed already: several ranks share the work.

        Raises:
            RankError: ranks that no decomposition of the tensor can have.
        """
        check_ranks(tensor.shape, self.ranks)
        if self.sweeps:
            return from_tucker(tensor, refine(decomposition, self.ranks, max_sweeps=self.sweeps).tucker)
        return from_tucker(tensor, truncate(decomposition, self.ranks))


def from_tucker(tensor: AttentionTensor, tucker: Tucker) -> Compressed:
    """A decomposition of the tensor, written out as attention weights."""
    rebuilt = AttentionTensor(reconstruct(tucker), tensor.parts, tensor.layout)
    return Compressed(detensorise(rebuilt), tensor.shape.stored_entries(tucker.ranks), tensor.shape.entries)
