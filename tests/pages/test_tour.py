"""The steps of the guided tour: every scene and every control can be read, and its sentences are true."""

from __future__ import annotations

import pytest

from pages.frame.tour_steps import STEPS, tour_parameters
from pages.session.links import parse_scene
from tests.pages.visits import value, visit


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_its_scenes_and_controls_can_be_read(number: int) -> None:
    scene, notices = parse_scene(tour_parameters(number))
    assert notices == ()
    assert scene.playing.tour == number
    for parameters in STEPS[number - 1].controls:
        assert parse_scene(tour_parameters(number) | parameters)[1] == ()


def test_its_first_sentences_are_true() -> None:
    scene = tour_parameters(1)
    whole, shared, fewer = (
        float(value(visit(**scene | parameters), "Relative error")) for parameters in STEPS[0].controls
    )
    assert max(whole, shared) < 1e-6
    assert fewer > 0.1


def test_its_prices_rise() -> None:
    scene = tour_parameters(2)
    errors = [float(value(visit(**scene | parameters), "Relative error")) for parameters in STEPS[1].controls]
    assert errors == sorted(errors)
    assert errors[0] < errors[-1]
