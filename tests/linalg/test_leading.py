"""A first picture: leading directions of mode 1, whose errors are exact, and nearly those of the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from einops import rearrange
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.hosvd import hosvd, short_modes, stopper, truncate
from tensorllm_core.linalg.kept_slices import ranks_that_keep_slices, worst_errors
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.leading import has_leading, leading_hosvd
from tensorllm_core.linalg.noise_floor import noise_floor
from tensorllm_core.linalg.pareto import pareto_front
from tensorllm_core.linalg.rank_choice import ranks_for_compression, ranks_for_error
from tensorllm_core.linalg.refinement import refine
from tensorllm_core.linalg.slices import slice_errors
from tensorllm_core.types import Ranks, TensorShape
from tests.linalg.strategies import KINDS, UNFOLDINGS, direct_error, is_valid, random_tensor, singular_values

SHAPES = st.builds(TensorShape, st.integers(40, 90), st.integers(2, 6), st.integers(3, 6), st.integers(4, 6))
"""Mode 1 is by far the longest, as in a layer that is worth a first picture."""
TENSORS = st.builds(random_tensor, SHAPES, st.sampled_from(KINDS), st.integers(0, 2**31)).map(torch.Tensor.double)
COUNT = 6


LARGE = TensorShape(512, 16, 4, 16)


def with_spectrum(name, seed=0):
    """A float64 tensor whose unfolding of mode 1 has this spectrum, and random singular vectors."""
    shape = LARGE
    index = torch.arange(1, shape.d_model + 1).double()
    values = {
        "1 / i": 1 / index,
        "1 / root of i": index**-0.5,
        "a few strong ones on a slow slope": 1 / (1 + index / 12) + 0.1,
        "1 / fourth root of i": index**-0.25,
    }[name]
    generator = torch.Generator().manual_seed(seed)
    columns = shape.entries // shape.d_model
    left, right = (
        torch.linalg.qr(torch.randn(side, shape.d_model, generator=generator).double()).Q
        for side in (shape.d_model, columns)
    )
    return ((left * values) @ right.T).view(shape)


def first_picture(tensor, count=COUNT):
    decomposition = leading_hosvd(short_modes(tensor), count)
    return decomposition, landscape(decomposition)


def ranks_within(random, limits):
    return Ranks(*(random.randint(1, limit) for limit in limits))


@given(TENSORS)
def test_the_directions_are_orthonormal_and_come_strongest_first(tensor):
    decomposition, _ = first_picture(tensor)
    assert decomposition.limits == (COUNT, *hosvd(tensor).limits[1:])
    assert decomposition.shape == tensor.shape
    for basis in (decomposition.u1, decomposition.u2, decomposition.u3):
        torch.testing.assert_close(basis.T @ basis, torch.eye(basis.shape[1]).double(), atol=1e-12, rtol=0)
    assert (decomposition.spectra[0].diff() <= 0).all()
    assert (decomposition.u1.gather(0, decomposition.u1.abs().argmax(dim=0, keepdim=True)) > 0).all()


@given(TENSORS, st.randoms())
def test_every_error_is_that_of_the_reconstruction_for_the_whole_and_for_each_slice(tensor, random):
    decomposition, errors = first_picture(tensor)
    ranks = ranks_within(random, decomposition.limits)
    tucker = truncate(decomposition, ranks)
    assert errors.relative_error(ranks) == pytest.approx(direct_error(tensor, tucker), abs=1e-9)
    looked_up, direct = errors.products.slice_errors(ranks), slice_errors(tensor, tucker)
    scale = float(tensor.square().sum())
    np.testing.assert_allclose(looked_up.squared_error, direct.squared_error, atol=1e-12 * scale)
    np.testing.assert_allclose(looked_up.energy, direct.energy, atol=1e-12 * scale)


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-10])
def test_small_errors_are_as_accurate_as_large_ones(size):
    shape = TensorShape(60, 5, 4, 6)
    generator = torch.Generator().manual_seed(0)
    left, right = torch.randn(60, 4, generator=generator).double(), torch.randn(4, 120, generator=generator).double()
    tensor = (left @ right).view(shape) + size * random_tensor(shape, "white", 1).double()
    decomposition, errors = first_picture(tensor)
    for ranks in (Ranks(4, 5, 4), Ranks(6, 5, 4)):
        expected = direct_error(tensor, truncate(decomposition, ranks))
        assert errors.relative_error(ranks) == pytest.approx(expected, rel=1e-5)


@given(TENSORS)
def test_modes_2_and_3_and_the_norm_are_those_of_the_whole(tensor):
    decomposition, _ = first_picture(tensor)
    scale = float(tensor.norm())
    assert decomposition.norm == pytest.approx(scale)
    for mode in (2, 3):
        torch.testing.assert_close(
            decomposition.spectra[mode - 1], singular_values(tensor, mode), rtol=1e-6, atol=1e-6 * scale
        )
    # No direction holds more than the HOSVD's own, which LAPACK finds.
    own = singular_values(tensor, 1)[:COUNT].square().cumsum(0)
    assert (decomposition.spectra[0].square().cumsum(0) <= own + 1e-9 * scale**2).all()


@settings(max_examples=60)
@given(TENSORS, st.randoms())
def test_the_certificate_holds_the_best_decomposition_that_is_known(tensor, random):
    decomposition, errors = first_picture(tensor)
    ranks = ranks_within(random, decomposition.limits)
    if not is_valid(decomposition.shape, ranks):
        return
    bounds = errors.error_bounds(ranks)
    best = refine(hosvd(tensor), ranks).relative_errors[-1]
    assert bounds.lower <= best + 1e-9
    assert bounds.lower <= errors.relative_error(ranks) <= bounds.upper <= 1


@pytest.mark.parametrize(
    ("spectrum", "most"),
    [
        ("1 / i", 1e-6),
        ("1 / root of i", 3e-4),
        ("a few strong ones on a slow slope", 6e-4),
        ("1 / fourth root of i", 1.5e-3),
    ],
)
def test_completing_a_first_picture_moves_no_error_by_much(spectrum, most):
    """All errors at the same ranks, before and after. A flat spectrum is the worst case: any direction is as good."""
    tensor = with_spectrum(spectrum)
    first, whole = first_picture(tensor, count=16)[1], landscape(hosvd(tensor))
    difference = first.table - whole.table[:16]
    assert np.abs(difference).max() <= most
    # With modes 2 and 3 whole, no directions of mode 1 are better than the HOSVD's own.
    assert difference[:, -1, -1].min() >= -1e-9


def test_directions_are_the_same_as_in_the_whole_where_the_spectrum_falls():
    tensor = with_spectrum("1 / i")
    first, whole = leading_hosvd(short_modes(tensor), 16), hosvd(tensor)
    torch.testing.assert_close(first.u1[:, :8], whole.u1[:, :8], atol=1e-5, rtol=0)
    torch.testing.assert_close(first.core[:8], whole.core[:8], atol=1e-5, rtol=0)
    assert first.u2.equal(whole.u2)
    assert first.u3.equal(whole.u3)


def test_the_same_weights_give_the_same_directions():
    tensor = random_tensor(TensorShape(90, 5, 4, 6), "decaying", 0)
    first, second = (leading_hosvd(short_modes(tensor), COUNT) for _ in range(2))
    assert first.u1.equal(second.u1)
    assert first.core.equal(second.core)


def test_float32_keeps_its_accuracy():
    shape = TensorShape(1100, 64, 4, 16)
    tensor = random_tensor(shape, "decaying", 0)
    decomposition, errors = first_picture(tensor, count=40)
    assert decomposition.core.dtype is torch.float32
    for ranks in (Ranks(40, 64, 4), Ranks(30, 20, 4), Ranks(5, 1, 1)):
        expected = direct_error(tensor, truncate(decomposition, ranks))
        assert errors.relative_error(ranks) == pytest.approx(expected, abs=1e-6)


@given(TENSORS)
def test_slices_are_kept_at_no_rank_at_which_they_are_lost(tensor):
    decomposition, errors = first_picture(tensor)
    worst = worst_errors(errors.products)
    random_ranks = Ranks(4, min(2, decomposition.limits.r2), 2)
    direct = slice_errors(tensor, truncate(decomposition, random_ranks))
    expected = max(direct.by_part().max(), direct.by_group().max())
    assert worst[3, random_ranks.r2 - 1, 1] == pytest.approx(expected, abs=1e-5)
    suggested = ranks_that_keep_slices(errors)
    assert all(rank <= limit for rank, limit in zip(suggested, errors.limits, strict=True))


@given(TENSORS, st.floats(0.0, 1.0))
def test_what_is_asked_for_is_met_within_the_leading_directions_or_as_nearly_as_they_can(tensor, error):
    _, errors = first_picture(tensor)
    ranks = ranks_for_error(errors, error)
    reached = errors.relative_error(ranks)
    assert reached <= max(error, errors.table.min() + 1e-12)
    assert is_valid(errors.shape, ranks)
    by_ratio = ranks_for_compression(errors, 2.0)
    assert by_ratio.r1 <= COUNT
    assert errors.shape.compression_ratio(by_ratio) >= 2
    front = pareto_front(errors)
    assert front.r1.max() <= COUNT
    assert (np.diff(front.relative_error) < 0).all()


def test_white_noise_around_low_ranks_has_the_same_noise_floor_in_a_first_picture():
    shape = TensorShape(400, 24, 4, 12)
    generator = torch.Generator().manual_seed(0)
    signal = torch.randn(400, 5, generator=generator) @ torch.randn(5, 1152, generator=generator)
    tensor = (signal.view(shape) + torch.randn(shape, generator=generator)).double()
    first, whole = noise_floor(first_picture(tensor, count=16)[0]), noise_floor(hosvd(tensor))
    assert whole.noise_level == pytest.approx(1.0, rel=0.02)
    assert first.noise_level == pytest.approx(whole.noise_level, rel=0.02)
    assert first.ranks == whole.ranks


def test_a_zero_tensor_has_leading_directions_too():
    decomposition, errors = first_picture(torch.zeros(60, 4, 4, 6))
    assert decomposition.u1.isfinite().all()
    assert errors.relative_error(Ranks(1, 1, 1)) == 0


def test_work_on_leading_directions_is_reported_and_may_be_stopped():
    short = short_modes(random_tensor(TensorShape(90, 5, 4, 6), "white", 0))
    shares = []
    leading_hosvd(short, COUNT, report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    report = stopper(lambda share, message: share < 0.5)
    with pytest.raises(StoppedError):
        leading_hosvd(short, COUNT, report=lambda share: report(share, "leading directions"))


def test_leading_directions_are_few_beside_the_sides():
    assert has_leading((4096, 16384))
    assert not has_leading((4096, 768))
    unfolding = rearrange(torch.zeros(LARGE), UNFOLDINGS[1])
    assert has_leading((len(unfolding), unfolding.shape[1]), count=16)
