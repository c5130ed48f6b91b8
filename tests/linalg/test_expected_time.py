"""The expected time of a decomposition grows with the work, and is scaled by what this machine has shown."""

from __future__ import annotations

from tensorllm_core.linalg.expected_time import Rates, expected_seconds, rates_of
from tensorllm_core.types import TensorShape

SLOW, FAST = Rates(1e9, 1.0, 3), Rates(1e11, 0.1, 3)


def test_a_larger_tensor_takes_longer_and_a_faster_machine_less_long():
    small, large = TensorShape(1024, 64, 4, 20), TensorShape(4096, 128, 4, 32)
    for rates in (SLOW, FAST):
        assert expected_seconds(small, rates) < expected_seconds(large, rates)
    assert expected_seconds(large, FAST) < expected_seconds(large, SLOW) / 9


def test_the_shorter_side_of_mode_1_decides():
    few_columns, many_columns = TensorShape(4096, 32, 6, 1), TensorShape(4096, 128, 4, 32)
    assert expected_seconds(few_columns, FAST) < expected_seconds(many_columns, FAST) / 100


def test_the_rates_of_this_machine_are_measured_once():
    rates = rates_of("cpu")
    assert rates.products > 0
    assert rates.eigenvectors > 0
    assert rates_of("cpu") is rates
