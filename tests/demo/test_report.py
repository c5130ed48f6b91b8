"""The report: its tables hold the measured results, and its JSON is plain."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo import report
from tensorllm_core.demo.denoising import Treatment, Trial
from tensorllm_core.demo.recipe import DemoModel
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.types import Ranks


def right_answers(count):
    """Ten questions a benchmark, of which the first `count` are answered rightly."""
    return {name: np.arange(10) < count for name in BUNDLED}


def trial():
    before, after, without = right_answers(5), right_answers(8), right_answers(2)
    flat = [np.concatenate(list(right.values())) for right in (before, after, without)]
    return Trial(
        layers=(0, 1),
        hints=(Ranks(12, 6, 4), Ranks(11, 6, 4)),
        untreated=before,
        compressed=Treatment(Ranks(12, 6, 4), 16.6, after, paired_accuracy(flat[0], flat[1])),
        hinted=Treatment(None, 16.9, after, paired_accuracy(flat[0], flat[1])),
        random=Treatment(Ranks(12, 6, 4), 16.6, without, paired_accuracy(flat[0], flat[2])),
        removed=Treatment(None, None, without, paired_accuracy(flat[0], flat[2])),
        compressed_against_random=paired_accuracy(flat[2], flat[1]),
        compressed_against_removed=paired_accuracy(flat[2], flat[1]),
    )


@pytest.fixture(name="results")
def two_seeds():
    return [
        report.SeedResult(seed, {name: right_answers(count) for name in DemoModel}, 0.4, trial(), trial())
        for seed, count in ((0, 8), (1, 9))
    ]


def test_the_tables_give_mean_and_range_over_seeds(results):
    page = report.as_markdown(results)
    assert "| demo-encoder | 0.850 (0.800 to 0.900) |" in page
    assert (
        "| 0 | (12, 6, 4) | 16.6 | (12, 6, 4); (11, 6, 4) | 0.500 | 0.800 | 0.800 | 0.200 | 0.200 | 12/0, 4.9e-04 |"
        in page
    )


def test_the_json_is_plain_and_in_fractions_of_one(results):
    plain = json.loads(json.dumps(report.as_plain(results[0])))
    assert plain["accuracy"]["demo-decoder"]["macro"] == pytest.approx(0.8)
    noisy = plain["demo-decoder-noisy"]
    assert noisy["compressed"]["ranks"] == [12, 6, 4]
    assert noisy["compressed"]["against_untreated"] == {"fixed": 12, "broken": 0, "mcnemar_p": pytest.approx(2**-11)}
    assert noisy["removed"]["ranks"] is None
