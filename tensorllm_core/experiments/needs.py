"""What reproducing a published figure needs: memory, and hours scaled from a measured rate.

The price of a pass is `2 x parameters x tokens` operations, one multiplication and one addition for each weight and
token (Kaplan et al. 2020, arXiv 2001.08361, section 2.1); attention's own products, a few per cent for questions this
short, are left out. It is divided by the operations per second that a transformer of middle size was measured at. So:

- Tokens of a question are round figures by benchmark: the prompt and, where the answer is generated, the new tokens.
- A generated token is priced like one of the prompt. On a GPU it takes longer, as it reads all weights for few tokens.
- All layers are counted as run. Where answers are chosen rather than generated, an edit at layer L of N runs about
  (N - L) / N of them, so that the edited pass takes less.
- The decomposition (seconds to minutes a layer) and the download are left out.

An estimate: right to a factor of two or three, meant to tell minutes from days.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import Any

import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.published import PublishedBenchmark, PublishedModel
from tensorllm_core.models.fit import DTYPES, bytes_text, needed_bytes
from tensorllm_core.types import Progress

__all__ = ["EXAMPLE", "Needs", "Rate", "duration_text", "measure_rate", "needs_of"]

_ROWS, _TOKENS = 16, 32
"""Of the measured batch: as many tokens as a batch of short questions."""
_REPEATS = 3


@dataclass(frozen=True)
class Rate:
    """Operations per second of forward passes, and on what machine, in words, and in what type they were measured."""

    flops: float
    dtype: str
    machine: str


EXAMPLE = Rate(1.3e11, "float32", "2 cores of an AMD EPYC, no GPU")
"""The example that estimates scale from: the model of `measure_rate` on 2026-11-25, AVX2, at 1.29e11 to 1.47e11.

The machine had other work, so it is the processor's time that was measured, not that of the clock.
"""


@dataclass(frozen=True)
class Needs:
    """Bytes to hold the model with room to work, by type, and the operations of all passes together."""

    memory: dict[str, int]
    questions: int
    passes: int
    flops: float

    def seconds(self, rate: Rate) -> float:
        """How long the passes take at that rate."""
        return self.flops / rate.flops

    @property
    def memory_text(self) -> str:
        """Memory in words.

        >>> Needs({"float32": 4 * 2**30, "float16": 2**31}, 1, 1, 1.0).memory_text
        '4.0 GiB in float32, 2.0 GiB in float16'
        """
        return ", ".join(f"{bytes_text(size)} in {dtype}" for dtype, size in self.memory.items())


def needs_of(model: PublishedModel, benchmark: PublishedBenchmark, questions: int, edits: int = 1) -> Needs:
    """What asking a model costs: once as it is, and once for each edit.

    Args:
        questions: of the benchmark, each asked in every pass.
        edits: how many edits of the model answer; each layer and rank triple of a sweep is one.

    Raises:
        RequestError: no questions, or fewer than no edits.

    >>> from tensorllm_core.experiments.published_tables import PUBLISHED_BENCHMARKS, PUBLISHED_MODELS
    >>> needs = needs_of(PUBLISHED_MODELS["gptj"], PUBLISHED_BENCHMARKS["fever"], questions=10_469)
    >>> needs.passes, f"{needs.flops:.1e}", needs.memory_text
    (2, '7.6e+15', '24.8 GiB in float32, 12.4 GiB in float16')
    """
    if questions < 1 or edits < 0:
        raise RequestError(
            f"Expected at least one question and at least 0 edits, got {questions} and {edits}; give larger numbers."
        )
    passes = 1 + edits
    tokens = benchmark.prompt_tokens + benchmark.new_tokens
    return Needs(
        memory={dtype: needed_bytes(model.parameters, dtype) for dtype in ("float32", "float16")},
        questions=questions,
        passes=passes,
        flops=2.0 * model.parameters * tokens * questions * passes,
    )


def duration_text(seconds: float) -> str:
    """A time as people say it, no more exact than an estimate is.

    >>> [duration_text(seconds) for seconds in (0.4, 50.0, 600.0, 3 * 3600.0, 90 * 3600.0, 40 * 86400.0)]
    ['1 s', '50 s', '10 min', '3.0 h', '3.8 days', '40 days']
    """
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    size, unit = (seconds / 3600, "h") if seconds < 2 * 86400 else (seconds / 86400, "days")
    return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"


def measure_rate(
    device: str = "cpu", dtype: str = "float32", progress: Progress = lambda share, message: True, width: int = 1024
) -> Rate:
    """Operations per second of a Llama of `width` (84 million parameters at 1,024) on that device.

    The median of three passes over 16 rows of 32 tokens, after one that does not count; a few seconds on a CPU.

    Raises:
        RequestError: a type that models are not loaded in.
    """
    if dtype not in DTYPES:
        raise RequestError(
            f"Expected the number type to be one of {', '.join(DTYPES)}, got `{dtype}`; choose one of them."
        )
    progress(0.0, "making a model")
    model, parameters = _model_of(width, device, dtype)
    tokens = torch.zeros((_ROWS, _TOKENS), dtype=torch.long, device=device)
    seconds: list[float] = []
    for repeat in range(_REPEATS + 1):
        if not progress(repeat / (_REPEATS + 1), f"pass {repeat + 1} of {_REPEATS + 1}") and seconds:
            break
        seconds.append(_timed(model, tokens))
    # The first pass starts threads and libraries.
    counted = seconds[1:] or seconds
    return Rate(2.0 * parameters * tokens.numel() / statistics.median(counted), dtype, _machine(device))


def _model_of(width: int, device: str, dtype: str) -> tuple[Any, int]:
    # Imported here: slow.
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=256,
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=5,
        num_attention_heads=16,
        num_key_value_heads=16,
        tie_word_embeddings=True,
    )
    with torch.device("meta"):
        model: Any = LlamaForCausalLM(config)
    model = model.to(DTYPES[dtype]).to_empty(device=device).eval()
    # Drawing random numbers would take longer than the passes, which are as long with one number everywhere.
    for values in (*model.parameters(), *model.buffers()):
        values.data.fill_(0.01)
    return model, sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()
def _timed(model: Any, tokens: torch.Tensor) -> float:
    start = time.perf_counter()
    model(input_ids=tokens, use_cache=False).logits[0, 0, 0].item()  # which waits for the device
    return time.perf_counter() - start


def _machine(device: str) -> str:
    if device.startswith("cuda"):
        return f"this machine's {torch.cuda.get_device_name(device)}"
    return f"this machine's CPU, {torch.get_num_threads()} threads" if device == "cpu" else f"this machine's {device}"
