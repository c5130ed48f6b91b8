"""Make the four bundled models and the four benchmarks of one seed, and write them as standard folders."""

from __future__ import annotations

import copy
import multiprocessing
import random
import sys
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.demo.architectures import DECODER, ENCODER, Architecture
from tensorllm_core.demo.batches import QuestionPool
from tensorllm_core.demo.benchmark_files import write_benchmarks
from tensorllm_core.demo.denoising import score
from tensorllm_core.demo.derived import add_noise, freeze_but_attention, mislabel
from tensorllm_core.demo.model_card import model_card
from tensorllm_core.demo.questions import TrainingQuestion, training_questions
from tensorllm_core.demo.recipe import (
    DECODER_TRAINING,
    ENCODER_TRAINING,
    MISLABELLING,
    NOISE_IN_STANDARD_DEVIATIONS,
    DemoModel,
    Training,
)
from tensorllm_core.demo.training import deterministic, train
from tensorllm_core.demo.world import make_world
from tensorllm_core.models.loaded_model import load_model

__all__ = ["BENCHMARK_FOLDER", "MODEL_FOLDER", "has_all_models", "make_all"]

MODEL_FOLDER, BENCHMARK_FOLDER = "models", "benchmarks"
_CARD = "README.md"


def make_all(seed: int, out: Path) -> None:
    """Write `out/benchmarks` and `out/models`; two processes of one thread each train the decoders and the encoder."""
    write_benchmarks(make_world(seed), out / BENCHMARK_FOLDER)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=target, args=(seed, out)) for target in (_make_decoders, _make_encoder)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        sys.exit("error: a training process failed; its own message stands above.")


def has_all_models(out: Path) -> bool:
    """Whether all four models are in `out`; the model card is the last file that each of them gets."""
    return all((out / MODEL_FOLDER / name / _CARD).exists() for name in DemoModel)


def _make_decoders(seed: int, out: Path) -> None:
    with deterministic(seed):
        _train_decoders(seed, out)


def _make_encoder(seed: int, out: Path) -> None:
    with deterministic(seed):
        _train_encoder(seed, out)


def _train_decoders(seed: int, out: Path) -> None:
    world = make_world(seed)
    tokenizer = DECODER.tokenizer(world)
    questions = {name: training_questions(world, name) for name in BUNDLED}
    model = _trained(DECODER, tokenizer, questions, DECODER_TRAINING, seed, DemoModel.DECODER)
    _save(DemoModel.DECODER, model, tokenizer, seed, out)

    noisy = copy.deepcopy(model)
    add_noise(noisy, NOISE_IN_STANDARD_DEVIATIONS, seed)
    _save(DemoModel.NOISY, noisy, tokenizer, seed, out)

    freeze_but_attention(model, MISLABELLING.layer)
    generator = random.Random(f"mislabelled {seed}")
    wrong = {
        name: mislabel(examples, world, MISLABELLING.wrong_share, generator) for name, examples in questions.items()
    }
    train(model, DECODER, _pools(wrong, tokenizer, DECODER), MISLABELLING.training, seed, DemoModel.MISLABELLED)
    _save(DemoModel.MISLABELLED, model, tokenizer, seed, out)


def _train_encoder(seed: int, out: Path) -> None:
    world = make_world(seed)
    tokenizer = ENCODER.tokenizer(world)
    questions = {name: training_questions(world, name) for name in BUNDLED}
    model = _trained(ENCODER, tokenizer, questions, ENCODER_TRAINING, seed, DemoModel.ENCODER)
    _save(DemoModel.ENCODER, model, tokenizer, seed, out)


def _trained(
    architecture: Architecture,
    tokenizer: PreTrainedTokenizerFast,
    questions: dict[str, list[TrainingQuestion]],
    recipe: Training,
    seed: int,
    label: str,
) -> PreTrainedModel:
    model = architecture.build(tokenizer)
    train(model, architecture, _pools(questions, tokenizer, architecture), recipe, seed, label)
    return model


def _pools(
    questions: dict[str, list[TrainingQuestion]], tokenizer: PreTrainedTokenizerFast, architecture: Architecture
) -> dict[str, QuestionPool]:
    return {name: QuestionPool(examples, tokenizer, architecture) for name, examples in questions.items()}


def _save(name: DemoModel, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, seed: int, out: Path) -> None:
    folder = out / MODEL_FOLDER / name
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    right = score(load_model(str(folder), device="cpu"), out / BENCHMARK_FOLDER)
    (folder / _CARD).write_text(model_card(name, seed, right), encoding="utf-8")
