"""The hint finds the ranks of a low-rank tensor in noise, and nothing in noise alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from einops import einsum

from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.noise_floor import marchenko_pastur_median, noise_floor
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.types import Ranks, TensorShape


def noisy(shape: TensorShape, ranks: Ranks, noise: float, seed: int) -> torch.Tensor:
    """A signal of standard deviation 1 and of these ranks, plus noise."""
    generator = torch.Generator().manual_seed(seed)
    core = torch.randn(*ranks, shape.group, generator=generator)
    u1, u2, u3 = (
        torch.linalg.qr(torch.randn(size, rank, generator=generator)).Q
        for size, rank in zip(shape[:3], ranks, strict=True)
    )
    signal = einsum(core, u1, u2, u3, "a b c group, i a, j b, k c -> i j k group")
    return signal / signal.std() + noise * torch.randn(shape, generator=generator)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("shape", "ranks"),
    [
        (TensorShape(128, 32, 4, 4), Ranks(16, 8, 4)),
        (TensorShape(128, 16, 4, 8), Ranks(16, 8, 4)),
        (TensorShape(768, 64, 4, 12), Ranks(100, 32, 4)),
    ],
    ids=str,
)
def test_ranks_show_through_noise_twice_as_strong(shape, ranks, seed):
    floor = noise_floor(hosvd(noisy(shape, ranks, 2.0, seed)))
    assert floor.noise_level == pytest.approx(2.0, rel=0.03)
    assert 0.85 * ranks.r1 <= floor.ranks.r1 <= ranks.r1
    assert floor.ranks[1:] == ranks[1:]


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize(
    ("shape", "ranks"),
    [
        (TensorShape(128, 16, 4, 8), Ranks(64, 8, 4)),
        (TensorShape(96, 16, 10, 2), Ranks(20, 8, 5)),
        (TensorShape(512, 16, 4, 2), Ranks(20, 8, 4)),
    ],
    ids=str,
)
def test_ranks_are_exact_with_little_noise_or_none(shape, ranks, noise):
    assert noise_floor(hosvd(noisy(shape, ranks, noise, 0))).ranks == ranks


@pytest.mark.parametrize("shape", [TensorShape(128, 16, 4, 8), TensorShape(64, 32, 4, 4)], ids=str)
def test_noise_alone_holds_next_to_nothing(shape):
    floor = noise_floor(hosvd(torch.randn(shape, generator=torch.Generator().manual_seed(0))))
    # The largest singular value of a finite matrix fluctuates about the edge.
    assert max(floor.ranks) <= 2
    assert floor.noise_level == pytest.approx(1.0, rel=0.02)


def test_edges_are_where_the_singular_values_of_noise_end():
    shape = TensorShape(128, 16, 4, 8)
    decomposition = hosvd(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
    for edge, spectrum in zip(noise_floor(decomposition).edges, decomposition.spectra, strict=True):
        assert float(spectrum[0]) == pytest.approx(edge, rel=0.03)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 1, 4, 1), (2, 5, 4, 1), (1, 2, 6, 3)])
def test_tiny_and_constant_tensors_get_valid_ranks(shape):
    for tensor in (torch.zeros(shape), torch.ones(shape)):
        ranks = noise_floor(hosvd(tensor)).ranks
        assert check_ranks(TensorShape(*shape), ranks) == ranks


@pytest.mark.parametrize("aspect", [1.0, 0.5, 0.1])
def test_the_median_is_that_of_a_random_matrix(aspect):
    rows = 400
    columns = round(rows / aspect)
    values = np.linalg.svd(np.random.default_rng(0).standard_normal((rows, columns)), compute_uv=False) ** 2 / columns
    assert marchenko_pastur_median(rows / columns) == pytest.approx(np.median(values), rel=0.02)


def test_the_median_of_a_square_matrix_is_the_known_one():
    # Gavish and Donoho 2014: 4 / sqrt(3) / sqrt(median) = 2.858.
    assert 4 / math.sqrt(3) / math.sqrt(marchenko_pastur_median(1.0)) == pytest.approx(2.858, abs=5e-4)


@pytest.mark.parametrize("shape", [TensorShape(128, 16, 4, 8), TensorShape(1100, 64, 4, 16)], ids=str)
def test_the_rounding_of_a_low_rank_tensor_is_no_signal(shape):
    ranks = Ranks(12, 6, 3)
    assert noise_floor(hosvd(noisy(shape, ranks, 0.0, 0))).ranks == ranks
