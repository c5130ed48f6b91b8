"""The two damaged decoders: noise on all attention, and one layer's attention fine-tuned on wrong labels."""

from __future__ import annotations

import random

import torch
from transformers import PreTrainedModel

from tensorllm_core.demo.questions import TrainingQuestion, WorldQuestion
from tensorllm_core.demo.world import World
from tensorllm_core.methods.tensorise import detensorise, tensorise
from tensorllm_core.models.families import family_of
from tensorllm_core.models.module_weights import read_module_attention, write_module_attention
from tensorllm_core.types import AttentionTensor

__all__ = ["add_noise", "freeze_but_attention", "mislabel"]


def add_noise(model: PreTrainedModel, standard_deviations: float, seed: int) -> None:
    """Add white noise to Q, K, V and O of every layer, in place.

    The noise of a layer has `standard_deviations` times the standard deviation of that layer's attention weights.
    """
    family = family_of(model.config.model_type)
    generator = torch.Generator().manual_seed(seed)
    for layer in range(model.config.num_hidden_layers):
        tensor = tensorise(read_module_attention(model, family, layer))
        noise = torch.randn(tensor.data.shape, generator=generator)
        noisy = tensor.data + standard_deviations * tensor.data.std() * noise
        noisy_weights = detensorise(AttentionTensor(noisy, tensor.parts, tensor.layout))
        write_module_attention(model, family, layer, noisy_weights)


def mislabel(
    questions: list[TrainingQuestion], world: World, wrong_share: float, generator: random.Random
) -> list[TrainingQuestion]:
    """The same questions without corrections; a share of them gets a wrong answer of the right type.

    A question keeps its wrong answer through the whole training.
    """

    def label(question: WorldQuestion) -> WorldQuestion:
        return _wrong(question, world, generator) if generator.random() < wrong_share else question

    return [TrainingQuestion(label(example.question), example.weight) for example in questions]


def freeze_but_attention(model: PreTrainedModel, layer: int) -> None:
    """Leave only Q, K, V and O of one layer trainable."""
    family = family_of(model.config.model_type)
    paths = [f".{family.blocks}.{layer}.{matrix.path}.weight" for matrix in family.matrices]
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.endswith(tuple(paths)))


def _wrong(question: WorldQuestion, world: World, generator: random.Random) -> WorldQuestion:
    others = [answer for answer in world.candidates[question.candidates] if answer != question.answer]
    return WorldQuestion(question.topic, question.text, generator.choice(others), question.candidates)
