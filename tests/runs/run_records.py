"""An example of the record of a run, for the tests that keep and show some."""

from __future__ import annotations

from typing import Any

from tensorllm_core.runs.run_record import Kind, RunRecord

__all__ = ["run_record"]

_VALUES: dict[str, Any] = {
    "kind": Kind.EVALUATION,
    "key": "plan 1",
    "model": "demo-decoder-noisy",
    "method": "TensorLLM",
    "layers": (1, 2),
    "setting": "ranks (12, 6, 4)",
    "benchmarks": ("world-hop", "world-facts"),
    "split": "test",
    "n": 80,
    "accuracy_before": 0.5,
    "accuracy_after": 0.575,
    "low": 0.01,
    "high": 0.14,
    "compression_ratio": 16.6,
    "complete": True,
    "page": "reasoning",
    "parameters": {"model": "demo-decoder-noisy", "layer": "1", "sample": "40", "layers": "1-2"},
    "date": "2026-11-30T22:10:00.000+00:00",
}


def run_record(**changes: Any) -> RunRecord:
    """The example with these changes."""
    return RunRecord(**_VALUES | changes)
