"""`scan`: accuracy at the best ranks of a dozen compression ratios, always on validation questions."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.commands.options import (
    Parser,
    add_common_options,
    add_layout_option,
    add_loading_options,
    add_question_options,
    listed,
    notices_of,
    question_plan,
)
from tensorllm_core.commands.output import print_notices, show
from tensorllm_core.commands.progress import ProgressLines
from tensorllm_core.errors import RequestError
from tensorllm_core.experiments.constant_answer import constant_answers_json, constant_sentences
from tensorllm_core.experiments.evaluate import ORIGINAL
from tensorllm_core.experiments.gone import gone_json, gone_sentences
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.plan import ScanPlan, chosen_layers, plan_model
from tensorllm_core.runs.rank_scan import run_scan, scan_points
from tensorllm_core.runs.resources import Resources
from tensorllm_core.types import Layout

__all__ = ["add_scan"]


def add_scan(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("scan", help="accuracy at the best ranks of many compression ratios, on validation questions")
    add_common_options(parser)
    add_loading_options(parser)
    parser.add_argument("--benchmarks", required=True, metavar="A,B", help="names of benchmarks, or files of your own")
    parser.add_argument("--layers", required=True, metavar="L", help="one layer, L1,L2, L1-L2 or all")
    add_layout_option(parser)
    add_question_options(parser)
    parser.set_defaults(run=_run, split="validation")


def _run(options: Namespace) -> None:
    split, layout = Split.parse(options.split), Layout.parse(options.layout)
    if split is not Split.VALIDATION:
        raise RequestError(
            f"Expected `--split validation` for a scan, got `{split}`; choose ranks on validation, then report them on "
            "test with `evaluate`."
        )
    checkpoint = open_checkpoint(options.model)
    plan = ScanPlan(
        plan_model(checkpoint, options.device, options.dtype),
        chosen_layers(checkpoint, options.layers),
        layout,
        question_plan(options, listed(options.benchmarks), split),
    )
    with ProgressLines() as progress:
        result = run_scan(plan, checkpoint, Resources(), progress)
    print_notices((*notices_of(checkpoint, plan.questions), *result.evaluation.notices))
    original, points = scan_points(result)
    print_notices(
        f"At {step.compression_ratio:.3g}x: {sentence}"
        for step in result.steps
        for sentence in gone_sentences(step.gone)
    )
    print_notices(constant_sentences(result.evaluation.answers))
    constant = {name: constant_answers_json(answers) for name, answers in result.evaluation.answers.items()}
    show(
        {
            "model": options.model,
            "benchmarks": list(plan.questions.benchmarks),
            "layers": list(plan.layers),
            "layout": layout.value,
            "chat_template": plan.questions.chat,
            "n": original.n,
            "baseline": {"accuracy": original.accuracy, "ci95": [original.low, original.high], "loss": original.loss},
            "constant_answer": constant[ORIGINAL],
            "points": [
                {
                    "compression_ratio": point.compression_ratio,
                    "ranks": {str(layer): list(ranks) for layer, ranks in point.ranks.items()},
                    "accuracy": point.accuracy,
                    "ci95": [point.low, point.high],
                    "loss": point.loss,
                    "practically_gone": gone_json(step.gone),
                    "constant_answer": constant[step.name],
                }
                for point, step in zip(points, result.steps, strict=True)
            ],
        },
        as_json=options.json,
    )
