"""The training loop of the bundled models: the losses count answers only, and projection holds the true ranks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from tensorllm_core.demo.architectures import Architecture
from tensorllm_core.demo.attention import project_attention
from tensorllm_core.demo.batches import ANSWER_POSITION, Batch, QuestionPool
from tensorllm_core.demo.recipe import Training

__all__ = ["deterministic", "train"]

_REPORT_EVERY = 100
_LARGEST_GRADIENT = 1.0


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """One thread, deterministic kernels and a fixed seed; restores all three at the end."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.use_deterministic_algorithms(strict)
        torch.set_num_threads(threads)


def train(
    model: PreTrainedModel,
    architecture: Architecture,
    pools: dict[str, QuestionPool],
    recipe: Training,
    seed: int,
    label: str,
) -> None:
    """Train in place, by the recipe; progress goes to standard error.

    The same model, pools, recipe and seed give the same weights under `deterministic`.
    """
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(_parameter_groups(model, recipe), betas=recipe.betas, fused=True)
    start = time.monotonic()
    model.train()
    for done in range(1, recipe.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate_at(done)
        losses = [
            _backward(model, architecture, pools[name].draw(size, generator), recipe) for name, size in recipe.batch
        ]
        torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if recipe.ranks is not None and recipe.projects_after(done):
            project_attention(model, recipe.ranks)
        if done % _REPORT_EVERY == 0 or done == recipe.steps:
            shown = " ".join(f"{loss:.3f}" for loss in losses)
            seconds = time.monotonic() - start
            print(f"{label}: step {done} of {recipe.steps}, losses {shown}, {seconds:.0f} s", file=sys.stderr)
    model.eval()


def _parameter_groups(model: PreTrainedModel, recipe: Training) -> list[dict]:
    """Weight decay is for matrices: biases and norms are left alone."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]


def _backward(model: PreTrainedModel, architecture: Architecture, batch: Batch, recipe: Training) -> float:
    """Add the gradient of one batch, weighted by its share of the step's questions; the loss of its answers in nats."""
    # 1. The answers.
    share = len(batch.answers) / sum(size for _, size in recipe.batch)
    output = model.base_model(input_ids=batch.tokens, output_hidden_states=batch.corrections is not None)
    hidden = output.last_hidden_state
    loss = cross_entropy(model.lm_head(hidden[:, ANSWER_POSITION]), batch.answers)
    total = loss
    # 2. The end of the text after the answer, for decoders.
    if recipe.end_of_text_weight:
        ends = torch.full_like(batch.answers, model.config.eos_token_id)
        total = total + recipe.end_of_text_weight * cross_entropy(model.lm_head(hidden[:, -1]), ends)
    # 3. The right answer to a claim, read at the verdict's position below the last layers.
    if batch.corrections is not None:
        halfway = output.hidden_states[recipe.recall_layers][:, ANSWER_POSITION]
        recall = cross_entropy(architecture.read_out(model, halfway), batch.corrections.answers)
        total = total + recipe.recall_weight * recall
    # 4. The right answer to a claim, read just before the stated one.
    if batch.corrections is not None and recipe.correction_weight:
        before_stated = hidden[torch.arange(len(hidden)), batch.corrections.positions - 1]
        correction = cross_entropy(model.lm_head(before_stated), batch.corrections.answers)
        total = total + recipe.correction_weight * correction
    (share * total).backward()
    return float(loss.detach())
