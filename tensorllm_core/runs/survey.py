"""All layers of a checkpoint in a few numbers each: the run behind Layers."""

from __future__ import annotations

from collections.abc import Callable

import torch

from tensorllm_core.experiments.layer_store import LayerStore
from tensorllm_core.experiments.layers import Survey, survey
from tensorllm_core.models.checkpoint import Checkpoint
from tensorllm_core.runs.layer_analysis import go_on
from tensorllm_core.runs.plan import SurveyPlan
from tensorllm_core.types import Progress

__all__ = ["run_survey"]


def run_survey(
    plan: SurveyPlan,
    checkpoint: Checkpoint,
    store: LayerStore,
    progress: Progress = go_on,
    publish: Callable[[Survey], None] = lambda survey: None,
) -> Survey:
    """Summarise layer after layer; what the store has is not computed again.

    Raises:
        StoppedError: `progress` asked to stop.
    """
    return survey(checkpoint, plan.layout, store, torch.device(plan.device), progress, publish)
