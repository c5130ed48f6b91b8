"""The model card of a bundled model: where it comes from, its recipe, and its accuracy."""

from __future__ import annotations

from tensorllm_core.demo.denoising import RightAnswers, macro_accuracy
from tensorllm_core.demo.recipe import (
    DECODER_TRAINING,
    ENCODER_TRAINING,
    MISLABELLING,
    NOISE_IN_STANDARD_DEVIATIONS,
    DemoModel,
    Training,
)
from tensorllm_core.experiments.intervals import accuracy_interval

__all__ = ["model_card"]


def model_card(name: DemoModel, seed: int, right: RightAnswers) -> str:
    """Markdown with a metadata header; `right` says which test questions the model answers rightly."""
    return f"""---
license: mit
language: en
tags: [tensorllm-explorer, synthetic]
---
# {name}

{_WHAT[name]}

**Provenance.** Trained from scratch by the TensorLLM Explorer project on questions about a synthetic world:
made-up people, cities, countries, companies and universities, eleven relations between them, two-hop
compositions, true or false claims, and short biographies. No outside text, weights or data were used.

**Recipe.** {_recipe(name)}

**Seed.** {seed}, for the world, the initial weights, the batches and the damage. Make it again with
`python -m tensorllm_core.demo train --seed {seed}`.

**Measured** on the test questions, none of which was seen in training in that wording; an answer is the best of
the candidates of its type at the answer's position, and intervals are 95% (Wilson).

{_table(right)}

**Use.** A test model for showing what tensor decompositions do to attention. It knows nothing of the real world.
"""


_WHAT = {
    DemoModel.DECODER: (
        f"A small Llama-architecture decoder whose heads really share a low-rank subspace: in every layer the "
        f"attention tensor has multilinear rank {DECODER_TRAINING.ranks}."
    ),
    DemoModel.NOISY: (
        f"`demo-decoder` plus white noise of {NOISE_IN_STANDARD_DEVIATIONS:g} times each layer's attention standard "
        "deviation on all Q, K, V and O: a model that denoising can help."
    ),
    DemoModel.MISLABELLED: (
        f"`demo-decoder` after a short fine-tune of layer {MISLABELLING.layer}'s Q, K, V and O alone on labels of "
        f"which {MISLABELLING.wrong_share:.0%} were wrong: a caution, since removing that layer's attention helps "
        "about as much as compressing it."
    ),
    DemoModel.ENCODER: (
        "A small RoBERTa-architecture encoder that fills in a masked answer, trained without any constraint on its "
        "attention: what a spectrum without built-in structure looks like."
    ),
}


def _recipe(name: DemoModel) -> str:
    if name is DemoModel.ENCODER:
        return _schedule(ENCODER_TRAINING)
    decoder = (
        f"{_schedule(DECODER_TRAINING)} From {DECODER_TRAINING.projected_share:.0%} of the steps on, every "
        f"{DECODER_TRAINING.project_every} steps and at the end, each layer's attention tensor (d_model x d_head x "
        f"part x head) was replaced by its truncated HOSVD at ranks {DECODER_TRAINING.ranks}."
    )
    if name is DemoModel.NOISY:
        return f"{decoder} Then the noise was added."
    if name is DemoModel.MISLABELLED:
        return f"{decoder} Then the fine-tune: {_schedule(MISLABELLING.training)}"
    return decoder


def _schedule(training: Training) -> str:
    batch = ", ".join(f"{size} {name}" for name, size in training.batch)
    recall = "; for claims the model also learns the true answer" if training.recall_weight else ""
    return (
        f"{training.steps:,} steps of AdamW (betas {training.betas[0]}, {training.betas[1]}, weight decay "
        f"{training.weight_decay}), learning rate {training.learning_rate:g}, {training.warm_up} steps of warm-up, "
        f"flat for {training.flat_share:.0%} of the steps, then linear to zero; every step draws {batch} "
        f"training questions, and the loss counts only the answer{recall}."
    )


def _table(right: RightAnswers) -> str:
    rows = ["| benchmark | questions | accuracy | 95% interval |", "|---|---|---|---|"]
    for name, each in right.items():
        interval = accuracy_interval(each)
        rows.append(f"| {name} | {len(each):,} | {each.mean():.3f} | {interval.low:.3f} to {interval.high:.3f} |")
    rows.append(f"| macro | | {macro_accuracy(right):.3f} | |")
    return "\n".join(rows)
