"""The parts of the scene: the settings of each screen, and those that several screens share.

A field is declared with the reader of its parameter, so a new field is one new line here. The names of the fields are
those of the parameters in a link, so no two parts have a field of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pages.session.readers import choice, flag, listing, number, text, whole_number
from tensorllm_core.benchmarks.benchmark import Split, check_template
from tensorllm_core.benchmarks.own_file import OWN_NEW_TOKENS
from tensorllm_core.types import Ranks

__all__ = [
    "DTYPES",
    "PAPER_TABLES",
    "SPLITS",
    "ChooseBy",
    "ComparePart",
    "DecomposePart",
    "HeadsPart",
    "LayersPart",
    "PapersPart",
    "QuestionsPart",
    "RanksPart",
    "ReasoningPart",
    "budget_text",
]

DTYPES = ("float32", "bfloat16", "float16")
SPLITS = tuple(split.value for split in Split)
PAPER_TABLES = ("II", "III", "IV", "LASER", "ranks")
_MOST_BUDGET = 1e6
MOST_PINS = 2


class ChooseBy(StrEnum):
    """The quantity that the visitor sets; the ranks follow from it."""

    RANKS = "ranks"
    ERROR = "error"
    COMPRESSION = "compression"


def budget_text(ratio: float) -> str:
    """A budget as a link writes it.

    >>> budget_text(4.0), budget_text(65536 / 30000)
    ('4', '2.1845333333333334')
    """
    return f"{int(ratio)}" if ratio == int(ratio) else f"{ratio!r}"


def _printable_ascii(_name: str, value: str) -> str:
    return value if value.isascii() and value.isprintable() else ""


def _template(_name: str, value: str) -> str:
    return check_template(value) if value else ""


def _rank() -> Any:
    return whole_number(None, least=1, digits=7, instead="showing the suggested ranks instead")


def _pins(pins: tuple[Ranks, ...]) -> tuple[Ranks, ...]:
    if len(pins) > MOST_PINS or any(0 in pin for pin in pins):
        raise ValueError
    return pins


def _methods() -> list[str]:
    # Imported late, as below: these modules are large, and most links name no method and no paper.
    from tensorllm_core.methods.registry import METHODS

    return list(METHODS)


def _subjects() -> list[str]:
    return [*_methods(), "original", ""]


def _cells() -> list[str]:
    from tensorllm_core.experiments.published_tables import CELLS

    return [f"{model}-{benchmark}" for model, benchmark in CELLS]


def _variants() -> list[str]:
    from tensorllm_core.experiments.published_tables import VARIANTS

    return [name for names in VARIANTS.values() for name in names]


def _alone(word: str, pieces: tuple[str, ...]) -> tuple[str, ...]:
    if word in pieces and len(pieces) > 1:
        raise ValueError
    return pieces


def _budgets(ratios: tuple[float, ...]) -> tuple[float, ...]:
    from tensorllm_core.experiments.comparison import check_ratios

    budgets = check_ratios(ratios)
    if budgets[-1] > _MOST_BUDGET:
        raise ValueError
    return budgets


@dataclass(frozen=True)
class RanksPart:
    """The ranks, on Decompose, Heads and Reasoning; `r1`, `r2`, `r3` of None mean the suggested ones."""

    by: ChooseBy = choice(ChooseBy.RANKS, tuple(ChooseBy), instead="choosing by ranks", kind=ChooseBy)
    r1: int | None = _rank()
    r2: int | None = _rank()
    r3: int | None = _rank()
    error: float = number(0.5, least=0.0, most=1.0)
    ratio: float = number(10.0, least=0.01, most=1e9)
    tied: bool = flag()
    refine: bool = flag()

    @property
    def chosen(self) -> Ranks | None:
        """The ranks that the visitor chose, or None for the suggested ones."""
        if self.r1 is None or self.r2 is None or self.r3 is None:
            return None
        return Ranks(self.r1, self.r2, self.r3)


@dataclass(frozen=True)
class QuestionsPart:
    """Edited layers and questions, on Reasoning and Compare.

    `layers` are pieces of a text that names layers, such as `all`, `2` or `0-3`; empty means the screen's default.
    `benchmark` holds names; empty means the bundled ones for a bundled model, and none for any other. `sample` is the
    number of questions of each benchmark, 0 for all. `chat` puts prompts into the tokenizer's chat template.
    `new_tokens` is how many tokens a model writes where the rows of a file have no choices.
    """

    layers: tuple[str, ...] = listing(
        (),
        item=r"all|\d{1,5}(-\d{1,5})?",
        check=lambda pieces: _alone("all", pieces),
        what="all, 2, 0,2 or 0-3",
        instead="editing the layer that is shown",
    )
    benchmark: tuple[str, ...] = listing(
        (), item=r"[^,\x00-\x1f]+", what="names of benchmarks", instead="asking none of them"
    )
    split: str = choice("test", SPLITS, instead="showing test")
    sample: int = whole_number(500, least=0, digits=7, instead="asking 500")
    template: str = text(check=_template)
    chat: bool = flag()
    new_tokens: int = whole_number(OWN_NEW_TOKENS, least=1, digits=4, instead=f"writing {OWN_NEW_TOKENS}")


@dataclass(frozen=True)
class DecomposePart:
    """The slice of the core (`view`), the part whose weights are shown, and how the landscape is drawn.

    `pins` are ranks that stay marked, to compare others with. `absolute` spreads the colours of the landscape over all
    errors from 0 to 1.
    """

    view: str = text("1", check=_printable_ascii)
    part: str = text("Q", check=_printable_ascii)
    pins: tuple[Ranks, ...] = listing(
        (),
        item=r"\d{1,7}-\d{1,7}-\d{1,7}",
        kind=lambda pin: Ranks(*map(int, pin.split("-"))),
        check=_pins,
        write=lambda pin: "-".join(map(str, pin)),
        what=f"at most {MOST_PINS} rank triples such as 16-8-4",
        instead="pinning none",
    )
    absolute: bool = flag()


@dataclass(frozen=True)
class LayersPart:
    """The compression ratio at which layers are compared, and the mode whose spectra are shown."""

    fixed_ratio: float = number(10.0, least=1.0, most=1e6)
    mode: int = choice(1, ("1", "2", "3"), instead="showing mode 1", kind=int)


@dataclass(frozen=True)
class HeadsPart:
    """Whether heads are sorted by their similarity instead of their numbers."""

    alike: bool = flag()


@dataclass(frozen=True)
class ReasoningPart:
    """Whether controls are asked, and the split on whose questions the ranks were chosen; empty for none.

    `scan_ratio` is the ratio in focus in the rank scan; 0 is that of the best point.
    """

    controls: bool = flag(default=True)
    chosen_on: str = choice("", SPLITS, instead="taking none")
    scan_ratio: float = number(0.0, least=0.0, most=1e9)


@dataclass(frozen=True)
class ComparePart:
    """Methods and budgets.

    Empty `methods` means the suggested ones. `budget` is the ratio in focus, `budgets` are the others. `first` and
    `second` are the two methods (or `original`) that are tested against each other; empty means the two best.
    """

    methods: tuple[str, ...] = listing(
        (), names=_methods, what="names of registered methods", instead="comparing those that are suggested"
    )
    budget: float = number(16.0, least=1.0, most=_MOST_BUDGET, above=True)
    budgets: tuple[float, ...] = listing(
        (4.0, 8.0, 16.0),
        kind=float,
        check=_budgets,
        write=budget_text,
        what="ratios above 1 such as 4,8,16",
        instead="asking at 4,8,16",
    )
    first: str = choice("", _subjects, instead="testing the two best instead")
    second: str = choice("", _subjects, instead="testing the two best instead")


@dataclass(frozen=True)
class PapersPart:
    """A cell of the papers' tables.

    `variant` is a case of Table III or a projection of Table IV, empty for the last of its table. `triple` numbers the
    derived rank triples from 1. `cell_layer` is None for the suggested layer.
    """

    table: str = choice("II", PAPER_TABLES, instead="showing II")
    cell: str = choice("gptj-fever", _cells, instead="showing gptj-fever")
    variant: str = choice("", _variants, instead="showing the last of its table")
    triple: int = whole_number(1, least=1, digits=2, instead="taking the first")
    cell_layer: int | None = whole_number(None, least=0, digits=5, instead="taking the suggested one")
