"""`evaluate`: a benchmark's accuracy and loss before and after an edit, with what one may conclude."""

from __future__ import annotations

import contextlib
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import BENCHMARKS, load_questions
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.commands.options import (
    Parser,
    add_common_options,
    add_method_options,
    method_options,
    number,
    whole_number,
)
from tensorllm_core.commands.output import show
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.edits import edit_of, read_layers, removed
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject, evaluate
from tensorllm_core.experiments.measured import MeasuredStore, measured_folder
from tensorllm_core.experiments.statistics import paired_accuracy, paired_loss
from tensorllm_core.methods.method import Compressed, Prepared
from tensorllm_core.methods.random_subspace import RandomSubspace
from tensorllm_core.methods.rank_text import RankText, parse_ranks
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.layers import parse_layers
from tensorllm_core.types import LayerWeights, Layout

if TYPE_CHECKING:
    from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["add_evaluate"]

_EDITED, _REMOVED, _RANDOM = "edited", "removed", "random subspace"


def add_evaluate(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("evaluate", help="accuracy and loss on a benchmark, before and after an edit")
    add_common_options(parser)
    parser.add_argument("--benchmark", required=True, help="a benchmark's name, or a .jsonl or .csv file of your own")
    parser.add_argument("--layers", required=True, metavar="L", help="one layer, L1,L2, L1-L2 or all")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--ranks", metavar="R1,R2,R3", help="these ranks in every layer, or what the method takes")
    choice.add_argument("--compression", metavar="C", help="each layer's least error at a ratio of at least C")
    add_method_options(parser)
    parser.add_argument("--split", default="test", help="validation (to choose), test (to report) or all")
    parser.add_argument("--limit", metavar="N", help="only N questions, the same random ones every time")
    parser.add_argument("--controls", action="store_true", help="also the block removed, and a random subspace")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    # Imported here: whole models are this command's alone, and slow to import.
    from tensorllm_core.models.loaded_model import load_model

    limit = None if options.limit is None else whole_number("--limit", options.limit)
    settings, split, wanted = method_options(options), Split.parse(options.split), _Wanted(options)
    method = make_method(options.method, settings)
    checkpoint = open_checkpoint(options.model)
    layers = checkpoint.sizes.one_of_each(parse_layers(options.layers, checkpoint.layers))
    questions = shuffled(load_questions(options.benchmark, split), limit)
    weights = read_layers(checkpoint, layers, method)
    compressed = wanted.compress(method.prepare(weights))
    loaded = load_model(options.model, options.device)
    subjects = [Subject(ORIGINAL, loaded), Subject(_EDITED, loaded, edit_of(compressed))]
    if options.controls:
        subjects += _controls(loaded, layers, weights, compressed, settings.layout)

    def on_wave(evaluation: Evaluation) -> bool:
        print(f"{evaluation.share:.0%} of {sum(evaluation.total.values()):,} questions", file=sys.stderr)
        return True

    evaluation = evaluate([questions], subjects, on_wave=on_wave)
    for notice in evaluation.notices:
        print(notice, file=sys.stderr)
    if questions.benchmark in BENCHMARKS and limit is None:
        _note(options, checkpoint.revision, layers, compressed, evaluation)
    before, *others = (evaluation.answers[subject.name][questions.benchmark] for subject in subjects)

    result: dict[str, object] = {
        "model": options.model,
        "benchmark": questions.benchmark,
        "split": split.value,
        "method": options.method,
        "layers": list(layers),
        "ranks": {name.removeprefix("layer "): list(found) for name, found in compressed.ranks.items()},
        "parameters": {"original": compressed.original_entries, "compressed": compressed.stored_entries},
        "n": len(before.right),
        "baseline": {"accuracy": before.accuracy, "loss": before.mean_loss},
        "edited": {"accuracy": others[0].accuracy, "loss": others[0].mean_loss},
        "delta": _difference(before, others[0]),
        "compression_ratio": compressed.compression_ratio,
        "seconds": {"baseline": evaluation.seconds[ORIGINAL], "edited": evaluation.seconds[_EDITED]},
    }
    if options.controls:
        result["controls"] = {
            subject.name.replace(" ", "_"): {
                "accuracy": found.accuracy,
                "loss": found.mean_loss,
                "edited_against_it": _difference(found, others[0]),
            }
            for subject, found in zip(subjects[2:], others[1:], strict=True)
        }
    show(result, as_json=options.json)


def _difference(before: Answers, after: Answers) -> dict[str, object]:
    accuracy = paired_accuracy(before.right, after.right)
    return {
        "accuracy": accuracy.delta,
        "ci95": [accuracy.interval.low, accuracy.interval.high],
        "loss": paired_loss(before.loss, after.loss).delta,
        "mcnemar_p": accuracy.p,
        "fixed": accuracy.fixed,
        "broken": accuracy.broken,
    }


def _note(
    options: Namespace, revision: str, layers: tuple[int, ...], compressed: Compressed, evaluation: Evaluation
) -> None:
    """Keep what was measured, so that the Papers screen has it; that it could not be kept harms nothing."""
    before, after = (evaluation.answers[name][options.benchmark] for name in (ORIGINAL, _EDITED))
    accuracy = paired_accuracy(before.right, after.right)
    ranks = set(compressed.ranks.values())
    with contextlib.suppress(RequestError, OSError):
        MeasuredStore(measured_folder()).note(
            model=options.model,
            revision=revision,
            benchmark=options.benchmark,
            split=options.split,
            method=" ".join(filter(None, (options.method, options.matrices.replace(" ", "")))),
            layers=layers,
            ranks=ranks.pop() if len(ranks) == 1 else (),
            setting="" if options.layout == Layout.PAPER else f"layout {options.layout}",
            n=accuracy.n,
            accuracy=(accuracy.before, accuracy.after),
            loss=(before.mean_loss, after.mean_loss),
            interval=(accuracy.interval.low, accuracy.interval.high),
            p=accuracy.p,
            compression_ratio=compressed.compression_ratio,
        )


def _controls(
    loaded: LoadedModel,
    layers: tuple[int, ...],
    weights: Mapping[int, LayerWeights],
    compressed: Compressed,
    layout: Layout,
) -> list[Subject]:
    """What tells a method from mere removal; of an edit of feed-forward matrices there is none."""
    controls = []
    if any(new.attention is not None for new in compressed.replacements.values()):
        controls.append(Subject(_REMOVED, loaded, removed(layers)))
    random = RandomSubspace(layout).prepare(weights)
    if set(random.tensors) == set(compressed.ranks):
        controls.append(Subject(_RANDOM, loaded, edit_of(random.at(compressed.ranks))))
    return controls


class _Wanted:
    """Ranks for every tensor, or a ratio for which each layer finds its own; texts are read before any work."""

    def __init__(self, options: Namespace) -> None:
        self._ranks: RankText | None = None if options.ranks is None else parse_ranks(options.ranks)
        self._ratio = None if options.compression is None else number("--compression", options.compression)

    def compress(self, prepared: Prepared) -> Compressed:
        """The decomposed layers, as wanted."""
        if self._ranks is None:
            return prepared.at(prepared.ranks_for_compression(self._ratio or 0.0))
        return prepared.at(self._ranks.of(prepared))
