"""The time left: unknown at first, near the truth soon, and never far from what was said a second before."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from tensorllm_core.runs.time_left import TimeLeft

Reports = list[tuple[float, float]]
"""Time in seconds and the share done."""


def steady(seconds: float, steps: int) -> Reports:
    return [(seconds * step / steps, step / steps) for step in range(steps + 1)]


def of_steps(durations: list[float], works: list[float], load: float = 0.0) -> Reports:
    """After loading, steps that take so long and were expected to be so much work."""
    times, done = itertools.accumulate(durations, initial=load), itertools.accumulate(works, initial=0.0)
    shares = [(time, work / sum(works)) for time, work in zip(times, done, strict=True)]
    return [(0.0, 0.0), (load / 2, 0.0), *shares]


def waves(original: float, edited: float, expected: float = 0.5, load: float = 0.0, seed: int = 0) -> Reports:
    """Eight waves: ten passes of the original, then ten of each of three edits, of so many seconds, give or take."""
    draw = random.Random(seed)
    durations, works = [], []
    for _ in range(8):
        for seconds, work in ((original, 1.0), *[(edited, expected)] * 3):
            durations += [seconds * draw.uniform(0.6, 1.6) for _ in range(10)]
            works += [work] * 10
    return of_steps(durations, works, load)


PATTERNS: dict[str, Reports] = {
    "steady": steady(100.0, 50),
    "hours": steady(20_000.0, 4000),
    "quick": steady(4.0, 40),
    "slow load, then questions": waves(1.0, 0.5, load=60.0),
    "the edits are faster than expected": waves(1.0, 0.3, expected=0.9),
    "the edits are slower than expected": waves(1.0, 1.0, expected=0.4),
    "slow first passes": of_steps([6.0, 3.0, *[1.0] * 100], [1.0] * 102),
    "fast first passes": of_steps([*[0.4] * 10, *[1.0] * 100], [1.0] * 110),
    "warm caches, then cold ones": of_steps([*[0.4] * 30, *[1.0] * 60], [1.0] * 90),
    "another program in between": of_steps([*[1.0] * 40, *[3.0] * 10, *[1.0] * 40], [1.0] * 90),
    "sorted by length": of_steps([0.5 + at % 30 / 30 for at in range(240)], [1.0] * 240),
}


def readings(reports: Reports, every: float = 1.0) -> Iterator[tuple[float, float | None]]:
    """What somebody sees who looks once a second: the time, and the seconds left."""
    left = TimeLeft()
    coming = list(reports)
    now = 0.0
    while now < reports[-1][0]:
        while coming and coming[0][0] <= now:
            time, share = coming.pop(0)
            left.report(share, time)
        yield now, left.seconds(now)
        now += every


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("every", [0.5, 1.0, 5.0])
def test_the_expected_end_never_jumps(name: str, every: float) -> None:
    ends = [now + left for now, left in readings(PATTERNS[name], every) if left is not None]
    for before, after in itertools.pairwise(ends):
        assert 1 / 3 < after / before < 3


@pytest.mark.parametrize("name", PATTERNS)
def test_the_first_reading_is_within_a_factor_of_three_and_later_ones_are_near(name: str) -> None:
    reports = PATTERNS[name]
    end, begin = reports[-1][0], max(time for time, share in reports if share == 0)
    shown = [(now, now + left - begin) for now, left in readings(reports) if left is not None]
    assert shown
    whole = end - begin
    for now, expected in shown:
        assert 1 / 3 < expected / whole < 3, now
    late = [expected for now, expected in shown if now > begin + 0.6 * whole]
    assert all(0.65 < expected / whole < 1.5 for expected in late)


def test_nothing_is_said_before_it_is_known() -> None:
    left = TimeLeft()
    for second in range(60):
        left.report(0.0, float(second))
        assert left.seconds(second + 0.5) is None
    left.report(0.1, 60.0)
    left.report(0.5, 60.5)
    assert left.seconds(61.0) is None


def test_the_loading_before_is_no_part_of_the_speed() -> None:
    left = TimeLeft()
    left.report(0.0, 0.0)
    left.report(0.0, 500.0)
    for second in range(1, 11):
        left.report(second / 100, 500.0 + second)
    assert left.seconds(510.0) == pytest.approx(90.0)


def test_work_that_takes_longer_than_expected_says_nothing() -> None:
    left = TimeLeft()
    for second in range(1, 10):
        left.report(second / 10, float(second))
    assert left.seconds(9.5) == pytest.approx(0.5)
    assert left.seconds(11.0) is None


def test_reports_without_a_change_or_out_of_order_change_nothing() -> None:
    left = TimeLeft()
    for second in range(1, 11):
        left.report(second / 20, float(second))
    before = left.seconds(10.0)
    for share, now in ((0.5, 10.0), (0.4, 10.5), (0.5, 11.0), (0.6, 9.0)):
        left.report(share, now)
    assert left.seconds(10.0) == before
