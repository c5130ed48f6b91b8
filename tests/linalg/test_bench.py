"""The measurement runs our code and TensorLy on the same tensor, and can be stopped."""

from __future__ import annotations

import pytest
import torch

from tensorllm_core.errors import RankError, RequestError
from tensorllm_core.linalg.bench import measure_hosvd, measure_own, random_tensor
from tensorllm_core.types import Ranks, TensorShape

SHAPE, RANKS = TensorShape(48, 8, 4, 2), Ranks(6, 3, 2)


def test_both_sides_reach_the_same_error_in_processes_of_their_own():
    shares = []
    measured = measure_hosvd(SHAPE, RANKS, progress=lambda share, what: shares.append(share) is None)
    own, tensorly = measured.own, measured.tensorly
    assert own.refined_error == pytest.approx(tensorly.error, rel=1e-3)
    assert own.refined_error <= own.truncated_error
    assert measured.hosvd_speed_up == tensorly.seconds / own.hosvd_seconds
    assert measured.refine_speed_up == tensorly.seconds / own.refine_seconds
    assert min(own.hosvd_seconds, own.landscape_seconds, own.lookup_seconds, own.slices_lookup_seconds) > 0
    assert own.peak >= own.hosvd_peak > 0
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_without_a_target_one_sweep_is_measured():
    assert measure_own(SHAPE, RANKS, "cpu", None).refine_sweeps == 1


def test_impossible_ranks_and_a_request_to_stop_are_refused():
    with pytest.raises(RankError):
        measure_hosvd(SHAPE, Ranks(49, 8, 4))
    with pytest.raises(RequestError, match="was stopped before it was done"):
        measure_hosvd(SHAPE, RANKS, progress=lambda share, what: False)


def test_a_failure_of_tensorly_becomes_one_sentence(monkeypatch):
    def out_of_memory(*arguments):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 TiB.\nSee the documentation.")

    monkeypatch.setattr("tensorllm_core.linalg.bench.in_own_process", out_of_memory)
    with pytest.raises(RequestError, match=r"TensorLy .* on cpu, got `CUDA out of memory.*`; measure our code only"):
        measure_hosvd(SHAPE, RANKS)


def test_the_tensor_is_the_same_each_time_and_neither_flat_nor_low_rank():
    tensor = random_tensor(SHAPE, RANKS, "cpu")
    assert tensor.equal(random_tensor(SHAPE, RANKS, "cpu"))
    assert torch.linalg.matrix_rank(tensor.flatten(1)) == SHAPE.d_model
