"""The result of `compare` as a table in Markdown: a row for each method, a column for each budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["comparison_table"]


def comparison_table(result: Mapping[str, Any]) -> str:
    """Accuracy in percent, its change from the original with the 95% interval of the paired difference, the error."""
    methods = result["methods"]
    ratios = sorted({point["ratio"] for method in methods.values() for point in method["points"]})
    has_choice = any("ratio_chosen_on_validation" in method for method in methods.values())
    heads = ["method", *(f"{ratio:.6g}x" for ratio in ratios), *(["chosen on validation"] if has_choice else [])]
    rows = [
        [
            f"{method['title']} (`{name}`)",
            *(_cell_at(method, ratio) for ratio in ratios),
            *([_cell_of_choice(method)] if has_choice else []),
        ]
        for name, method in methods.items()
    ]
    lines = [heads, ["---"] * len(heads)]
    words = (
        f"`{result['model']}`, layer{'s' if len(result['layers']) > 1 else ''} {', '.join(map(str, result['layers']))}"
    )
    if "baseline" in result:
        baseline = f"{100 * result['baseline']['accuracy']:.1f}"
        lines.append(["as it is", *[baseline] * len(ratios), *(["–"] if has_choice else [])])
        words += (
            f", {result['n']:,} {result['split']} questions of {', '.join(result['benchmarks'])}: mean accuracy in %, "
            "change from the original with its 95% interval, and in brackets"
        )
    else:
        words += ":"
    if not result["complete"]:
        words = f"Incomplete: the comparison was stopped. {words}"
    table = "\n".join(f"| {' | '.join(line)} |" for line in [*lines, *rows])
    return f"{words} the relative error of what is replaced.\n\n{table}"


def _cell_at(method: Mapping[str, Any], ratio: float) -> str:
    """The cell of a method at a budget; a dash where a stopped comparison has none."""
    return next((_cell(point) for point in method["points"] if point["ratio"] == ratio), "–")


def _cell(point: Mapping[str, Any]) -> str:
    if "problem" in point:
        return "out of reach"
    if "accuracy" not in point:
        return f"{point['relative_error']:.3f}"
    delta, (low, high) = point["delta"]["accuracy"], point["delta"]["ci95"]
    change = f"{100 * delta:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"{100 * point['accuracy']:.1f}, {change} ({point['relative_error']:.2f})"


def _cell_of_choice(method: Mapping[str, Any]) -> str:
    ratio = method.get("ratio_chosen_on_validation")
    points = [point for point in method["points"] if point["ratio"] == ratio and "problem" not in point]
    return f"{ratio:.6g}x: {100 * points[0]['accuracy']:.1f}" if points else "none"
