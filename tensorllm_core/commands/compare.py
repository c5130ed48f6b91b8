"""`compare`: several methods at equal numbers of stored entries, their errors, and their answers with what follows."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import BENCHMARKS, BUNDLED
from tensorllm_core.commands.comparison_table import comparison_table
from tensorllm_core.commands.options import (
    Parser,
    add_common_options,
    add_loading_options,
    add_question_options,
    listed,
    notices_of,
    number,
    question_plan,
    whole_number,
)
from tensorllm_core.commands.output import print_notices
from tensorllm_core.commands.progress import ProgressLines
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.comparison import check_ratios, ratio_for_stored
from tensorllm_core.experiments.comparison_result import gone_by_method, mean_accuracy
from tensorllm_core.experiments.constant_answer import constant_sentences
from tensorllm_core.methods.registry import METHODS, method_named
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.comparison_run import Comparison, comparison_as_json, run_comparison
from tensorllm_core.runs.plan import ComparisonPlan, chosen_layers, plan_model
from tensorllm_core.runs.questions import MADE_UP, default_benchmarks
from tensorllm_core.runs.resources import Resources

__all__ = ["add_compare"]


def add_compare(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("compare", help="methods side by side at the same numbers of stored entries, as a table")
    add_common_options(parser)
    add_loading_options(parser)
    parser.add_argument("--layers", default="all", metavar="L", help="one layer, L1,L2, L1-L2 or all")
    parser.add_argument("--methods", default="all", metavar="A,B", help=", ".join(METHODS))
    budgets = parser.add_mutually_exclusive_group()
    budgets.add_argument(
        "--ratios", default="4,8,16", metavar="C,C", help="budgets: save as much as the attention does at these ratios"
    )
    budgets.add_argument("--stored", metavar="N,N", help="budgets, as entries that a layer's attention may store")
    parser.add_argument(
        "--benchmarks",
        metavar="A,B",
        help="names or files; bundled: the four bundled ones (default, for bundled models alone); none: only errors",
    )
    parser.add_argument("--against", metavar="NAME", help="the others are tested against it (default: the first)")
    add_question_options(parser)
    parser.add_argument("--choose", action="store_true", help="also choose a budget for each method on validation")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    names = tuple(METHODS) if options.methods == "all" else listed(options.methods)
    for name in names:
        method_named(name)
    against, split = _against(options.against, names), Split.parse(options.split)
    if options.choose and split is not Split.TEST:
        raise RequestError(f"Expected `--split test` with `--choose`, got `{split}`; report on test.")
    questions = question_plan(options, _benchmarks(options.benchmarks, options.model), split)
    checkpoint = open_checkpoint(options.model)
    plan = ComparisonPlan(
        plan_model(checkpoint, options.device, options.dtype),
        chosen_layers(checkpoint, options.layers),
        names,
        _budgets(options, checkpoint.sizes.entries),
        questions,
        options.choose,
    )
    latest: list[Comparison] = []
    try:
        with ProgressLines() as progress:
            teller = _Teller(progress, latest)
            latest.append(run_comparison(plan, checkpoint, Resources(), progress, teller.tell))
    except KeyboardInterrupt:
        if not latest:
            raise
        print("stopped: what is done follows", file=sys.stderr)
    result = latest[-1]
    print_notices((*notices_of(checkpoint, plan.questions), *result.evaluation.notices))
    comparison = comparison_as_json(result, against)
    print_notices((*gone_by_method(result.points), *constant_sentences(result.evaluation.answers)))
    print(json.dumps(comparison, allow_nan=False) if options.json else comparison_table(comparison))
    return 0 if result.complete else 130


class _Teller:
    """Keeps each result so far, and prints what is new in it: a line for each error, and one for all accuracies."""

    def __init__(self, progress: ProgressLines, results: list[Comparison]) -> None:
        self._progress, self._results, self._told = progress, results, set[str]()

    def tell(self, result: Comparison) -> None:
        """The result so far."""
        self._results.append(result)
        for point in result.points:
            if point.name not in self._told:
                self._told.add(point.name)
                what = point.problem or f"relative error {point.error:.3f}"
                self._progress.say(f"{point.method} at {point.ratio:.6g}x: {what}")
        if result.is_answered:
            means = {name: mean_accuracy(each) for name, each in result.evaluation.answers.items()}
            words = ", ".join(f"{name} {100 * mean:.1f}%" for name, mean in means.items())
            self._progress.say(f"accuracy on {result.evaluation.share:.0%} of the questions: {words}")


def _benchmarks(text: str | None, model: str) -> tuple[str, ...]:
    if text is None:
        if names := default_benchmarks(model):
            return names
        others = ", ".join(name for name in BENCHMARKS if name not in BUNDLED)
        raise RequestError(
            f"Expected `--benchmarks` for `{model}`, got none, and the bundled ones are {MADE_UP}; give some of "
            f"{others}, a .jsonl or .csv file of your own, or `none` to compare errors only."
        )
    if text == "none":
        return ()
    return BUNDLED if text == "bundled" else listed(text)


def _budgets(options: Namespace, entries: int) -> tuple[float, ...]:
    if options.stored is None:
        return check_ratios([number("--ratios", text) for text in listed(options.ratios)])
    stored = [whole_number("--stored", text) for text in listed(options.stored)]
    return check_ratios([ratio_for_stored(entries, entry_count) for entry_count in stored])


def _against(name: str | None, names: Sequence[str]) -> str:
    if name is None:
        return names[0]
    if name not in names:
        raise RequestError(f"Expected `--against` to be one of {', '.join(names)}, got `{name}`; choose one of them.")
    return name
