"""What a complete run of the Reasoning screen measured, kept so that it stands beside the papers' figures later."""

from __future__ import annotations

import contextlib

from pages.shared.plan import EDITED, OWN_FILE, Reasoning
from pages.work.caches import measured_store
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.statistics import paired_accuracy
from tensorllm_core.types import Layout

__all__ = ["note_measured"]


def note_measured(result: Reasoning) -> None:
    """Keep one result for each benchmark of a run, if every question was asked as the benchmark words it.

    A file of one's own has no name that anybody else would know it by, so it is not kept. That a result could not be
    kept, or that its numbers are none (a loss in half precision may overflow), is no reason to lose the run.
    """
    plan, evaluation = result.plan, result.evaluation
    if not evaluation.complete or plan.scene.template:
        return
    ranks = set(result.ranks.values())
    for benchmark, before in evaluation.answers[ORIGINAL].items():
        if benchmark == OWN_FILE:
            continue
        after = evaluation.answers[EDITED][benchmark]
        accuracy = paired_accuracy(before.right, after.right)
        with contextlib.suppress(RequestError, OSError):
            measured_store().note(
                model=plan.scene.model,
                revision=plan.revision,
                benchmark=benchmark,
                split=plan.scene.split,
                method="tensorllm-refined" if plan.scene.refine else "tensorllm",
                layers=plan.layers,
                ranks=tuple(*ranks) if len(ranks) == 1 else (),
                setting=_setting(result),
                n=accuracy.n,
                accuracy=(accuracy.before, accuracy.after),
                loss=(before.mean_loss, after.mean_loss),
                interval=(accuracy.interval.low, accuracy.interval.high),
                p=accuracy.p,
                compression_ratio=result.compression_ratio,
            )


def _setting(result: Reasoning) -> str:
    """In words, what layers and ranks do not say."""
    scene = result.plan.scene
    words = [
        f"layout {scene.layout}" if scene.layout is not Layout.PAPER else "",
        f"weights in {scene.dtype}" if scene.dtype != type(scene).dtype else "",
        "each layer at ranks of its own" if len(set(result.ranks.values())) > 1 else "",
    ]
    return ", ".join(filter(None, words))
