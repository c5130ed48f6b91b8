"""How alike the private cores of the groups are.

All groups share the orthonormal factors, so the cosine between two cores is the cosine between the weights that they
stand for: `<G_g, G_h> = <W_hat_g, W_hat_h>`.
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
    """Cosine between the cores of every two groups, -1 to 1; 0 where a core is zero.

    >>> core_similarity(torch.tensor([[[[1.0, -2.0, 3.0]]]])).tolist()
    [[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]]
    """
    group = core.shape[3]
    products = core.new_zeros((group, group), dtype=torch.float64)
    with torch.no_grad(), full_precision():
        # In blocks, so that no float64 copy of a large core is made.
        for block in row_blocks(core):
            rows = rearrange(block.double(), "r1 r2 r3 group -> (r1 r2 r3) group")
            products += rows.T @ rows
    norms = products.diagonal().sqrt()
    scale = torch.where(norms > 0, 1 / norms, torch.zeros_like(norms))
    return (products * scale * scale[:, None]).clamp(-1, 1).float().cpu().numpy()


def chance_similarity(entries: int) -> float:
    """Standard deviation of the cosine of two independent Gaussian cores of so many entries: `1 / sqrt(entries)`.

    >>> chance_similarity(100)
    0.1
    """
    return 1.0 / float(np.sqrt(entries))


def similarity_order(similarity: Float32[np.ndarray, "group group"]) -> Int64[np.ndarray, " group"]:
    """An order of the groups that puts alike ones side by side; each group stands in it once.

    By the Fiedler vector of the similarities taken as a graph (Atkins, Boman and Hendrickson 1998, "A spectral
    algorithm for seriation and the consecutive ones problem").

    >>> similarity_order(np.array([[1.0, 0.0, 0.9], [0.0, 1.0, 0.1], [0.9, 0.1, 1.0]], dtype=np.float32)).tolist()
    [0, 2, 1]
    """
    count = len(similarity)
    if count < 3:
        return np.arange(count)
    affinity = similarity.astype(np.float64) - float(similarity.min())
    np.fill_diagonal(affinity, 0.0)
    laplacian = np.diag(affinity.sum(axis=1)) - affinity
    order = np.argsort(np.linalg.eigh(laplacian)[1][:, 1], kind="stable")
    # An eigenvector has no sign of its own: begin at the end that holds the lower number.
    return order if order[0] < order[-1] else order[::-1].copy()
