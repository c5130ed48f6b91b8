"""How similar the cores of the groups are.

All groups share the orthonormal factors, so the cosine between the cores of two groups is the cosine between their
approximated weights: `<G_g, G_h> = <W_hat_g, W_hat_h>`.
"""

from __future__ import annotations

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from tensorllm_core.linalg.products import full_precision, row_blocks

__all__ = ["chance_similarity", "core_similarity", "similarity_order"]


def core_similarity(core: Float[Tensor, "r1 r2 r3 group"]) -> Float32[np.ndarray, "group group"]:
    """The cosine between the cores of every two groups, -1 to 1; 0 where a core is zero.

    >>> core_similarity(torch.tensor([[[[1.0, -2.0, 3.0]]]])).tolist()
    [[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]]
    """
    group = core.shape[3]
    products = core.new_zeros((group, group), dtype=torch.float64)
    with torch.no_grad(), full_precision():
        # In blocks of rows, so that no float64 copy of a large core is needed.
        for block in row_blocks(core):
            rows = rearrange(block.double(), "r1 r2 r3 group -> (r1 r2 r3) group")
            products += rows.T @ rows
    norms = products.diagonal().sqrt()
    scale = torch.where(norms > 0, 1 / norms, torch.zeros_like(norms))
    return (products * scale * scale[:, None]).clamp(-1, 1).float().cpu().numpy()


def chance_similarity(entries: int) -> float:
    """Standard deviation of the cosine between two independent Gaussian cores: `1 / sqrt(entries)` of one core.

    >>> chance_similarity(100)
    0.1
    """
    return 1.0 / float(np.sqrt(entries))


def similarity_order(similarity: Float32[np.ndarray, "group group"]) -> Int64[np.ndarray, " group"]:
    """The numbers of all groups in an order that puts similar groups side by side.

    The order is that of the entries of the Fiedler vector of a graph whose weights are the similarities (Atkins, Boman
    and Hendrickson 1998, "A spectral algorithm for seriation and the consecutive ones problem").

    >>> similarity_order(np.array([[1.0, 0.0, 0.9], [0.0, 1.0, 0.1], [0.9, 0.1, 1.0]], dtype=np.float32)).tolist()
    [0, 2, 1]
    """
    groups = len(similarity)
    if groups < 3:
        return np.arange(groups)
    # The weights of a graph are at least 0, and a group has none with itself.
    affinity = similarity.astype(np.float64) - float(similarity.min())
    np.fill_diagonal(affinity, 0.0)
    laplacian = np.diag(affinity.sum(axis=1)) - affinity
    order = np.argsort(np.linalg.eigh(laplacian)[1][:, 1], kind="stable")
    # An eigenvector has no sign of its own, so the order could also be reversed: start with the lower number.
    return order if order[0] < order[-1] else order[::-1].copy()
