"""The picture of each table: published changes with the intervals of luck alone, or how ranks are derived."""

from __future__ import annotations

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
_HONEST = (
    "The interval is **not** the papers': they publish none. It is the luck of the questions alone, reckoned as if the "
    "two accuracies came from different questions, with n = 80 % of the examples. Paired answers would mostly narrow "
    "it; the search over layers and ranks, which picked the best of many, would widen it."
)
_FORMULA = r"\hat\Delta \pm 1.96\sqrt{\frac{p(1-p) + q(1-q)}{n}}"


def picture(choice: Choice) -> None:
    """The picture of the table that is shown."""
    {"II": _gains, "III": _hybrids, "IV": _ablation, "LASER": _gains, "ranks": _ranks}[choice.table](choice)


def _gains(choice: Choice) -> None:
    """Changes by benchmark and model."""
    rows, table = _rows([(cell, choice.table, "", cell.model.title) for cell in CELLS.values()])
    method = variant_title(choice.table, "")
    show(
        deltas(rows, canvas(_HEIGHT), emphasised=choice.cell.model.title),
        key=f"published gains {choice.table}",
        takeaway=(f"{method}: {_beyond(rows)} of {len(rows)} published changes exceed luck, that of the search aside"),
        explanation=Explanation(f"Test accuracy after {method} less the original, as published. {_HONEST}", _FORMULA),
        table=lambda: table,
    )


def _hybrids(choice: Choice) -> None:
    """Changes by benchmark and case, of one model, beside TensorLLM alone."""
    model = choice.cell.model
    cells = [cell for cell in CELLS.values() if cell.model == model]
    alone = "TensorLLM alone"
    series = [("II", "", alone), *(("III", variant, name) for variant, name in zip("123", CASES, strict=True))]
    rows, table = _rows([(cell, kind, variant, name) for cell in cells for kind, variant, name in series])
    below = sum(cell.cases[2].percent < cell.tensorllm.percent for cell in CELLS.values())
    show(
        deltas(rows, canvas(_HEIGHT), emphasised=variant_title("III", choice.variant)),
        key="published hybrids",
        takeaway=(
            f"TensorLLM alone beats TensorLLM + LASER in {below} of all {len(CELLS)} cells; here those of {model.title}"
        ),
        explanation=Explanation(
            f"Published changes of accuracy from the original. Case 1 is quoted from LASER. {_HONEST}", _FORMULA
        ),
        table=lambda: table,
    )


def _ablation(choice: Choice) -> None:
    """Changes by benchmark and projection, on the one model of Table IV."""
    cells = [CELLS[ABLATED_MODEL, name] for name in PUBLISHED_BENCHMARKS]
    rows, table = _rows([(cell, "IV", variant, variant) for cell in cells for variant in VARIANTS["IV"]])
    best = sum(all(cell.tensorllm.percent > score_of(cell, "IV", part).percent for part in "QKVO") for cell in cells)
    show(
        projection_gains(rows, canvas(_HEIGHT), chosen=choice.variant),
        key="published ablation",
        takeaway=f"All four projections together do better than any one alone on {best} of {len(cells)} benchmarks",
        explanation=Explanation(
            "Published changes of GPT-J's accuracy: Q, K, V or O compressed alone as a 3-D tensor of its heads, and "
            f"all as one 4-D tensor. {_HONEST}",
            _FORMULA,
        ),
        table=lambda: table,
    )


def _ranks(choice: Choice) -> None:
    """Ratios of all tied triples near the published one."""
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
            "The papers publish the ratio, not the ranks. Their program ties R1 = r h and R2 = r (h heads) and tries "
            "R3 from 1 to 4, so there are few triples to choose from: each point is one, and a ring is one whose ratio "
            "rounds to the published one. The ratio cannot tell two rings apart.",
            r"\text{CR} = \frac{4\, d\, d_v h}{h R_1 R_2 R_3 + d R_1 + d_v R_2 + 4 R_3},\qquad R_1 = r h,\ R_2 = r",
        ),
        table=lambda: pd.DataFrame(
            [(*ranks, ratio, ranks in matches) for ranks, ratio in triples],
            columns=["R1", "R2", "R3", "compression ratio", "gives the published ratio"],
        ),
    )


def _rows(scored: list[tuple[PublishedCell, str, str, str]]) -> tuple[list[Delta], pd.DataFrame]:
    """What is drawn and the numbers behind it, for cells by table, variant and the name of their series."""
    rows, numbers = [], []
    for cell, kind, variant, series in scored:
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


def _beyond(rows: list[Delta]) -> int:
    return sum(row.low > 0 or row.high < 0 for row in rows)
