"""Seconds and peak memory of a step, and the process of its own in which it is measured."""

from __future__ import annotations

import os
import time

import torch

from tensorllm_core.linalg.time_and_memory import PeakMemory, in_own_process, median_timed, timed, warm_up


def test_a_measurement_runs_in_a_process_of_its_own():
    assert in_own_process(os.getpid) != os.getpid()


def test_a_step_gives_its_result_and_its_seconds():
    warm_up("cpu")
    result, seconds = timed(lambda: 42, "cpu")
    assert result == 42
    assert seconds >= 0


def test_the_median_of_three_runs_is_not_moved_by_a_slow_one():
    pauses = iter([0.0, 0.5, 0.0])
    result, seconds = median_timed(lambda: time.sleep(next(pauses)) or 42, "cpu")
    assert result == 42
    assert seconds < 0.5


def test_peak_memory_counts_memory_that_is_free_again():
    # In a fresh process, because other tests may have used more in this one.
    assert in_own_process(peak_of_passing_tensor) >= 2**26


def peak_of_passing_tensor() -> int:
    memory = PeakMemory("cpu")
    tensor = torch.ones(2**24)
    del tensor
    return memory.so_far()
