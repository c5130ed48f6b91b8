"""An example of a measurement, for the tests that keep and read some."""

from __future__ import annotations

from tensorllm_core.experiments.measurement import Measurement

__all__ = ["VALUES", "measurement"]

VALUES = {
    "model": "EleutherAI/gpt-j-6b",
    "revision": "0123abcd",
    "benchmark": "fever",
    "split": "test",
    "method": "tensorllm",
    "layers": (21,),
    "ranks": (672, 42, 4),
    "setting": "",
    "n": 500,
    "accuracy_before": 0.502,
    "accuracy_after": 0.58,
    "loss_before": 1.24,
    "loss_after": 1.02,
    "low": 0.05,
    "high": 0.106,
    "p": 1e-6,
    "compression_ratio": 14.69,
}


def measurement(**changes) -> Measurement:
    """The example with these changes; its date is now, unless `changes` has one."""
    return Measurement(**VALUES | changes)
