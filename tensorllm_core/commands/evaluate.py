"""`evaluate`: a benchmark's accuracy and loss before and after an edit, with what one may conclude."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import load_questions
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.commands.options import Parser, number, whole_number
from tensorllm_core.commands.output import show
from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.edits import compressed, random_subspace, removed
from tensorllm_core.experiments.evaluate import ORIGINAL, Evaluation, Subject, evaluate
from tensorllm_core.experiments.statistics import paired_accuracy, paired_loss
from tensorllm_core.linalg.hosvd import hosvd
from tensorllm_core.linalg.landscape import landscape
from tensorllm_core.linalg.rank_choice import check_ranks, ranks_for_compression
from tensorllm_core.methods.registry import method_named
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.layers import parse_layers
from tensorllm_core.types import AttentionWeights, Layout, Ranks

__all__ = ["add_evaluate"]

_EDITED, _REMOVED, _RANDOM = "edited", "removed", "random subspace"


def add_evaluate(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("evaluate", help="accuracy and loss on a benchmark, before and after an edit")
    parser.add_argument("--model", required=True, help="a bundled name, a folder or a hub id")
    parser.add_argument("--benchmark", required=True, help="a benchmark's name, or a .jsonl or .csv file of your own")
    parser.add_argument("--layers", required=True, metavar="L", help="one layer, L1,L2, L1-L2 or all")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--ranks", metavar="R1,R2,R3", help="these ranks in every layer")
    choice.add_argument("--compression", metavar="C", help="each layer's least error at a ratio of at least C")
    parser.add_argument("--method", default="tensorllm", help="how to compress; see the README")
    parser.add_argument("--layout", default="paper", help="paper (by groups) or released-code")
    parser.add_argument("--split", default="test", help="validation (to choose), test (to report) or all")
    parser.add_argument("--limit", metavar="N", help="only N questions, the same random ones every time")
    parser.add_argument("--controls", action="store_true", help="also the block removed, and a random subspace")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    # Imported here: whole models are this command's alone, and slow to import.
    from tensorllm_core.models.opening import load_model

    limit = None if options.limit is None else whole_number("--limit", options.limit)
    method, layout, split = method_named(options.method), Layout.parse(options.layout), Split.parse(options.split)
    wanted = _Wanted(options)
    checkpoint = open_checkpoint(options.model)
    layers = checkpoint.sizes.one_of_each(parse_layers(options.layers, checkpoint.layers))
    questions = shuffled(load_questions(options.benchmark, split), limit)
    weights = {layer: read_attention(checkpoint, layer) for layer in layers}
    ranks = {layer: wanted.ranks_for(found, layout) for layer, found in weights.items()}
    plan = compressed(weights, {layer: method.at(ranks[layer], layout) for layer in layers})
    loaded = load_model(options.model, options.device)
    subjects = [Subject(ORIGINAL, loaded), Subject(_EDITED, loaded, plan.edit)]
    if options.controls:
        subjects.append(Subject(_REMOVED, loaded, removed(layers)))
        subjects.append(Subject(_RANDOM, loaded, random_subspace(weights, ranks, layout).edit))

    def on_wave(evaluation: Evaluation) -> bool:
        print(f"{evaluation.share:.0%} of {sum(evaluation.total.values()):,} questions", file=sys.stderr)
        return True

    evaluation = evaluate([questions], subjects, on_wave=on_wave)
    for notice in evaluation.notices:
        print(notice, file=sys.stderr)
    before, *others = (evaluation.answers[subject.name][questions.benchmark] for subject in subjects)

    result: dict[str, object] = {
        "model": options.model,
        "benchmark": questions.benchmark,
        "split": split.value,
        "method": options.method,
        "layers": list(layers),
        "ranks": {str(layer): list(found) for layer, found in ranks.items()},
        "n": len(before.right),
        "baseline": {"accuracy": before.accuracy, "loss": before.mean_loss},
        "edited": {"accuracy": others[0].accuracy, "loss": others[0].mean_loss},
        "delta": _difference(before, others[0]),
        "compression_ratio": plan.compression_ratio,
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


class _Wanted:
    """Ranks for every layer, or a ratio for which each layer finds its own; texts are read before any work."""

    def __init__(self, options: Namespace) -> None:
        self._ranks = None if options.ranks is None else Ranks.parse(options.ranks)
        self._ratio = None if options.compression is None else number("--compression", options.compression)

    def ranks_for(self, weights: AttentionWeights, layout: Layout) -> Ranks:
        """The ranks of one layer."""
        tensor = tensorise(weights, layout)
        if self._ranks is None:
            return ranks_for_compression(landscape(hosvd(tensor.data)), self._ratio or 0.0)
        check_ranks(tensor.shape, self._ranks)
        return self._ranks
