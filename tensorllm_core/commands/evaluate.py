"""`evaluate`: a benchmark's accuracy and loss before and after an edit, with intervals and tests."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.commands.options import (
    Parser,
    add_common_options,
    add_loading_options,
    add_method_options,
    add_question_options,
    add_suggested_option,
    method_options,
    notices_of,
    number,
    question_plan,
)
from tensorllm_core.commands.output import print_notices, show
from tensorllm_core.commands.progress import ProgressLines
from tensorllm_core.experiments.constant_answer import constant_answers_json, constant_sentences
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.gone import gone_json, gone_sentences
from tensorllm_core.experiments.measurement_store import MeasurementStore, measurements_folder
from tensorllm_core.experiments.paired import Paired, difference_json
from tensorllm_core.methods.rank_text import parse_ranks
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.edit_run import CLEAN_MODEL, EDITED, RANDOM, REMOVED, EditResult, run_edit
from tensorllm_core.runs.plan import EditPlan, chosen_layers, plan_model
from tensorllm_core.runs.ranks import LeastRatio, RankRule, WrittenRanks, suggested_rule
from tensorllm_core.runs.record import record
from tensorllm_core.runs.resources import Resources

__all__ = ["add_evaluate"]

_CONTROLS = {REMOVED: "removed", RANDOM: "random_subspace", CLEAN_MODEL: "clean_model"}
"""Names of the controls in the JSON object."""


def add_evaluate(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("evaluate", help="accuracy and loss on a benchmark, before and after an edit")
    add_common_options(parser)
    add_loading_options(parser)
    parser.add_argument("--benchmark", required=True, help="a benchmark's name, or a .jsonl or .csv file of your own")
    parser.add_argument("--layers", required=True, metavar="L", help="one layer, L1,L2, L1-L2 or all")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--ranks", metavar="R1,R2,R3", help="ranks in every layer, in the form that the method takes")
    choice.add_argument("--compression", metavar="C", help="each layer's least error at a ratio of at least C")
    add_suggested_option(choice)
    add_method_options(parser)
    add_question_options(parser)
    parser.add_argument(
        "--controls",
        action="store_true",
        help="also ask with the attention removed, a random subspace, and the clean model if there is one",
    )
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> int:
    questions = question_plan(options, [options.benchmark], Split.parse(options.split))
    settings, rule = method_options(options), _rule(options)
    make_method(options.method, settings)
    checkpoint = open_checkpoint(options.model)
    plan = EditPlan(
        plan_model(checkpoint, options.device, options.dtype),
        chosen_layers(checkpoint, options.layers),
        options.method,
        rule,
        questions,
        settings,
        options.controls,
    )
    latest: list[EditResult] = []
    try:
        with ProgressLines() as progress:
            latest.append(run_edit(plan, checkpoint, Resources(), progress, latest.append))
    except KeyboardInterrupt:
        if not latest:
            raise
        print(f"stopped: {latest[-1].evaluation.so_far}", file=sys.stderr)
    result = latest[-1]
    print_notices(
        (
            *notices_of(checkpoint, plan.questions),
            *result.notices,
            *result.evaluation.notices,
            *gone_sentences(result.gone),
        )
    )
    print_notices(constant_sentences(result.evaluation.answers))
    record(result, MeasurementStore(measurements_folder()))
    show(_as_json(result), as_json=options.json)
    return 0 if result.evaluation.complete else 130


def _rule(options: Namespace) -> RankRule:
    """The rule that decides the ranks, from the one of the options that is given."""
    if options.suggested:
        return suggested_rule(options.model)
    if options.ranks is not None:
        return WrittenRanks(parse_ranks(options.ranks))
    return LeastRatio(number("--compression", options.compression))


def _as_json(result: EditResult) -> dict[str, object]:
    """The JSON object that `evaluate --json` promises."""
    plan, evaluation = result.plan, result.evaluation
    (benchmark,) = evaluation.answers[ORIGINAL]
    answers = {subject: by_benchmark[benchmark] for subject, by_benchmark in evaluation.answers.items()}
    scores = {subject: {"accuracy": each.accuracy, "loss": each.mean_loss} for subject, each in answers.items()}
    constant = {name: constant_answers_json(result.evaluation.answers[name]) for name in (ORIGINAL, EDITED)}
    as_json: dict[str, object] = {
        "model": plan.model.reference,
        "benchmark": benchmark,
        "split": plan.questions.split.value,
        "chat_template": plan.questions.chat,
        "method": plan.method,
        "layers": list(plan.layers),
        "ranks": {name.removeprefix("layer "): list(ranks) for name, ranks in result.ranks.items()},
        "parameters": {"original": result.original_entries, "compressed": result.stored_entries},
        "n": len(answers[ORIGINAL].right),
        "complete": evaluation.complete,
        "baseline": scores[ORIGINAL],
        "edited": scores[EDITED],
        "delta": _difference(result.against(ORIGINAL), benchmark),
        "compression_ratio": result.compression_ratio,
        "practically_gone": gone_json(result.gone),
        "constant_answer": {
            "baseline": constant[ORIGINAL].get(benchmark),
            "edited": constant[EDITED].get(benchmark),
        },
        "seconds": {"baseline": evaluation.seconds[ORIGINAL], "edited": evaluation.seconds[EDITED]},
    }
    if plan.controls:
        as_json["controls"] = {
            _CONTROLS[name]: {**scores[name], "edited_against_it": _difference(result.against(name), benchmark)}
            for name in result.controls
        }
    return as_json


def _difference(paired: Paired, benchmark: str) -> dict[str, object]:
    return difference_json(*paired.by_benchmark[benchmark])
