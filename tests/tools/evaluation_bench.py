"""Time the evaluation engine against plainer ways: `python -m tests.tools.evaluation_bench [--json] [--model M]`.

- bundled: all four benchmarks' test questions, the last layer of the bundled decoder at 20 rank triples; against one
  question at a time through plain transformers, and against the same batches without prefix reuse. The plain loop is
  timed once over all questions and counted 20 times.
- deep: a random model of 24 layers and d_model 512; a pass that begins at layers 6, 12 and 23 as a share of a full
  one, beside the share that the budget allows, 1.3 (N - L) / N. Medians of interleaved passes.
- choices: questions with 32 choices of two words each; the prompt read once for all choices of a question, against
  once for each choice. `--model` names another decoder. Medians of interleaved passes; on a busy machine look at the
  processor's time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from unittest.mock import patch

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tensorllm_core.benchmarks.benchmark import Question, QuestionSet, Split
from tensorllm_core.benchmarks.registry import load_questions
from tensorllm_core.experiments.edits import edit_of, read_layers
from tensorllm_core.experiments.encoding import encode
from tensorllm_core.experiments.evaluate import ORIGINAL, Subject, evaluate
from tensorllm_core.experiments.prefix_store import PrefixStore
from tensorllm_core.experiments.rows import most_in_row
from tensorllm_core.methods.tensorllm import TensorLLM, tensor_name
from tensorllm_core.models.bundled_models import bundled_folder
from tensorllm_core.models.edit import Edit, edited
from tensorllm_core.models.loaded_model import LoadedModel, load_model

BENCHMARKS = ("world-hop", "world-claims", "world-bios", "world-facts")
TRIPLES = 20
DEEP_LAYERS, DEEP_WIDTH = 24, 512
STARTS = (6, 12, 23)
CHOICES, WORDS = 32, 2
PASSES = 3


def main() -> None:
    """Print the figures, as lines or as one JSON object."""
    parser = argparse.ArgumentParser(description="Time the evaluation engine against plainer ways.")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.add_argument("--model", help="measure the choices alone, on this decoder")
    options = parser.parse_args()
    measured: dict = {"threads": torch.get_num_threads()}
    if options.model:
        measured |= {"choices": choices(options.model, 4)}
    else:
        measured |= {"bundled": bundled(), "deep": deep(), "choices": choices("demo-decoder", 64)}
    if options.json:
        print(json.dumps(measured))
        return
    for name, values in measured.items():
        print(f"{name}: {json.dumps(values)}")


def bundled() -> dict:
    """The acceptance scene: one layer, many ranks."""
    loaded = load_model("demo-decoder-noisy", device="cpu")
    sets = [load_questions(name, Split.TEST) for name in BENCHMARKS]
    layer = loaded.checkpoint.layers - 1
    weights = read_layers(loaded.checkpoint, (layer,), TensorLLM())
    evaluate(sets, [Subject(ORIGINAL, loaded)])

    start = time.perf_counter()
    prepared = TensorLLM().prepare(weights)
    edits = [edit_of(prepared.at({tensor_name(layer): (r1, 6, 4)})) for r1 in range(4, 4 + TRIPLES)]
    decomposing = time.perf_counter() - start
    subjects = [Subject(str(number), loaded, edit) for number, edit in enumerate(edits)]
    reused, plain_batches = PrefixStore(), PrefixStore(0, 0)
    with_reuse = decomposing + _seconds(lambda: evaluate(sets, subjects, store=reused))
    without = decomposing + _seconds(lambda: evaluate(sets, subjects, store=plain_batches))
    with edited(loaded, edits[0]):
        loop = TRIPLES * _seconds(lambda: _one_at_a_time(loaded, sets))
    return {
        "questions": sum(len(each.questions) for each in sets),
        "rank_triples": TRIPLES,
        "seconds": with_reuse,
        "seconds_without_reuse": without,
        "seconds_one_at_a_time": loop,
        "faster_than_one_at_a_time": loop / with_reuse,
        "faster_than_without_reuse": without / with_reuse,
    }


def deep() -> dict:
    """Shares of a full pass, by the layer where it begins."""
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        loaded = _deep_model(Path(folder))
        questions = _random_questions(loaded)
        removals = {layer: Subject(str(layer), loaded, Edit(removed=frozenset({layer}))) for layer in STARTS}
        stores = {layer: PrefixStore() for layer in STARTS}
        for layer, subject in removals.items():
            evaluate([questions], [subject], store=stores[layer])
        full: list[float] = []
        begun: dict[int, list[float]] = {layer: [] for layer in STARTS}
        for _ in range(PASSES):
            full.append(_seconds(lambda: evaluate([questions], [Subject(ORIGINAL, loaded)])))
            for layer, subject in removals.items():
                evaluation = evaluate([questions], [subject], store=stores[layer])
                begun[layer].append(evaluation.seconds[str(layer)])
    whole = statistics.median(full)
    return {
        "layers": DEEP_LAYERS,
        "seconds_full": whole,
        "share_of_full": {layer: statistics.median(seconds) / whole for layer, seconds in begun.items()},
        "share_allowed": {layer: 1.3 * (DEEP_LAYERS - layer) / DEEP_LAYERS for layer in STARTS},
    }


def choices(model: str, count: int) -> dict:
    """Choices of several tokens, with the prompt shared and without, on so many questions."""
    loaded = load_model(model, device="cpu")
    ways = {"shared": most_in_row(loaded), "alone": 0}
    words = ["river", "garden", "winter", "letter", "music", "silver", "window", "forest", "captain", "harbour"]
    if model == "demo-decoder":
        words = sorted(word for word in loaded.tokenizer.get_vocab() if word.isalpha())
    generator = torch.Generator().manual_seed(0)
    phrases = {
        " ".join(words[at] for at in torch.randint(len(words), (WORDS,), generator=generator)) for _ in range(60)
    }
    several = tuple(sorted(phrases))[:CHOICES]
    questions = QuestionSet(
        "several",
        Split.TEST,
        tuple(
            Question(question.id, "", question.text, several[number % CHOICES], several)
            for number, question in enumerate(load_questions("world-hop", Split.TEST).questions[:count])
        ),
    )
    seconds: dict[str, list[float]] = {"shared": [], "alone": []}
    processor: dict[str, list[float]] = {"shared": [], "alone": []}
    losses, tokens = {}, {}
    for _ in range(PASSES):
        for name, most in ways.items():
            start = time.process_time()
            with _most_in_row(most):
                evaluation = evaluate([questions], [Subject(ORIGINAL, loaded)])
            # The questions are tokenised once for all that answer them, both ways alike: here the asking counts.
            seconds[name].append(evaluation.seconds[ORIGINAL])
            processor[name].append(time.process_time() - start)
            losses[name] = evaluation.answers[ORIGINAL]["several"].loss
    for name, most in ways.items():
        with _most_in_row(most):
            rows = [probe for probes in encode(questions, loaded).probes for probe in probes]
            tokens[name] = sum(len(probe.tokens) for probe in rows)
    return {
        "model": model,
        "questions": count,
        "choices": CHOICES,
        "tokens_read": tokens,
        "seconds": {name: statistics.median(values) for name, values in seconds.items()},
        "faster": statistics.median(seconds["alone"]) / statistics.median(seconds["shared"]),
        "faster_by_processor_time_with_tokenising": statistics.median(processor["alone"])
        / statistics.median(processor["shared"]),
        "largest_difference_of_loss": float(abs(losses["shared"] - losses["alone"]).max()),
    }


@torch.no_grad()
def _one_at_a_time(loaded: LoadedModel, sets: list[QuestionSet]) -> None:
    for questions in sets:
        for question in questions.questions:
            tokens = loaded.tokenizer(question.text, return_tensors="pt").input_ids
            logits = loaded.model(input_ids=tokens).logits[0, -1].log_softmax(dim=0)
            choices = loaded.tokenizer.convert_tokens_to_ids(list(question.choices))
            logits[choices].argmax()


def _deep_model(folder: Path) -> LoadedModel:
    tokenizer = load_model("demo-decoder", device="cpu").tokenizer
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=DEEP_WIDTH,
        intermediate_size=4 * DEEP_WIDTH,
        num_hidden_layers=DEEP_LAYERS,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=64,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).write_bytes((bundled_folder("demo-decoder") / file).read_bytes())
    return load_model(str(folder), device="cpu")


def _random_questions(loaded: LoadedModel) -> QuestionSet:
    """Of about 40 tokens, as longer questions have them."""
    vocabulary = sorted(word for word in loaded.tokenizer.get_vocab() if word.isalpha())
    generator = torch.Generator().manual_seed(0)
    picks = torch.randint(len(vocabulary), (64, 40), generator=generator).tolist()
    rows = (" ".join(vocabulary[at] for at in row) for row in picks)
    return QuestionSet(
        "random",
        Split.TEST,
        tuple(Question(str(number), "", text, "true", ("true", "false")) for number, text in enumerate(rows)),
    )


def _most_in_row(most: int) -> AbstractContextManager:
    return patch("tensorllm_core.experiments.encoding.most_in_row", lambda loaded: most)


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
