"""The accuracies of the bundled models over seeds, and what compression does to the damaged ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import BUNDLED
from tensorllm_core.benchmarks.world import read_world
from tensorllm_core.demo.denoising import (
    ALL_LAYERS_RANKS,
    ONE_LAYER_RANKS,
    RightAnswers,
    Treatment,
    Trial,
    macro_accuracy,
    run_trial,
    score,
)
from tensorllm_core.demo.make import BENCHMARK_FOLDER, MODEL_FOLDER
from tensorllm_core.demo.questions import HELD_OUT
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
    untreated: dict[DemoModel, RightAnswers]
    held_out_hops: float
    noisy: Trial
    mislabelled: Trial


def measure(seed: int, folder: Path) -> SeedResult:
    """Score the models in `folder`. Only this and the model cards read the test questions."""
    models, benchmark_folder = folder / MODEL_FOLDER, folder / BENCHMARK_FOLDER
    untreated = {name: score(load_model(str(models / name), device="cpu"), benchmark_folder) for name in DemoModel}
    two_hops = read_world("world-hop", Split.TEST, benchmark_folder).questions
    held_out = np.array([question.topic.endswith(HELD_OUT) for question in two_hops])
    every_layer = tuple(range(open_checkpoint(str(models / DemoModel.NOISY)).layers))
    return SeedResult(
        seed=seed,
        untreated=untreated,
        held_out_hops=float(untreated[DemoModel.DECODER]["world-hop"][held_out].mean()),
        noisy=run_trial(models / DemoModel.NOISY, benchmark_folder, every_layer, ALL_LAYERS_RANKS),
        mislabelled=run_trial(models / DemoModel.MISLABELLED, benchmark_folder, (MISLABELLING.layer,), ONE_LAYER_RANKS),
    )


def as_plain(result: SeedResult) -> dict:
    """What `--json` prints for one seed: fractions of 1, counts and p-values."""
    return {
        "seed": result.seed,
        "accuracy": {name.value: _accuracies(right) for name, right in result.untreated.items()},
        "held_out_hops": result.held_out_hops,
        DemoModel.NOISY.value: _plain_trial(result.noisy),
        DemoModel.MISLABELLED.value: _plain_trial(result.mislabelled),
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
            ["model", *BUNDLED, "macro"],
            [[name, *_mean_row([result.untreated[name] for result in results])] for name in DemoModel],
        ),
        "",
        "Two-hop questions about the quarter of the subjects that training held out, `demo-decoder`: "
        + _mean_and_range([result.held_out_hops for result in results])
        + ".",
        "",
        "## Compression of all layers of `demo-decoder-noisy`",
        "",
        *_trial_tables([result.noisy for result in results], [result.seed for result in results]),
        "",
        f"## Compression of layer {MISLABELLING.layer} of `demo-decoder-mislabelled`",
        "",
        *_trial_tables([result.mislabelled for result in results], [result.seed for result in results]),
    ]
    return "\n".join(lines)


def _trial_tables(trials: list[Trial], seeds: list[int]) -> list[str]:
    means = [
        ["as it is", *_mean_row([trial.untreated for trial in trials])],
        ["at the noise-floor hint", *_mean_row([trial.hinted.right for trial in trials])],
        ["compressed", *_mean_row([trial.compressed.right for trial in trials])],
        ["random subspace", *_mean_row([trial.random.right for trial in trials])],
        ["attention removed", *_mean_row([trial.removed.right for trial in trials])],
    ]
    each = [
        [
            str(seed),
            str(trial.compressed.ranks),
            f"{trial.compressed.ratio:.1f}",
            "; ".join(str(ranks) for ranks in trial.hints),
            f"{macro_accuracy(trial.untreated):.3f}",
            f"{trial.hinted.macro:.3f}",
            f"{trial.compressed.macro:.3f}",
            f"{trial.random.macro:.3f}",
            f"{trial.removed.macro:.3f}",
            _paired(trial.compressed.against_untreated),
            _paired(trial.compressed_against_random),
            _paired(trial.compressed_against_removed),
        ]
        for seed, trial in zip(seeds, trials, strict=True)
    ]
    return [
        *_table(["weights", *BUNDLED, "macro"], means),
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


def _mean_row(right_of_seeds: list[RightAnswers]) -> list[str]:
    columns = [[float(right[name].mean()) for right in right_of_seeds] for name in BUNDLED]
    return [_mean_and_range(values) for values in (*columns, [macro_accuracy(right) for right in right_of_seeds])]


def _mean_and_range(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _paired(test: PairedAccuracy) -> str:
    shown = f"{test.p:.1e}" if test.p else "below 1e-300"
    return f"{test.fixed}/{test.broken}, {shown}"


def _accuracies(right: RightAnswers) -> dict:
    by_benchmark = {
        name: {"accuracy": float(each.mean()), "ci95": [accuracy_interval(each).low, accuracy_interval(each).high]}
        for name, each in right.items()
    }
    return {**by_benchmark, "macro": macro_accuracy(right)}


def _plain_trial(trial: Trial) -> dict:
    return {
        "layers": list(trial.layers),
        "noise_floor_hints": [list(ranks) for ranks in trial.hints],
        "untreated": _accuracies(trial.untreated),
        "hinted": _plain_treatment(trial.hinted),
        "compressed": _plain_treatment(trial.compressed),
        "random": _plain_treatment(trial.random),
        "removed": _plain_treatment(trial.removed),
        "compressed_against_random": _plain_paired(trial.compressed_against_random),
        "compressed_against_removed": _plain_paired(trial.compressed_against_removed),
    }


def _plain_treatment(treatment: Treatment) -> dict:
    return {
        "ranks": treatment.ranks and list(treatment.ranks),
        "compression_ratio": treatment.ratio,
        "accuracy": _accuracies(treatment.right),
        "against_untreated": _plain_paired(treatment.against_untreated),
    }


def _plain_paired(test: PairedAccuracy) -> dict:
    return {"fixed": test.fixed, "broken": test.broken, "mcnemar_p": test.p}
