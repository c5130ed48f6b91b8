"""`decompose`: one layer's attention at chosen ranks, with its error, certificate and compression ratio."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from time import perf_counter

from tensorllm_core.commands.options import (
    Parser,
    add_common_options,
    add_layout_option,
    add_suggested_option,
    number,
    whole_number,
)
from tensorllm_core.commands.output import print_notices, show
from tensorllm_core.commands.progress import ProgressLines
from tensorllm_core.experiments.gone import gone_sentence
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.runs.layer_analysis import (
    errors_of_slices,
    gone_at,
    rank_result,
    refine_layer,
    tensor_shape,
)
from tensorllm_core.runs.layer_decomposition import analyse_layer
from tensorllm_core.runs.plan import plan_layer
from tensorllm_core.runs.ranks import (
    GivenRanks,
    LargestError,
    LeastRatio,
    RankRule,
    check_rule,
    exact_ranks,
    suggested_rule,
)
from tensorllm_core.runs.stopwatch import Stopwatch
from tensorllm_core.types import Layout, Ranks

__all__ = ["add_decompose"]


def add_decompose(add_command: Callable[..., Parser]) -> None:
    """Register the command and its options."""
    parser = add_command("decompose", help="decompose one layer's attention at chosen ranks")
    add_common_options(parser)
    parser.add_argument("--layer", required=True, help="the layer, counted from 0")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--ranks", metavar="R1,R2,R3", help="these ranks")
    choice.add_argument("--max-error", metavar="E", help="the fewest parameters with a relative error of at most E")
    choice.add_argument("--compression", metavar="C", help="the least error at a compression ratio of at least C")
    add_suggested_option(choice)
    add_layout_option(parser)
    parser.add_argument("--refine", action="store_true", help="improve on the truncated HOSVD by HOOI sweeps")
    parser.set_defaults(run=_run)


def _run(options: Namespace) -> None:
    layer, layout, rule = whole_number("--layer", options.layer), Layout.parse(options.layout), _rule(options)
    start = perf_counter()
    checkpoint = open_checkpoint(options.model)
    seconds_to_open = perf_counter() - start
    check_rule(rule, tensor_shape(checkpoint))
    plan = plan_layer(checkpoint, layer, layout, options.device)
    with ProgressLines() as progress:
        analysis = analyse_layer(plan, checkpoint, lambda _, message: progress(0.0, f"decomposing, {message}"))
    print_notices((*checkpoint.notices, *analysis.notices))
    watch = Stopwatch(analysis.tensor.data.device)
    with watch.time("truncate"):
        ranks = exact_ranks(rule, analysis.decomposition, analysis.table)
        result = rank_result(analysis, ranks)
    if options.refine:
        with watch.time("refine"), ProgressLines() as progress:
            refinement = refine_layer(analysis, ranks, progress)
        result = rank_result(analysis, ranks, refinement)
    slices, gone = errors_of_slices(analysis, result), gone_at(analysis, result)
    print_notices(filter(None, [gone_sentence(gone)]))
    seconds = analysis.seconds
    show(
        {
            "model": options.model,
            "family": checkpoint.family.name,
            "layer": layer,
            "layout": layout.value,
            "shape": list(analysis.shape),
            "ranks": list(ranks),
            "relative_error": result.relative_error,
            "relative_error_by_part": dict(zip(analysis.tensor.parts, slices.by_part().tolist(), strict=True)),
            "relative_error_by_group": slices.by_group().tolist(),
            "practically_gone": gone,
            "error_bounds": {"lower": result.lower, "upper": result.upper},
            "compression_ratio": result.compression_ratio,
            "parameters": {"original": analysis.shape.entries, "compressed": result.stored_entries},
            "seconds": {
                "open": seconds_to_open + seconds["open"],
                "hosvd": seconds["hosvd"],
                "table": seconds["table"],
                "truncate": watch.seconds["truncate"],
                "refine": watch.seconds.get("refine", 0.0),
            },
        },
        as_json=options.json,
    )


def _rule(options: Namespace) -> RankRule:
    """The rule that decides the ranks, from the one of the options that is given."""
    if options.suggested:
        return suggested_rule(options.model)
    if options.ranks is not None:
        return GivenRanks(Ranks.parse(options.ranks))
    if options.max_error is not None:
        return LargestError(number("--max-error", options.max_error))
    return LeastRatio(number("--compression", options.compression))
