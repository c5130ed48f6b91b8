"""The scene: all that one browser tab looks at, and all that a link restores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.types import Layout, Ranks

__all__ = [
    "COMPARE_TABS",
    "DEFAULT_MODEL",
    "DTYPES",
    "PAPER_TABLES",
    "REASONING_TABS",
    "SPLITS",
    "TABS",
    "ChooseBy",
    "Scene",
]

DEFAULT_MODEL = "demo-decoder-noisy"
DTYPES = ("float32", "bfloat16", "float16")
SPLITS = tuple(split.value for split in Split)
TABS = ("Heads and parts", "One core", "Weights", "Refinement", "Best ranks")
PAPER_TABLES = ("II", "III", "IV", "LASER", "ranks")
REASONING_TABS = ("Changed answers", "Margins", "Confidence", "Rank scan", "By benchmark")
COMPARE_TABS = ("Error by part", "Any two methods", "What each stores", "Explain the difference", "Download")


class ChooseBy(StrEnum):
    """What the person fixes; the ranks follow from it."""

    RANKS = "ranks"
    ERROR = "error"
    COMPRESSION = "compression"


@dataclass(frozen=True)
class Scene:
    """One view of one layer. `r1`, `r2`, `r3` of None mean the ranks that the noise floor hints."""

    model: str = DEFAULT_MODEL
    layer: int = 1
    layout: Layout = Layout.PAPER
    by: ChooseBy = ChooseBy.RANKS
    r1: int | None = None
    r2: int | None = None
    r3: int | None = None
    error: float = 0.5
    ratio: float = 10.0
    tied: bool = False
    refine: bool = False
    group: int = 0
    view: str = "1"
    part: str = "Q"
    tab: str = ""
    present: bool = False
    layers: str = ""
    """Layers that an edit changes: `all`, or as in `0,2-3`; none means the one that is looked at."""
    benchmark: str = ""
    """Names of benchmarks, joined by commas; none means the bundled ones."""
    split: str = "test"
    sample: int = 500
    """Questions of each benchmark; 0 means all."""
    controls: bool = True
    template: str = ""
    """A prompt template with `{question}`; none means each benchmark's own."""
    device: str = "auto"
    dtype: str = "float32"
    """Type of the weights of a loaded model; the decomposition always computes in float32."""
    fixed_ratio: float = 10.0
    """Compression ratio at which all layers are compared."""
    mode: int = 1
    """Mode whose spectra are compared over the layers: 1, 2 or 3."""
    alike: bool = False
    """Whether heads stand in the order of their similarity rather than of their numbers."""
    chosen_on: str = ""
    """The split whose questions these ranks were chosen on, if any were."""
    table: str = "II"
    """Which of the papers' tables is shown: one of `PAPER_TABLES`."""
    cell: str = "gptj-fever"
    """The cell of the tables that is looked at: a paper's model and benchmark, joined by a hyphen."""
    variant: str = ""
    """Case of Table III or projection of Table IV; none means the last of its table."""
    triple: int = 1
    """Which of the derived rank triples of the cell, from 1."""
    cell_layer: int | None = None
    """Layer to reproduce the cell at; None means the one that is suggested."""
    methods: str = ""
    """Names of methods to compare, joined by commas; none means those that are suggested."""
    budget: float = 16.0
    """The budget in focus: each layer must save as many entries as its attention does at this ratio."""
    budgets: str = "4,8,16"
    """The other budgets that methods are compared at, joined by commas."""
    first: str = ""
    """One of the two that are tested against each other, a method or `original`; none means the best."""
    second: str = ""
    """The other one; none means the second best."""

    @property
    def ranks(self) -> Ranks | None:
        """The ranks the person chose, or None for the noise-floor hint."""
        if self.r1 is None or self.r2 is None or self.r3 is None:
            return None
        return Ranks(self.r1, self.r2, self.r3)

    def at(self, ranks: Ranks) -> Scene:
        """The same scene at these ranks."""
        return replace(self, r1=ranks.r1, r2=ranks.r2, r3=ranks.r3)
