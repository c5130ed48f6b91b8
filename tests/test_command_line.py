"""The command line: its JSON contract, its figures against direct reconstruction, and one line for bad input."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorly
import torch
from einops import einsum, rearrange
from safetensors.torch import load_file, save_file
from tensorly.decomposition import partial_tucker

from tensorllm_core.__main__ import main
from tensorllm_core.commands.bench import SIZES
from tensorllm_core.linalg.rank_choice import clamp_ranks, rank_limits
from tensorllm_core.methods.tensorise import tensorise
from tensorllm_core.models import storage
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.models.other_contents import SINGLE_FILE
from tensorllm_core.storage import regular
from tensorllm_core.types import Layout, Ranks, TensorShape
from tests.models.tiny_models import LAYERS, TINY, saved_model
from tests.patience import PATIENCE

LAYER = 1
BUNDLED_MODEL = "demo-decoder"
MODELS = [*TINY, BUNDLED_MODEL]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Models by name: a folder for each tiny one, and a bundled one under its own name."""
    return {name: saved_model(name, tmp_path_factory.mktemp(name)) for name in TINY} | {BUNDLED_MODEL: BUNDLED_MODEL}


@pytest.fixture
def folder(models, tmp_path):
    """A grouped model's folder that a test may spoil."""
    return shutil.copytree(models["llama-grouped-wide"], tmp_path / "model")


@pytest.fixture
def run(capsys):
    """Run a command that must succeed; its JSON object."""

    def call(*arguments: object) -> dict:
        code = main([str(argument) for argument in arguments] + ["--json"])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        assert printed.out.count("\n") == 1
        return json.loads(printed.out)

    return call


@pytest.fixture
def refused(capsys, monkeypatch):
    """Run a command that must be refused; the sentence after `error: `."""

    # However slow the machine, no step lasts so long that it is printed.
    monkeypatch.setattr("tensorllm_core.commands.progress._BETWEEN_LINES", PATIENCE)

    def call(*arguments: object) -> str:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert code == 2
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.count("\n") == 1
        return printed.err.removeprefix("error: ").rstrip("\n")

    return call


def tensor_of(folder: Path | str, layout: Layout = Layout.PAPER) -> torch.Tensor:
    return tensorise(read_attention(open_checkpoint(str(folder)), LAYER), layout).data


def truncated(tensor: torch.Tensor, ranks: tuple[int, int, int]) -> torch.Tensor:
    """The truncated HOSVD in float64, by an SVD of each unfolding; shares nothing with the core's own."""
    exact = tensor.double()
    unfoldings = ("a b c g -> a (b c g)", "a b c g -> b (a c g)", "a b c g -> c (a b g)")
    projectors = []
    for pattern, rank in zip(unfoldings, ranks, strict=True):
        basis = torch.linalg.svd(rearrange(exact, pattern), full_matrices=False).U[:, :rank]
        projectors.append(basis @ basis.T)
    return einsum(exact, *projectors, "a b c g, x a, y b, z c -> x y z g")


def direct_errors(tensor: torch.Tensor, approximation: torch.Tensor) -> tuple[float, list[float], list[float]]:
    """Relative errors of the whole, of each part and of each group."""
    lost = (tensor.double() - approximation).square().sum((0, 1)).numpy()
    energy = tensor.double().square().sum((0, 1)).numpy()
    by_part, by_group = (np.sqrt(lost.sum(axis) / energy.sum(axis)).tolist() for axis in (1, 0))
    return float(np.sqrt(lost.sum() / energy.sum())), by_part, by_group


def random_ranks(shape: TensorShape, seed: int) -> Ranks:
    generator = np.random.default_rng(seed)
    return clamp_ranks(shape, Ranks(*(int(generator.integers(1, limit + 1)) for limit in rank_limits(shape))))


def text(ranks) -> str:
    return ",".join(map(str, ranks))


@pytest.mark.parametrize("seed", range(24))
def test_the_error_is_that_of_a_direct_reconstruction_and_inside_its_certificate(run, models, seed):
    folder = models[MODELS[seed % len(MODELS)]]
    tensor = tensor_of(folder)
    ranks = random_ranks(TensorShape(*tensor.shape), seed)
    result = run("decompose", "--model", folder, "--layer", LAYER, "--ranks", text(ranks))
    whole, by_part, by_group = direct_errors(tensor, truncated(tensor, ranks))
    assert result["ranks"] == list(ranks)
    assert result["relative_error"] == pytest.approx(whole, abs=1e-5)
    assert list(result["relative_error_by_part"].values()) == pytest.approx(by_part, abs=1e-5)
    assert result["relative_error_by_group"] == pytest.approx(by_group, abs=1e-5)
    assert result["error_bounds"]["lower"] <= result["relative_error"] <= result["error_bounds"]["upper"]


@pytest.mark.parametrize("name", MODELS)
def test_full_ranks_lose_nothing(run, models, name):
    full = rank_limits(TensorShape(*tensor_of(models[name]).shape))
    for refine in ([], ["--refine"]):
        result = run("decompose", "--model", models[name], "--layer", LAYER, "--ranks", text(full), *refine)
        slices = [*result["relative_error_by_part"].values(), *result["relative_error_by_group"]]
        assert max(result["relative_error"], *slices) < 1e-5


@pytest.mark.parametrize("seed", range(8))
def test_refinement_is_never_worse_than_hosvd_and_as_good_as_tensorly(run, models, seed):
    folder = models[["llama-grouped-wide", "gpt2", "roberta", BUNDLED_MODEL][seed % 4]]
    tensor = tensor_of(folder)
    ranks = random_ranks(TensorShape(*tensor.shape), 100 + seed)
    plain = run("decompose", "--model", folder, "--layer", LAYER, "--ranks", text(ranks))
    refined = run("decompose", "--model", folder, "--layer", LAYER, "--ranks", text(ranks), "--refine")
    assert refined["relative_error"] <= plain["relative_error"]
    with tensorly.backend_context("pytorch"):
        (core, factors), _ = partial_tucker(
            tensor.double(), rank=list(ranks), modes=[0, 1, 2], n_iter_max=100, tol=1e-8, init="svd"
        )
        theirs = direct_errors(tensor, tensorly.tenalg.multi_mode_dot(core, factors, modes=[0, 1, 2]))[0]
    assert refined["relative_error"] <= theirs + 1e-3
    assert refined["error_bounds"]["lower"] <= refined["relative_error"] <= refined["error_bounds"]["upper"]
    in_all = np.square(tensor.double().norm(dim=(0, 1)).numpy())
    by_part = np.array(list(refined["relative_error_by_part"].values()))
    by_group = np.array(refined["relative_error_by_group"])
    for errors, axis in ((by_part, 1), (by_group, 0)):
        summed = np.sqrt((errors**2 * in_all.sum(axis)).sum() / in_all.sum())
        assert summed == pytest.approx(refined["relative_error"], abs=1e-5)


def test_the_released_codes_layout_is_another_tensor_of_the_same_norm(run, models):
    folder = models["gpt2"]
    tensor = tensor_of(folder, Layout.RELEASED_CODE)
    command = ("decompose", "--model", folder, "--layer", LAYER, "--ranks", "7,5,3")
    result = run(*command, "--layout", "released-code")
    assert result["layout"] == "released-code"
    assert result["relative_error"] == pytest.approx(direct_errors(tensor, truncated(tensor, (7, 5, 3)))[0], abs=1e-5)
    assert result["relative_error"] != pytest.approx(run(*command)["relative_error"], abs=1e-3)


def test_the_json_holds_what_it_promises(run, folder):
    result = run("decompose", "--model", folder, "--layer", LAYER, "--ranks", "8,4,2")
    assert list(result) == [
        "model", "family", "layer", "layout", "shape", "ranks", "relative_error", "relative_error_by_part",
        "relative_error_by_group", "practically_gone", "error_bounds", "compression_ratio", "parameters", "seconds",
    ]  # fmt: skip
    assert result["model"] == str(folder)
    assert result["family"] == "llama"
    assert (result["layer"], result["layout"]) == (LAYER, "paper")
    assert result["shape"] == [32, 12, 10, 2]
    assert list(result["relative_error_by_part"]) == ["Q1", "Q2", "Q3", "Q4", "K", "V", "O1", "O2", "O3", "O4"]
    stored = 2 * 8 * 4 * 2 + 32 * 8 + 12 * 4 + 10 * 2
    assert result["parameters"] == {"original": 32 * 12 * 10 * 2, "compressed": stored}
    assert result["compression_ratio"] == pytest.approx(32 * 12 * 10 * 2 / stored)
    assert list(result["seconds"]) == ["open", "hosvd", "table", "truncate", "refine"]
    assert result["seconds"]["refine"] == 0


def test_the_ratio_follows_the_papers_formula(run, models):
    d, d_v, h, (r1, r2, r3) = 32, 8, 4, (9, 5, 2)
    result = run("decompose", "--model", models["gptj"], "--layer", 0, "--ranks", f"{r1},{r2},{r3}")
    expected = 4 * d * d_v * h / (h * r1 * r2 * r3 + d * r1 + d_v * r2 + 4 * r3)
    assert result["compression_ratio"] == pytest.approx(expected)


def test_ranks_can_be_asked_for_by_error_and_by_compression(run, folder):
    by_error = run("decompose", "--model", folder, "--layer", LAYER, "--max-error", "0.5")
    assert by_error["relative_error"] <= 0.5
    by_ratio = run("decompose", "--model", folder, "--layer", LAYER, "--compression", "4")
    assert by_ratio["compression_ratio"] >= 4
    again = run("decompose", "--model", folder, "--layer", LAYER, "--ranks", text(by_ratio["ranks"]))
    assert again["relative_error"] == by_ratio["relative_error"]


def test_inspect_tells_what_a_checkpoint_holds(run, folder):
    result = run("inspect", "--model", folder)
    sizes = {name: result[name] for name in ("layers", "heads", "groups", "d_model", "d_head")}
    assert sizes == {"layers": LAYERS, "heads": 8, "groups": 2, "d_model": 32, "d_head": 12}
    weights = load_file(folder / SINGLE_FILE)
    assert result["parameters"] == sum(weight.numel() for weight in weights.values())
    assert sum(result["parameters_by_kind"].values()) == result["parameters"]
    assert result["tensors"] == {
        "count": len(weights),
        "dtypes": {"F32": len(weights)},
        "bytes": 4 * result["parameters"],
    }
    assert (result["model"], result["family"]) == (str(folder), "llama")
    assert len(result["revision"]) == 12


def test_bench_measures_both_sides_on_one_tensor(run, monkeypatch):
    monkeypatch.setitem(SIZES, "small", (TensorShape(40, 8, 4, 2), Ranks(6, 3, 2)))
    result = run("bench", "--size", "small", "--device", "cpu")
    assert (result["shape"], result["ranks"], result["device"]) == ([40, 8, 4, 2], [6, 3, 2], "cpu")
    assert result["own"]["refined_error"] <= result["own"]["truncated_error"] + 1e-6
    assert result["hosvd_speed_up"] == result["tensorly"]["seconds"] / result["own"]["hosvd_seconds"]
    assert result["refine_speed_up"] == result["tensorly"]["seconds"] / result["own"]["refine_seconds"]


def test_bench_can_leave_tensorly_out_and_be_read(capsys, monkeypatch):
    monkeypatch.setitem(SIZES, "small", (TensorShape(40, 8, 4, 2), Ranks(6, 3, 2)))
    assert main(["bench", "--size", "small", "--device", "cpu", "--without-tensorly"]) == 0
    printed = capsys.readouterr()
    assert "own hosvd seconds" in printed.out
    assert "tensorly" not in printed.out
    assert printed.err.endswith("100% done\n")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--size", "huge"], "--size to be full or small, got `huge`"),
        (["--device", "tpu"], "got `tpu`"),
        (["--device", "mps"], "`mps`"),
    ],
)
def test_a_bench_that_cannot_be_run_is_refused(refused, options, complaint):
    assert complaint in refused("bench", *options)


def test_without_json_the_same_figures_are_lines_to_read(folder, capsys):
    assert main(["decompose", "--model", str(folder), "--layer", "1", "--ranks", "8,4,2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["parameters", "original", "7,680", "compressed", "452"] for line in lines)
    assert main(["inspect", "--model", str(folder)]) == 0
    assert any(line.split() == ["d", "head", "12"] for line in capsys.readouterr().out.splitlines())


def test_progress_goes_to_standard_error(folder, capsys):
    assert main(["decompose", "--model", str(folder), "--layer", "1", "--ranks", "8,4,2", "--refine", "--json"]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    assert "sweep 1: relative error 0." in printed.err


@pytest.mark.parametrize(
    "ranks",
    ["0,1,1", "-1,1,1", "1,-2,1", "a,b,c", "", "1,2", "1,2,3,4", "1.5,1,1", "1;1;1", "9" * 30 + ",1,1", "nan,1,1"],
)
def test_ranks_that_are_no_ranks_are_refused(refused, folder, ranks):
    sentence = refused("decompose", "--model", folder, "--layer", 1, "--ranks", ranks)
    assert sentence.startswith("Expected three positive whole ranks like `16,8,4`, got `")


@pytest.mark.parametrize("ranks", ["33,4,2", "8,13,2", "8,4,11", "32,1,1", "1,12,1", "1,1,10"])
def test_ranks_that_the_tensor_cannot_have_are_refused(refused, folder, ranks):
    assert refused("decompose", "--model", folder, "--layer", 1, "--ranks", ranks).startswith("Expected")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ([], "one of the arguments --ranks --max-error --compression --suggested is required"),
        (["--ranks"], "--ranks: expected one argument"),
        (["--ranks", "1,1,1", "--compression", "3"], "not allowed with argument --ranks"),
        (["--max-error", "small"], "a number for --max-error, got `small`"),
        (["--max-error", "nan"], "a number for --max-error, got `nan`"),
        (["--max-error", "-0.5"], "largest relative error from 0 to 1, got -0.5"),
        (["--max-error", "7"], "largest relative error from 0 to 1, got 7"),
        (["--compression", "inf"], "a number for --compression, got `inf`"),
        (["--compression", "0"], "compression ratio above 0"),
        (["--compression", "-3"], "compression ratio above 0"),
        (["--compression", "1e9"], "compression ratio above 0 and of at most"),
        (["--ranks", "1,1,1", "--layout", "other"], "the layout to be `paper` or `released-code`, got `other`"),
        (["--ranks", "1,1,1", "--layout", "released-code"], "plain multi-head attention"),
        (["--ranks", "1,1,1", "--device", "tpu"], "got `tpu`"),
        (["--ranks", "1,1,1", "--device", "cuda:99"], "`cuda:99` on this machine"),
        (["--ranks", "1,1,1", "--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_options_that_cannot_be_met_are_refused(refused, folder, options, complaint):
    assert complaint in refused("decompose", "--model", folder, "--layer", 1, *options)


@pytest.mark.parametrize(
    ("layer", "complaint"),
    [
        ("-1", "a layer from 0 to 2, got -1"),
        ("3", "a layer from 0 to 2, got 3"),
        ("first", "a whole number for --layer, got `first`"),
        ("1" * 10, "a whole number of at most 9 digits for --layer, got `1111111111`"),
        ("1.0", "a whole number for --layer, got `1.0`"),
        ("", "a whole number for --layer"),
    ],
)
def test_a_layer_that_is_none_is_refused(refused, folder, layer, complaint):
    assert complaint in refused("decompose", "--model", folder, "--layer", layer, "--ranks", "1,1,1")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "required: command"),
        (["dance"], "invalid choice: 'dance'"),
        (["inspect"], "required: --model"),
        (["decompose", "--ranks", "1,1,1"], "required: --model, --layer"),
        (["inspect", "--model"], "--model: expected one argument"),
    ],
)
def test_a_command_that_is_none_is_refused(refused, arguments, complaint):
    assert complaint in refused(*arguments)


@pytest.mark.parametrize("name", ["no-such-model", "owner/name", "", "two\nlines"])
def test_a_model_that_is_none_is_refused(refused, name):
    assert refused("inspect", "--model", name).startswith("Expected")


def test_a_file_that_may_not_be_read_is_refused(refused, folder, monkeypatch):
    opened = regular.open_regular

    def refuse(path):
        if path.name == SINGLE_FILE:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(storage, "open_regular", refuse)
    assert "Permission denied" in refused("inspect", "--model", folder)


def test_a_layer_of_zeros_has_no_error(run, folder):
    weights = load_file(folder / SINGLE_FILE)
    for name, weight in weights.items():
        if "self_attn" in name:
            weight.zero_()
    save_file(weights, folder / SINGLE_FILE)
    for refine in ([], ["--refine"]):
        result = run("decompose", "--model", folder, "--layer", 1, "--ranks", "2,2,2", *refine)
        assert result["relative_error"] == 0
        assert set(result["relative_error_by_part"].values()) == {0}


def test_stopping_from_the_keyboard_is_no_traceback(folder, capsys, monkeypatch):
    def stop(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "open_regular", stop)
    assert main(["inspect", "--model", str(folder)]) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_the_module_runs_as_a_program(folder):
    def call(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "tensorllm_core", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = call("inspect", "--model", str(folder), "--json")
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["layers"] == LAYERS
    bad = call("decompose", "--model", str(folder), "--layer", "7", "--ranks", "1,1,1")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "error: Expected a layer from 0 to 2, got 7; choose one of them.\n"
