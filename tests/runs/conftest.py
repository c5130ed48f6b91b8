"""One set of resources for all runs of a test module: models and layers are loaded once."""

from __future__ import annotations

from typing import Any

import pytest

from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.resources import Resources, load_planned_model


@pytest.fixture(scope="module")
def resources() -> Resources:
    """Resources that remember models and layers."""
    memory: dict[str, Any] = {}

    def analyse(plan, checkpoint, progress):
        if plan.key not in memory:
            memory[plan.key] = analyse_layer(plan, checkpoint, progress)
        return memory[plan.key]

    def load(plan, progress):
        if plan.key not in memory:
            memory[plan.key] = load_planned_model(plan, progress)
        return memory[plan.key]

    return Resources(analyse=analyse, load_model=load)
