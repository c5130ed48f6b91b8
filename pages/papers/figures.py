"""The figure of each table: published changes with the intervals of luck alone, or how ranks are derived."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pages.controls.widgets import Explanation, show
from pages.frame.frame import canvas
from pages.papers.cell_choice import Choice, score_of, variant_title
from tensorllm_core.experiments.published import PublishedCell, tied_triples, triples_giving
from tensorllm_core.experiments.published_tables import ABLATED_MODEL, CASES, CELLS, PUBLISHED_BENCHMARKS, VARIANTS
from tensorllm_core.figures.deltas import Delta, deltas
from tensorllm_core.figures.derived_ranks import derived_ranks
from tensorllm_core.figures.projection_gains import projection_gains

__all__ = ["picture"]

_HEIGHT = 292
_INTERVAL = (
    "The intervals are ours: the papers publish **none**. They cover only the chance of which questions were asked, as "
    "if the two accuracies came from different questions (n is 80% of the examples). With paired answers they would "
    "mostly be narrower. With the search over layers and ranks, which kept the best of many, they would be wider."
)
_FORMULA = r"\hat\Delta \pm 1.96\sqrt{\frac{p(1-p) + q(1-q)}{n}}"


def picture(choice: Choice) -> None:
    """Draw the figure of the chosen table."""
    {"II": _gains, "III": _hybrids, "IV": _ablation, "LASER": _gains, "ranks": _ranks}[choice.table](choice)


def _gains(choice: Choice) -> None:
    """Changes by benchmark and model."""
    rows, table = _rows([(cell, choice.table, "", cell.model.title) for cell in CELLS.values()])
    method = variant_title(choice.table, "")
    _show_changes(
        deltas(rows, canvas(_HEIGHT), emphasised=choice.cell.model.title),
        f"published gains {choice.table}",
        f"{method}: {_beyond_luck(rows)} of {len(rows)} published changes are larger than chance explains",
        f"Published test accuracy with {method}, minus that of the original model.",
        table,
    )


def _hybrids(choice: Choice) -> None:
    """Changes by benchmark and case, of one model, beside TensorLLM alone."""
    model = choice.cell.model
    cells = [cell for cell in CELLS.values() if cell.model == model]
    alone = "TensorLLM alone"
    series = [("II", "", alone), *(("III", variant, name) for variant, name in zip("123", CASES, strict=True))]
    rows, table = _rows([(cell, kind, variant, name) for cell in cells for kind, variant, name in series])
    below = sum(cell.cases[2].percent < cell.tensorllm.percent for cell in CELLS.values())
    _show_changes(
        deltas(rows, canvas(_HEIGHT), emphasised=variant_title("III", choice.variant)),
        "published hybrids",
        f"TensorLLM alone beats TensorLLM + LASER in {below} of all {len(CELLS)} cells; shown: {model.title}",
        "Published changes of accuracy from the original model. The values of case 1 are those of the LASER paper.",
        table,
    )


def _ablation(choice: Choice) -> None:
    """Changes by benchmark and projection, on the one model of Table IV."""
    cells = [CELLS[ABLATED_MODEL, name] for name in PUBLISHED_BENCHMARKS]
    rows, table = _rows([(cell, "IV", variant, variant) for cell in cells for variant in VARIANTS["IV"]])
    best = sum(all(cell.tensorllm.percent > score_of(cell, "IV", part).percent for part in "QKVO") for cell in cells)
    _show_changes(
        projection_gains(rows, canvas(_HEIGHT), chosen=choice.variant),
        "published ablation",
        f"All four projections together do better than any one alone on {best} of {len(cells)} benchmarks",
        "Published changes of GPT-J's accuracy: with Q, K, V or O compressed alone, as a 3-D tensor of its heads, and "
        "with all four as one 4-D tensor.",
        table,
    )


def _show_changes(figure: Any, key: str, takeaway: str, words: str, table: pd.DataFrame) -> None:
    """Show published changes with our intervals, which the explanation describes after `words`."""
    explanation = Explanation(f"{words} {_INTERVAL}", _FORMULA)
    show(figure, key=key, takeaway=takeaway, explanation=explanation, table=lambda: table)


def _ranks(choice: Choice) -> None:
    """Compression ratios of all tied rank triples near the published ratio."""
    cell = choice.cell
    shape = cell.model.shape
    triples = [(ranks, shape.compression_ratio(ranks)) for ranks in tied_triples(shape)]
    matches = triples_giving(shape, cell.compression_ratio)
    give = "one gives" if len(matches) == 1 else f"{len(matches)} give"
    show(
        derived_ranks(triples, cell.compression_ratio, canvas(_HEIGHT), matches=matches, chosen=choice.ranks),
        key="derived ranks",
        takeaway=(
            f"{cell.model.title}, {cell.benchmark.title}: of {len(triples):,} tied rank triples {give} the published "
            f"{cell.compression_ratio:.2f}x to two decimals"
        ),
        explanation=Explanation(
            "The papers publish the compression ratio, but not the ranks. Their program sets R1 = r h and R2 = r (h "
            "heads) and tries R3 from 1 to 4, so only few rank triples are possible. Each point is one of them. A ring "
            "marks a triple whose ratio rounds to the published one. If there are two rings, the ratio cannot tell "
            "which one was used.",
            r"\text{CR} = \frac{4\, d\, d_v h}{h R_1 R_2 R_3 + d R_1 + d_v R_2 + 4 R_3},\qquad R_1 = r h,\ R_2 = r",
        ),
        table=lambda: pd.DataFrame(
            [(*ranks, ratio, ranks in matches) for ranks, ratio in triples],
            columns=["R1", "R2", "R3", "compression ratio", "gives the published ratio"],
        ),
    )


def _rows(cells: list[tuple[PublishedCell, str, str, str]]) -> tuple[list[Delta], pd.DataFrame]:
    """The rows to draw and their numbers, for each cell with its table, variant and series."""
    rows, numbers = [], []
    for cell, kind, variant, series in cells:
        score = score_of(cell, kind, variant)
        gain = cell.gain(score)
        rows.append(Delta(cell.benchmark.title, series, gain.delta, gain.interval.low, gain.interval.high))
        numbers.append(
            {
                "benchmark": cell.benchmark.title,
                "model": cell.model.title,
                "series": series,
                "published original accuracy %": cell.original.percent,
                "published accuracy %": score.percent,
                "published original loss": cell.original.loss,
                "published loss": score.loss,
                "published compression ratio": cell.compression_ratio if series in {"all", cell.model.title} else None,
                "questions n": cell.benchmark.test_questions,
                "change, points": 100 * gain.delta,
                "unpaired low": 100 * gain.interval.low,
                "unpaired high": 100 * gain.interval.high,
                "sigmas": gain.in_sigmas,
            }
        )
    return rows, pd.DataFrame(numbers)


def _beyond_luck(rows: list[Delta]) -> int:
    return sum(row.low > 0 or row.high < 0 for row in rows)
