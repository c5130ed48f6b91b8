"""How to reproduce a published cell: the link that sets all of Reasoning, and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from pages.papers.cell_choice import Choice
from pages.session.links import scene_parameters
from pages.session.scene import Scene
from pages.session.scene_parts import ChooseBy
from tensorllm_core.types import Layout

__all__ = ["Command", "command_of", "reproducing"]

_PROGRAM = "python -m tensorllm_core evaluate"
_FEED_FORWARD = {"llama2": {"U_in": "gate", "U_out": "down"}}
"""This app's names for LASER's two matrices, where a model has others than `in` and `out`."""
_PLAIN = {"U_in": "in", "U_out": "out"}
_BETWEEN = {"llama2": ("up",)}
"""Feed-forward matrices of a model that are neither of LASER's two."""
_LIKE_LASER = "Layer and ρ are those of LASER's best result: for this case none are published."
_DERIVED = "The ranks are those derived for Table II: for this case none are published."
_FROM_RATIO = "The ranks are derived from the published compression ratio."
_LAYER = "The layer is only a place to start: the papers name none."
_GATE = "LASER's program calls `gate_proj` fc_in and `down_proj` fc_out. So U_in is `gate` here, and U_out is `down`."


@dataclass(frozen=True)
class Command:
    """A line for the shell, with a sentence for each choice in it that is ours and not the papers'."""

    line: str
    notes: tuple[str, ...] = ()


def reproducing(choice: Choice, scene: Scene, sample: int) -> dict[str, str]:
    """Parameters of the Reasoning screen for a cell of TensorLLM alone, with `sample` test questions (0 for all).

    Ranks are tied, cut and refined as in the authors' program.
    """
    reasoning = Scene().with_fields(
        model=choice.cell.model.hub_id,
        layer=choice.layer,
        layout=Layout.RELEASED_CODE,
        by=ChooseBy.RANKS,
        tied=True,
        refine=True,
        benchmark=(choice.cell.benchmark.name,),
        split="test",
        sample=sample,
        controls=False,
        present=scene.present,
        device=scene.device,
        dtype=scene.dtype,
    )
    return scene_parameters(reasoning.at(choice.ranks))


def command_of(choice: Choice) -> Command:
    """The command that measures the cell on all test questions. Its notes name what the papers leave open."""
    laser, (r1, r2, r3) = choice.cell.laser, choice.ranks
    tied, rho = f"{r1},{r2},{r3}", f"{laser.rho:g}"
    if choice.is_tensorllm:
        method = f"tensorllm-refined --layout {Layout.RELEASED_CODE}"
        return _evaluate(choice, choice.layer, method, tied, [_FROM_RATIO, _LAYER])
    match choice.table, choice.variant:
        case ("LASER", _) | ("III", "1"):
            matrix = _named(choice)[laser.matrix]
            return _evaluate(choice, laser.layer, f"laser --matrices {matrix}", rho, _mapped(choice))
        case ("III", "2"):
            names = ",".join(["Q", "K", "V", "O", *_all_feed_forward(choice)])
            return _evaluate(choice, laser.layer, f"laser --matrices {names}", rho, [_LIKE_LASER])
        case ("III", _):
            method = f"hybrid --layout {Layout.RELEASED_CODE}"
            return _evaluate(choice, laser.layer, method, f'"{tied};{rho}"', [_LIKE_LASER, _DERIVED])
        case (_, part):
            cut = "Heads are cut as in the paper's equations; the authors' program cuts them in another way."
            return _evaluate(choice, choice.layer, f"separate --matrices {part}", f"{r1},{r2}", [_DERIVED, _LAYER, cut])


def _evaluate(choice: Choice, layer: int, method: str, ranks: str, notes: list[str]) -> Command:
    model, benchmark = choice.cell.model.hub_id, choice.cell.benchmark.name
    line = f"{_PROGRAM} --model {model} --benchmark {benchmark} --layers {layer} --method {method} --ranks {ranks}"
    return Command(line, tuple(notes))


def _named(choice: Choice) -> dict[str, str]:
    return _FEED_FORWARD.get(choice.cell.model.name, _PLAIN)


def _mapped(choice: Choice) -> list[str]:
    return [_GATE] if choice.cell.model.name in _FEED_FORWARD else []


def _all_feed_forward(choice: Choice) -> list[str]:
    first, last = _named(choice).values()
    return [first, *_BETWEEN.get(choice.cell.model.name, ()), last]
