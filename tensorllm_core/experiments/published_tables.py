"""The published figures, each once: TensorLLM's Tables II to IV and LASER's best settings, with the derived ranks.

Sources: arXiv 2501.15674 (TensorLLM; Gu, Zhou, Iacovides, Mandic; IJCNN 2025) and arXiv 2312.13558 (LASER; Sharma,
Ash, Misra; ICLR 2024). Accuracies are in percent, as printed. Layers and ranks of TensorLLM are not published: the
ranks are derived, by `triples_giving`.
"""

from __future__ import annotations

from collections.abc import Mapping

from tensorllm_core.experiments.published import (
    LaserSetting,
    PublishedBenchmark,
    PublishedCell,
    PublishedModel,
    Score,
)
from tensorllm_core.types import Ranks, TensorShape

__all__ = [
    "ABLATED_MODEL",
    "ABLATION",
    "CASES",
    "CELLS",
    "PUBLISHED_BENCHMARKS",
    "PUBLISHED_MODELS",
    "VARIANTS",
]

CASES = ("LASER on FFN", "LASER on FFN and attention", "TensorLLM + LASER")
"""What the three cases of Table III are."""

VARIANTS = {"III": ("1", "2", "3"), "IV": ("Q", "K", "V", "O", "all")}
"""Names of the columns that Tables III and IV have for a cell."""

_ROBERTA = PublishedModel(
    "roberta", "RoBERTa-base", "FacebookAI/roberta-base", 125_000_000, 12, TensorShape(768, 64, 4, 12), 3072
)
_GPTJ = PublishedModel(
    "gptj", "GPT-J-6B", "EleutherAI/gpt-j-6b", 6_050_000_000, 28, TensorShape(4096, 256, 4, 16), 16384
)
_LLAMA2 = PublishedModel(
    "llama2", "LLaMA2-7B", "meta-llama/Llama-2-7b-hf", 6_740_000_000, 32, TensorShape(4096, 128, 4, 32), 11008
)
_HOTPOTQA = PublishedBenchmark("hotpotqa", "HotPotQA", 14_618, prompt_tokens=30, new_tokens=15)
_FEVER = PublishedBenchmark("fever", "FEVER", 13_086, prompt_tokens=30, new_tokens=0)
_BIOS = PublishedBenchmark("bios", "Bios", 19_223, prompt_tokens=100, new_tokens=0)
_WIKIDATAQA = PublishedBenchmark("wikidataqa", "WikidataQA", 20_321, prompt_tokens=12, new_tokens=10)

PUBLISHED_MODELS: dict[str, PublishedModel] = {model.name: model for model in (_ROBERTA, _GPTJ, _LLAMA2)}
PUBLISHED_BENCHMARKS: dict[str, PublishedBenchmark] = {
    benchmark.name: benchmark for benchmark in (_HOTPOTQA, _FEVER, _BIOS, _WIKIDATAQA)
}

_CELLS = (
    PublishedCell(
        _ROBERTA,
        _HOTPOTQA,
        original=Score(6.1, 10.99),
        tensorllm=Score(7.33, 10.00),
        compression_ratio=1.12,
        derived_ranks=(Ranks(636, 53, 4), Ranks(720, 60, 3)),
        cases=(Score(6.7, 10.53), Score(5.24, 8.60), Score(7.05, 9.87)),
        laser=LaserSetting("U_out", 2, 0.4),
    ),
    PublishedCell(
        _ROBERTA,
        _FEVER,
        original=Score(50.0, 2.5),
        tensorllm=Score(50.45, 1.47),
        compression_ratio=3.74,
        derived_ranks=(Ranks(312, 26, 4),),
        cases=(Score(52.3, 1.76), Score(53.6, 1.18), Score(55.23, 2.61)),
        laser=LaserSetting("U_in", 3, 0.4),
    ),
    PublishedCell(
        _ROBERTA,
        _BIOS,
        original=Score(64.5, 4.91),
        tensorllm=Score(72.57, 6.64),
        compression_ratio=8.78,
        derived_ranks=(Ranks(180, 15, 4),),
        cases=(Score(72.5, 6.44), Score(71.14, 6.62), Score(72.51, 7.42)),
        laser=LaserSetting("U_in", 3, 0.9),
    ),
    PublishedCell(
        _ROBERTA,
        _WIKIDATAQA,
        original=Score(28.0, 9.07),
        tensorllm=Score(32.72, 8.72),
        compression_ratio=2.52,
        derived_ranks=(Ranks(444, 37, 3),),
        cases=(Score(30.7, 7.69), Score(34.49, 8.25), Score(37.40, 7.86)),
        laser=LaserSetting("U_in", 7, 0.4),
    ),
    PublishedCell(
        _GPTJ,
        _HOTPOTQA,
        original=Score(19.6, 3.40),
        tensorllm=Score(20.15, 4.49),
        compression_ratio=247.30,
        derived_ranks=(Ranks(64, 4, 2),),
        cases=(Score(19.5, 3.39), Score(19.62, 5.08), Score(19.91, 5.07)),
        laser=LaserSetting("U_in", 27, 0.1),
    ),
    PublishedCell(
        _GPTJ,
        _FEVER,
        original=Score(50.2, 1.24),
        tensorllm=Score(58.94, 1.02),
        compression_ratio=14.69,
        derived_ranks=(Ranks(672, 42, 4), Ranks(800, 50, 2)),
        cases=(Score(56.2, 1.27), Score(55.59, 1.28), Score(58.98, 1.39)),
        laser=LaserSetting("U_in", 24, 0.01),
    ),
    PublishedCell(
        _GPTJ,
        _BIOS,
        original=Score(75.6, 4.64),
        tensorllm=Score(81.18, 4.57),
        compression_ratio=74.68,
        derived_ranks=(Ranks(208, 13, 1),),
        cases=(Score(82.1, 4.91), Score(81.28, 4.61), Score(82.52, 4.52)),
        laser=LaserSetting("U_in", 18, 0.01),
    ),
    PublishedCell(
        _GPTJ,
        _WIKIDATAQA,
        original=Score(51.8, 3.52),
        tensorllm=Score(68.81, 2.63),
        compression_ratio=46.77,
        derived_ranks=(Ranks(304, 19, 2),),
        cases=(Score(65.9, 2.86), Score(65.68, 2.89), Score(68.20, 2.59)),
        laser=LaserSetting("U_in", 27, 0.01),
    ),
    PublishedCell(
        _LLAMA2,
        _HOTPOTQA,
        original=Score(16.5, 3.15),
        tensorllm=Score(18.44, 9.80),
        compression_ratio=3.54,
        derived_ranks=(Ranks(1920, 60, 3),),
        cases=(Score(17.2, 2.97), Score(18.88, 9.33), Score(19.22, 9.99)),
        laser=LaserSetting("U_in", 27, 0.2),
    ),
    PublishedCell(
        _LLAMA2,
        _FEVER,
        original=Score(59.3, 1.02),
        tensorllm=Score(66.75, 1.01),
        compression_ratio=3.54,
        derived_ranks=(Ranks(1920, 60, 3),),
        cases=(Score(64.5, 0.91), Score(65.13, 1.11), Score(66.39, 1.33)),
        laser=LaserSetting("U_in", 30, 0.2),
    ),
    PublishedCell(
        _LLAMA2,
        _BIOS,
        original=Score(85.0, 4.19),
        tensorllm=Score(86.61, 4.54),
        compression_ratio=3.54,
        derived_ranks=(Ranks(1920, 60, 3),),
        cases=(Score(86.7, 4.05), Score(86.07, 4.20), Score(87.07, 4.05)),
        laser=LaserSetting("U_out", 30, 0.4),
    ),
    PublishedCell(
        _LLAMA2,
        _WIKIDATAQA,
        original=Score(59.5, 4.19),
        tensorllm=Score(60.37, 2.38),
        compression_ratio=5.81,
        derived_ranks=(Ranks(1920, 60, 1),),
        cases=(Score(62.0, 2.31), Score(61.21, 2.35), Score(61.78, 2.34)),
        laser=LaserSetting("U_in", 27, 0.01),
    ),
)

CELLS: dict[tuple[str, str], PublishedCell] = {(cell.model.name, cell.benchmark.name): cell for cell in _CELLS}
"""All twelve cells by the names of model and benchmark."""

ABLATED_MODEL = _GPTJ.name

ABLATION: Mapping[str, Mapping[str, Score]] = {
    "hotpotqa": {
        "Q": Score(19.19, 4.45),
        "K": Score(19.25, 4.45),
        "V": Score(19.70, 4.43),
        "O": Score(19.62, 4.44),
    },
    "fever": {
        "Q": Score(54.41, 1.22),
        "K": Score(53.40, 1.22),
        "V": Score(55.86, 1.23),
        "O": Score(56.07, 1.15),
    },
    "bios": {
        "Q": Score(76.06, 4.54),
        "K": Score(74.97, 4.59),
        "V": Score(79.39, 4.46),
        "O": Score(79.71, 4.41),
    },
    "wikidataqa": {
        "Q": Score(49.72, 3.66),
        "K": Score(51.01, 3.58),
        "V": Score(48.82, 3.69),
        "O": Score(48.87, 3.69),
    },
}
"""Table IV, on GPT-J by benchmark: one projection alone as a 3-D tensor; its other columns are those of Table II."""
