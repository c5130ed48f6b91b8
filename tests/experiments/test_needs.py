"""Estimates scale as the work does, and the rate is one that this machine was measured at."""

from __future__ import annotations

import time

import pytest

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.needs import EXAMPLE, Rate, duration_text, measure_rate, needs_of
from tensorllm_core.experiments.published_tables import CELLS, PUBLISHED_BENCHMARKS, PUBLISHED_MODELS
from tensorllm_core.models.fit import needed_bytes

GPTJ, FEVER = PUBLISHED_MODELS["gptj"], PUBLISHED_BENCHMARKS["fever"]


def test_work_is_two_operations_for_each_weight_token_question_and_pass() -> None:
    needed = needs_of(GPTJ, FEVER, questions=100, edits=3)
    assert needed.passes == 4
    assert needed.flops == 2 * 6.05e9 * 30 * 100 * 4
    assert needed.seconds(Rate(1e12, "float32", "")) == pytest.approx(needed.flops / 1e12)


def test_generated_tokens_are_paid_for() -> None:
    benchmark = PUBLISHED_BENCHMARKS["hotpotqa"]
    needed = needs_of(GPTJ, benchmark, questions=1, edits=0)
    assert needed.flops == 2 * 6.05e9 * (benchmark.prompt_tokens + benchmark.new_tokens)


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda cell: f"{cell.model.name}-{cell.benchmark.name}")
def test_memory_is_what_the_fit_check_asks_for(cell) -> None:
    needed = needs_of(cell.model, cell.benchmark, 1)
    assert needed.memory == {dtype: needed_bytes(cell.model.parameters, dtype) for dtype in ("float32", "float16")}
    assert needed.memory["float16"] < needed.memory["float32"]


def test_the_sizes_are_those_that_are_known_of_these_models() -> None:
    size = {name: needs_of(model, FEVER, 1).memory["float16"] / 2**30 for name, model in PUBLISHED_MODELS.items()}
    assert size["gptj"] == pytest.approx(12.4, abs=0.1)
    assert size["llama2"] == pytest.approx(13.8, abs=0.1)
    assert size["roberta"] < 0.5


@pytest.mark.parametrize("arguments", [(0, 1), (10, -1)])
def test_no_questions_or_fewer_than_no_edits_are_refused(arguments) -> None:
    with pytest.raises(RequestError, match=r"Expected .*, got .*; "):
        needs_of(GPTJ, FEVER, *arguments)


def test_a_rate_is_measured_on_this_machine() -> None:
    started = time.perf_counter()
    needed = measure_rate(width=128)
    # No faster than the whole call allows, nor than any machine of today.
    assert 0 < needed.flops < 1e16
    assert time.perf_counter() - started < 60
    assert needed.dtype == "float32"
    assert needed.machine.startswith("this machine's CPU")


def test_measuring_stops_when_asked_and_says_what_it_has() -> None:
    seen: list[str] = []

    def once(_share: float, message: str) -> bool:
        seen.append(message)
        return False

    assert measure_rate(width=128, progress=once).flops > 0
    assert len(seen) == 3


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(RequestError, match="got `int8`"):
        measure_rate(dtype="int8")


def test_the_example_says_what_machine_it_was() -> None:
    assert "cores" in EXAMPLE.machine
    assert 1e9 < EXAMPLE.flops < 1e13


@pytest.mark.parametrize("seconds", [0.0, 1.0, 89.0, 5399.0, 1e5, 1e9])
def test_a_duration_is_a_number_and_a_unit(seconds) -> None:
    number, unit = duration_text(seconds).split()
    assert float(number.replace(",", "")) > 0
    assert unit in {"s", "min", "h", "days"}
