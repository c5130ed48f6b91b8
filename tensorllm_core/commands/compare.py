"""`compare`: several methods at equal numbers of stored entries, their errors, and their answers with what follows."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tensorllm_core.benchmarks.benchmark import QuestionSet, Split
from tensorllm_core.benchmarks.registry import BUNDLED, load_questions
from tensorllm_core.benchmarks.sampling import shuffled
from tensorllm_core.commands.comparison_table import comparison_table
from tensorllm_core.commands.options import Parser, add_common_options, number, whole_number
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.answers import Answers
from tensorllm_core.experiments.comparison import (
    Contender,
    bytes_to_hold,
    check_ratios,
    contend,
    ratio_for_stored,
    subjects_of,
)
from tensorllm_core.experiments.comparison_result import add_answers, comparison_json, macro_accuracy, weigh
from tensorllm_core.experiments.edits import read_for_all
from tensorllm_core.experiments.evaluate import Evaluation, evaluate
from tensorllm_core.methods.registry import METHODS, make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.fit import check_room
from tensorllm_core.models.layers import parse_layers

if TYPE_CHECKING:
    from tensorllm_core.models.loaded_model import LoadedModel

__all__ = ["add_compare"]

Answered = Mapping[str, Answers]
"""Answers by benchmark."""


def add_compare(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("compare", help="methods side by side at the same numbers of stored entries, as a table")
    add_common_options(parser)
    parser.add_argument("--layers", default="all", metavar="L", help="one layer, L1,L2, L1-L2 or all")
    parser.add_argument("--methods", default="all", metavar="A,B", help=", ".join(METHODS))
    budgets = parser.add_mutually_exclusive_group()
    budgets.add_argument(
        "--ratios", default="4,8,16", metavar="C,C", help="budgets: save as much as the attention does at these ratios"
    )
    budgets.add_argument("--stored", metavar="N,N", help="the same as entries that a layer's attention may store")
    parser.add_argument(
        "--benchmarks", default="bundled", metavar="A,B", help="names or files; bundled: ours; none: errors alone"
    )
    parser.add_argument("--against", metavar="NAME", help="the method that the others are tested against; the first")
    parser.add_argument("--split", default="test", help="what is reported: validation, test or all")
    parser.add_argument("--choose", action="store_true", help="also choose a budget for each method on validation")
    parser.add_argument("--limit", metavar="N", help="only N questions of each benchmark, the same random ones")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    # Imported here: whole models are slow to import.
    from tensorllm_core.models.loaded_model import load_model

    limit = None if options.limit is None else whole_number("--limit", options.limit)
    names = tuple(METHODS) if options.methods == "all" else _listed(options.methods)
    methods = {name: make_method(name) for name in names}
    against, split = _against(options.against, names), Split.parse(options.split)
    known = {"bundled": BUNDLED, "none": ()}
    benchmarks = known[options.benchmarks] if options.benchmarks in known else _listed(options.benchmarks)
    if options.choose and split is not Split.TEST:
        raise RequestError(f"Expected `--split test` with `--choose`, got `{split.value}`; report on test.")
    checkpoint = open_checkpoint(options.model)
    ratios = _budgets(options, checkpoint.sizes.entries)
    layers = checkpoint.sizes.one_of_each(parse_layers(options.layers, checkpoint.layers))
    questions = [shuffled(load_questions(name, split), limit) for name in benchmarks]
    choosing = [shuffled(load_questions(name, Split.VALIDATION), limit) for name in benchmarks if options.choose]

    weights = read_for_all(checkpoint, layers, methods.values())
    check_room(bytes_to_hold(weights, methods, len(ratios)), "the replacements of all methods at all budgets")
    contenders = list(contend(weights, methods, ratios, _told))
    weighed = [weigh(found) for found in contenders]
    result = comparison_json(options.model, layers, names, against, weighed)
    if questions:
        loaded = load_model(options.model, options.device)
        add_answers(result, weighed, _asked(loaded, contenders, questions))
        result["split"] = split.value
        if options.choose:
            chosen = _chosen(contenders, _asked(loaded, contenders, choosing).answers)
            for name, found in result["methods"].items():
                found["ratio_chosen_on_validation"] = chosen.get(name)
    print(json.dumps(result, allow_nan=False) if options.json else comparison_table(result))


def _asked(loaded: LoadedModel, contenders: Sequence[Contender], questions: Sequence[QuestionSet]) -> Evaluation:
    def on_wave(evaluation: Evaluation) -> bool:
        return _told(evaluation.share, f"of {sum(evaluation.total.values()):,} questions")

    return evaluate(questions, subjects_of(loaded, contenders), on_wave=on_wave)


def _told(share: float, message: str) -> bool:
    print(f"{share:.0%} {message}", file=sys.stderr)
    return True


def _chosen(contenders: Sequence[Contender], answers: Mapping[str, Answered]) -> dict[str, float]:
    """For each method the budget with the best macro accuracy; the smaller model wins a tie."""
    best: dict[str, tuple[float, float]] = {}
    for found in contenders:
        if found.name in answers:
            score = (macro_accuracy(answers[found.name]), found.ratio)
            best[found.method] = max(score, best.get(found.method, score))
    return {method: ratio for method, (_, ratio) in best.items()}


def _budgets(options: Namespace, entries: int) -> tuple[float, ...]:
    if options.stored is None:
        return check_ratios([number("--ratios", text) for text in _listed(options.ratios)])
    wanted = [whole_number("--stored", text) for text in _listed(options.stored)]
    return check_ratios([ratio_for_stored(entries, stored) for stored in wanted])


def _against(wanted: str | None, names: Sequence[str]) -> str:
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise RequestError(f"Expected `--against` to be one of {', '.join(names)}, got `{wanted}`; choose one of them.")
    return wanted


def _listed(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not found:
        raise RequestError(f"Expected names or numbers joined by commas, got `{text}`; give one or more.")
    return found
