"""Every cell of the papers has a command line that the program takes."""

from __future__ import annotations

import shlex

import pytest

from pages.papers.cell_choice import Choice
from pages.papers.reproduce import command_of
from pages.session.scene_parts import PAPER_TABLES
from tensorllm_core.benchmarks.benchmark import Split
from tensorllm_core.benchmarks.registry import benchmark_named
from tensorllm_core.commands.evaluate import add_evaluate
from tensorllm_core.commands.options import Parser, method_options
from tensorllm_core.experiments.published_tables import ABLATED_MODEL, CELLS, VARIANTS
from tensorllm_core.linalg.rank_choice import check_ranks
from tensorllm_core.methods.matrices import ATTENTION_MATRICES
from tensorllm_core.methods.rank_text import parse_ranks
from tensorllm_core.methods.registry import make_method
from tensorllm_core.models.families import family_of
from tensorllm_core.models.layers import parse_layers
from tensorllm_core.types import Layout, Ranks
from tests.pages.visits import visit

FAMILIES = {"roberta": "roberta", "gptj": "gptj", "llama2": "llama"}
CHOICES = [
    Choice(table, cell, variant, ranks, cell.model.suggested_layer)
    for table in PAPER_TABLES
    for variant in VARIANTS.get(table, ("",))
    for cell in CELLS.values()
    if table != "IV" or cell.model.name == ABLATED_MODEL
    for ranks in cell.derived_ranks
]


def parsed(line: str):
    program, *arguments = shlex.split(line.removeprefix("python -m tensorllm_core "))
    assert program == "evaluate"
    parser = Parser(prog="python -m tensorllm_core", allow_abbrev=False)
    add_evaluate(parser.add_subparsers(required=True).add_parser)
    return parser.parse_args([program, *arguments])


def choice_of(table: str, variant: str, model: str, benchmark: str) -> Choice:
    cell = CELLS[model, benchmark]
    return Choice(table, cell, variant, cell.derived_ranks[0], cell.model.suggested_layer)


def name_of(choice: Choice) -> str:
    cell = choice.cell
    return f"{choice.table}{choice.variant}-{cell.model.name}-{cell.benchmark.name}-{choice.ranks}".replace(" ", "")


@pytest.mark.parametrize("choice", CHOICES, ids=name_of)
def test_the_command_of_every_cell_is_one_that_the_program_takes(choice: Choice) -> None:
    model = choice.cell.model
    options = parsed(command_of(choice).line)
    settings = method_options(options)
    make_method(options.method, settings)
    benchmark_named(options.benchmark)
    assert (options.model, Split.parse(options.split), options.limit) == (model.hub_id, Split.TEST, None)
    assert len(parse_layers(options.layers, model.layers)) == 1
    known = [name for dense in family_of(FAMILIES[model.name]).feed_forward for name in dense.names]
    assert set(settings.matrices) <= {*ATTENTION_MATRICES, *known}
    ranks = parse_ranks(options.ranks)
    modes = {"tensorllm-refined": [3], "hybrid": [3], "separate": [2], "laser": []}[options.method]
    assert [len(group) for group in ranks.groups] == modes
    assert (ranks.fraction is not None) == (options.method in {"laser", "hybrid"})
    for group in ranks.groups:
        r1, r2, *r3 = group
        check_ranks(model.shape._replace(part=4 if r3 else 1), Ranks(r1, r2, *(r3 or [1])))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (("LASER", "", "gptj", "fever"), "--benchmark fever --layers 24 --method laser --matrices in --ranks 0.01"),
        (("III", "1", "roberta", "hotpotqa"), "--layers 2 --method laser --matrices out --ranks 0.4"),
        (("LASER", "", "llama2", "hotpotqa"), "--layers 27 --method laser --matrices gate --ranks 0.2"),
        (("LASER", "", "llama2", "bios"), "--layers 30 --method laser --matrices down --ranks 0.4"),
        (("III", "2", "llama2", "fever"), "--method laser --matrices Q,K,V,O,gate,up,down --ranks 0.2"),
        (("III", "3", "gptj", "bios"), '--layers 18 --method hybrid --layout released-code --ranks "208,13,1;0.01"'),
        (("IV", "Q", "gptj", "fever"), "--layers 21 --method separate --matrices Q --ranks 672,42"),
        (("IV", "all", "gptj", "fever"), "--method tensorllm-refined --layout released-code --ranks 672,42,4"),
        (("II", "", "gptj", "fever"), "--layers 21 --method tensorllm-refined --layout released-code"),
    ],
)
def test_it_names_the_cell_s_method_matrices_layer_and_ranks(cell: tuple[str, str, str, str], expected: str) -> None:
    assert expected in command_of(choice_of(*cell)).line


def test_what_is_ours_and_not_the_papers_is_said() -> None:
    notes = {variant: " ".join(command_of(choice_of("III", variant, "llama2", "fever")).notes) for variant in "123"}
    assert "U_in is `gate`" in notes["1"]
    assert "Layer and ρ are those of LASER's best" in notes["2"]
    assert "ranks are those derived for Table II" in notes["3"]
    assert command_of(choice_of("LASER", "", "gptj", "fever")).notes == ()
    assert (
        method_options(parsed(command_of(choice_of("III", "3", "gptj", "fever")).line)).layout is Layout.RELEASED_CODE
    )


@pytest.mark.parametrize("table", PAPER_TABLES)
def test_the_screen_offers_it_to_copy(table: str) -> None:
    app = visit("papers", table=table)
    assert not app.exception
    (shown,) = app.code
    assert shown.value.startswith("python -m tensorllm_core evaluate --model EleutherAI/gpt-j-6b --benchmark fever")
    assert parsed(shown.value).method == {"III": "hybrid", "LASER": "laser"}.get(table, "tensorllm-refined")
