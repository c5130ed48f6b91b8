"""The accuracies of the bundled models over seeds, and what compression does to the damaged ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.world import read_world
from tensorllm_core.demo.denoising import (
    ALL_LAYERS_RANKS,
    ONE_LAYER_RANKS,
    Answered,
    Treated,
    Treatment,
    macro_accuracy,
    score,
    treat,
)
from tensorllm_core.demo.make import BENCHMARK_FOLDER, MODEL_FOLDER
from tensorllm_core.demo.questions import BENCHMARKS, HELD_OUT
from tensorllm_core.demo.recipe import MISLABELLING, DemoModel
from tensorllm_core.experiments.intervals import accuracy_interval
from tensorllm_core.experiments.statistics import PairedAccuracy
from tensorllm_core.models.checkpoint import open_checkpoint
from tensorllm_core.models.loaded_model import load_model

__all__ = ["SeedResult", "as_markdown", "as_plain", "measure"]


@dataclass(frozen=True)
class SeedResult:
    """Everything measured for the models of one seed, on its test questions."""

    seed: int
    untreated: dict[DemoModel, Answered]
    held_out_hops: float
    noisy: Treated
    mislabelled: Treated


def measure(seed: int, folder: Path) -> SeedResult:
    """Score the models below `folder`; the test questions are touched here and by the model cards only."""
    models, benchmark_folder = folder / MODEL_FOLDER, folder / BENCHMARK_FOLDER
    untreated = {name: score(load_model(str(models / name), device="cpu"), benchmark_folder) for name in DemoModel}
    two_hops = read_world("world-hop", Split.TEST, benchmark_folder).questions
    held_out = np.array([question.topic.endswith(HELD_OUT) for question in two_hops])
    every_layer = tuple(range(open_checkpoint(str(models / DemoModel.NOISY)).layers))
    return SeedResult(
        seed=seed,
        untreated=untreated,
        held_out_hops=float(untreated[DemoModel.DECODER]["world-hop"][held_out].mean()),
        noisy=treat(models / DemoModel.NOISY, benchmark_folder, every_layer, ALL_LAYERS_RANKS),
        mislabelled=treat(models / DemoModel.MISLABELLED, benchmark_folder, (MISLABELLING.layer,), ONE_LAYER_RANKS),
    )


def as_plain(result: SeedResult) -> dict:
    """What `--json` prints for one seed: fractions of 1, counts and p-values."""
    return {
        "seed": result.seed,
        "accuracy": {name.value: _accuracies(found) for name, found in result.untreated.items()},
        "held_out_hops": result.held_out_hops,
        DemoModel.NOISY.value: _plain_treated(result.noisy),
        DemoModel.MISLABELLED.value: _plain_treated(result.mislabelled),
    }


def as_markdown(results: list[SeedResult]) -> str:
    """The tables of RESULTS.md."""
    seeds = ", ".join(str(result.seed) for result in results)
    lines = [
        "# What the bundled models answer, and what compression does to them",
        "",
        f"Seeds {seeds}, each with its own world, questions and models; `python -m tensorllm_core.demo report` prints",
        "this page. Accuracies are fractions of the test questions (mean over the seeds, least to greatest in",
        "brackets). Compression is TensorLLM, refined, at ranks chosen on validation questions, or at each layer's",
        "noise-floor hint, which needs none. Controls: random directions of the same ranks, and no attention at all;",
        "p is the exact paired McNemar test over all four benchmarks.",
        "",
        "## Accuracy",
        "",
        *_table(
            ["model", *BENCHMARKS, "macro"],
            [[name, *_spread_row([result.untreated[name] for result in results])] for name in DemoModel],
        ),
        "",
        "Two-hop questions about the quarter of the subjects that training held out, `demo-decoder`: "
        + _spread([result.held_out_hops for result in results])
        + ".",
        "",
        "## Compression of all layers of `demo-decoder-noisy`",
        "",
        *_treated_tables([result.noisy for result in results], [result.seed for result in results]),
        "",
        f"## Compression of layer {MISLABELLING.layer} of `demo-decoder-mislabelled`",
        "",
        *_treated_tables([result.mislabelled for result in results], [result.seed for result in results]),
    ]
    return "\n".join(lines)


def _treated_tables(treated: list[Treated], seeds: list[int]) -> list[str]:
    means = [
        ["as it is", *_spread_row([found.untreated for found in treated])],
        ["at the noise-floor hint", *_spread_row([found.hinted.answered for found in treated])],
        ["compressed", *_spread_row([found.compressed.answered for found in treated])],
        ["random subspace", *_spread_row([found.random.answered for found in treated])],
        ["attention removed", *_spread_row([found.removed.answered for found in treated])],
    ]
    each = [
        [
            str(seed),
            str(found.compressed.ranks),
            f"{found.compressed.ratio:.1f}",
            "; ".join(str(ranks) for ranks in found.hints),
            f"{macro_accuracy(found.untreated):.3f}",
            f"{found.hinted.macro:.3f}",
            f"{found.compressed.macro:.3f}",
            f"{found.random.macro:.3f}",
            f"{found.removed.macro:.3f}",
            _paired(found.compressed.against_untreated),
            _paired(found.compressed_against_random),
            _paired(found.compressed_against_removed),
        ]
        for seed, found in zip(seeds, treated, strict=True)
    ]
    return [
        *_table(["weights", *BENCHMARKS, "macro"], means),
        "",
        *_table(
            [
                "seed", "ranks", "ratio", "noise-floor hint", "as it is", "at the hint", "compressed", "random",
                "removed", "fixed/broken, p", "against random: fixed/broken, p", "against removed: fixed/broken, p",
            ],
            each,
        ),
    ]  # fmt: skip


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]


def _spread_row(answered: list[Answered]) -> list[str]:
    columns = [[float(found[name].mean()) for found in answered] for name in BENCHMARKS]
    return [_spread(values) for values in (*columns, [macro_accuracy(found) for found in answered])]


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _paired(test: PairedAccuracy) -> str:
    shown = f"{test.p:.1e}" if test.p else "below 1e-300"
    return f"{test.fixed}/{test.broken}, {shown}"


def _accuracies(answered: Answered) -> dict:
    each = {
        name: {"accuracy": float(right.mean()), "ci95": [accuracy_interval(right).low, accuracy_interval(right).high]}
        for name, right in answered.items()
    }
    return {**each, "macro": macro_accuracy(answered)}


def _plain_treated(treated: Treated) -> dict:
    return {
        "layers": list(treated.layers),
        "noise_floor_hints": [list(ranks) for ranks in treated.hints],
        "untreated": _accuracies(treated.untreated),
        "hinted": _plain_treatment(treated.hinted),
        "compressed": _plain_treatment(treated.compressed),
        "random": _plain_treatment(treated.random),
        "removed": _plain_treatment(treated.removed),
        "compressed_against_random": _plain_paired(treated.compressed_against_random),
        "compressed_against_removed": _plain_paired(treated.compressed_against_removed),
    }


def _plain_treatment(treatment: Treatment) -> dict:
    return {
        "ranks": treatment.ranks and list(treatment.ranks),
        "compression_ratio": treatment.ratio,
        "accuracy": _accuracies(treatment.answered),
        "against_untreated": _plain_paired(treatment.against_untreated),
    }


def _plain_paired(test: PairedAccuracy) -> dict:
    return {"fixed": test.fixed, "broken": test.broken, "mcnemar_p": test.p}
