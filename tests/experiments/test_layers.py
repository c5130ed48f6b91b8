"""Summaries of layers against LAPACK and plain sums; a survey that stops, goes on, and survives what it meets."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from safetensors.torch import load_file, save_file

from tensorllm_core.errors import StoppedError
from tensorllm_core.experiments.layer_store import LayerStore
from tensorllm_core.experiments.layer_summary import RATIOS, LayerSummary
from tensorllm_core.experiments.layers import NULL_DRAWS, Survey, gaussian_null, is_surveyed, summarise, survey
from tensorllm_core.linalg.hosvd import hosvd, truncate
from tensorllm_core.methods.tensorise import part_names, tensorise
from tensorllm_core.models.bundled_models import bundled_folder
from tensorllm_core.models.checkpoint import open_checkpoint, read_attention
from tensorllm_core.types import AttentionTensor, Layout, TensorShape
from tests.linalg.strategies import direct_error, singular_values, tensors, valid_ranks
from tests.models.tiny_models import saved_model

CPU = torch.device("cpu")


def named(tensor: torch.Tensor) -> AttentionTensor:
    return AttentionTensor(tensor, tuple(f"Q{n}" for n in range(tensor.shape[2])), Layout.PAPER)


def go_on(_share: float, _message: str) -> bool:
    return True


@given(tensors())
def test_spectra_and_stable_ranks_are_those_of_lapacks_svd(tensor):
    summary = summarise(named(tensor))
    norm = float(tensor.double().norm())
    for mode, (values, stable) in enumerate(zip(summary.spectra, summary.stable_ranks, strict=True), start=1):
        assert values.dtype == np.float32
        expected = singular_values(tensor, mode).numpy()
        np.testing.assert_allclose(values * norm, expected, atol=2e-6 * norm)
        if norm:
            assert stable == pytest.approx((expected**2).sum() / expected[0] ** 2, rel=1e-4)


@given(tensors())
def test_part_energies_are_the_squared_norms_of_the_parts(tensor):
    summary = summarise(named(tensor))
    expected = np.array([float(tensor[:, :, part].double().norm()) ** 2 for part in range(tensor.shape[2])])
    assert summary.norm == pytest.approx(float(tensor.double().norm()))
    np.testing.assert_allclose(summary.part_energy * summary.norm**2, expected, rtol=1e-6, atol=1e-12)


@given(tensors(d_model=8, d_head=4, part=4, group=3), some.sampled_from(RATIOS))
def test_the_error_at_a_ratio_is_the_least_of_all_ranks_that_are_that_small(tensor, ratio):
    summary = summarise(named(tensor))
    shape = summary.shape
    decomposition = hosvd(tensor)
    reachable = [ranks for ranks in valid_ranks(shape) if shape.compression_ratio(ranks) >= ratio]
    if not reachable:
        assert math.isnan(summary.error_at(ratio))
        assert summary.ranks_at(ratio) is None
        return
    least = min(direct_error(tensor, truncate(decomposition, ranks)) for ranks in reachable)
    assert summary.error_at(ratio) == pytest.approx(least, abs=3e-6)
    assert summary.ranks_at(ratio) in reachable


def test_the_error_never_falls_with_the_ratio():
    errors = summarise(named(gaussian_null(TensorShape(24, 6, 4, 3), seed=1))).errors
    known = errors[np.isfinite(errors)]
    assert (np.diff(known) >= 0).all()
    assert np.isfinite(errors[: len(known)]).all()


@given(some.integers(0, 50), some.floats(0.1, 100))
def test_the_null_has_the_norm_and_the_same_entries_for_the_same_seed(seed, norm):
    shape = TensorShape(12, 4, 4, 3)
    null = gaussian_null(shape, seed, norm)
    assert null.shape == tuple(shape)
    assert null.dtype is torch.float32
    assert float(null.double().norm()) == pytest.approx(norm, rel=1e-6)
    assert torch.equal(null, gaussian_null(shape, seed, norm))
    assert not torch.equal(null, gaussian_null(shape, seed + 1, norm))


def test_the_null_has_the_spectrum_that_random_matrix_theory_gives_it():
    shape = TensorShape(128, 16, 4, 8)
    values = summarise(named(gaussian_null(shape, seed=0))).spectra[0].astype(float)
    columns = shape.entries // 128
    largest, smallest = (abs(math.sqrt(columns) + sign * math.sqrt(128)) for sign in (1, -1))
    assert values[0] == pytest.approx(largest / math.sqrt(shape.entries), rel=0.03)
    assert values[-1] == pytest.approx(smallest / math.sqrt(shape.entries), rel=0.08)


def test_a_zero_layer_has_zeros_and_no_complaint():
    summary = summarise(named(torch.zeros(6, 4, 4, 2)))
    assert summary.stable_ranks == (0.0, 0.0, 0.0)
    assert summary.norm == 0
    assert float(summary.part_energy.sum()) == 0


def test_query_slices_of_a_group_count_as_q():
    tensor = torch.ones(4, 3, 6, 2)
    summary = summarise(AttentionTensor(tensor, part_names(4, 2), Layout.PAPER))
    expected = {"Q": 2 / 6, "K": 1 / 6, "V": 1 / 6, "O": 2 / 6}
    assert summary.energy_by_projection() == pytest.approx(expected)


@pytest.mark.parametrize("layout", list(Layout))
def test_a_survey_summarises_every_layer_and_draws_the_null(layout):
    checkpoint = open_checkpoint("demo-decoder")
    seen: list[Survey] = []
    surveyed = survey(checkpoint, layout, LayerStore(None), CPU, go_on, seen.append)
    assert sorted(surveyed.layers) == list(range(checkpoint.layers))
    assert len(surveyed.null) == NULL_DRAWS
    assert surveyed.problems == {}
    # One after the other, with chance from the start.
    assert [len(step.layers) for step in seen] == [0, 1, 2, 3, 4, 4, 4]
    assert len(seen[1].null) == 1
    for layer, summary in surveyed.layers.items():
        direct = summarise(tensorise(read_attention(checkpoint, layer), layout))
        np.testing.assert_array_equal(summary.spectra[0], direct.spectra[0])


def test_a_low_rank_model_stands_out_from_the_null_and_its_errors_say_so():
    surveyed = survey(open_checkpoint("demo-decoder"), Layout.PAPER, LayerStore(None), CPU, go_on)
    chance = min(summary.error_at(10.0) for summary in surveyed.null)
    assert chance > 0.9
    for summary in surveyed.layers.values():
        assert summary.error_at(10.0) < 1e-3
        assert summary.stable_ranks[0] < 0.5 * min(draw.stable_ranks[0] for draw in surveyed.null)


def test_what_the_store_has_is_not_computed_again(tmp_path, monkeypatch):
    checkpoint = open_checkpoint("demo-decoder")
    first = survey(checkpoint, Layout.PAPER, LayerStore(tmp_path), CPU, go_on)
    assert is_surveyed(checkpoint, Layout.PAPER, LayerStore(tmp_path))
    assert not is_surveyed(checkpoint, Layout.RELEASED_CODE, LayerStore(tmp_path))

    def refuse(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr("tensorllm_core.experiments.layers.summarise", refuse)
    again = survey(checkpoint, Layout.PAPER, LayerStore(tmp_path), CPU, go_on)
    assert again.layers.keys() == first.layers.keys()
    for layer, summary in again.layers.items():
        np.testing.assert_array_equal(summary.errors, first.layers[layer].errors)
        assert summary.ranks_at(10.0) == first.layers[layer].ranks_at(10.0)


def test_a_survey_that_is_stopped_keeps_its_layers_and_goes_on_from_there():
    checkpoint, store = open_checkpoint("demo-decoder"), LayerStore(None)
    seen: list[Survey] = []
    with pytest.raises(StoppedError):
        survey(checkpoint, Layout.PAPER, store, CPU, lambda share, message: len(seen) < 3, seen.append)
    assert sorted(seen[-1].layers) == [0, 1]
    done: list[str] = []
    survey(checkpoint, Layout.PAPER, store, CPU, lambda share, message: done.append(message) or True)
    # A step that is only looked up reports once.
    assert done.count("layer 0") == 1
    assert done.count("layer 2") > 1


def test_layers_that_share_weights_are_summarised_once_and_shown_each(tmp_path):
    checkpoint = open_checkpoint(str(saved_model("albert", tmp_path)))
    seen: list[Survey] = []
    surveyed = survey(checkpoint, Layout.PAPER, LayerStore(None), CPU, go_on, seen.append)
    assert len(seen) == 1 + NULL_DRAWS
    assert sorted(surveyed.layers) == list(range(checkpoint.layers))


def test_a_layer_with_nan_is_named_and_the_others_go_on(tmp_path):
    for file in bundled_folder("demo-decoder").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    broken = next(name for name in weights if "layers.2.self_attn.q_proj" in name)
    save_file(weights | {broken: torch.full_like(weights[broken], float("nan"))}, tmp_path / "model.safetensors")
    surveyed = survey(open_checkpoint(str(tmp_path)), Layout.PAPER, LayerStore(None), CPU, go_on)
    assert sorted(surveyed.layers) == [0, 1, 3]
    assert list(surveyed.problems) == [2]
    assert "NaN" in surveyed.problems[2]


def test_another_revision_is_another_layer(tmp_path):
    store, folder = LayerStore(tmp_path / "cache"), tmp_path / "model"
    folder.mkdir()
    for file in bundled_folder("demo-decoder").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    first = survey(open_checkpoint(str(folder)), Layout.PAPER, store, CPU, go_on)
    weights = load_file(folder / "model.safetensors")
    save_file({name: 2 * tensor for name, tensor in weights.items()}, folder / "model.safetensors")
    second = survey(open_checkpoint(str(folder)), Layout.PAPER, store, CPU, go_on)
    assert second.layers[0].norm == pytest.approx(2 * first.layers[0].norm)


def test_a_summary_is_small():
    checkpoint = open_checkpoint("demo-decoder")
    summary: LayerSummary = summarise(tensorise(read_attention(checkpoint, 0)))
    arrays = (*summary.spectra, summary.part_energy, summary.errors, summary.ranks)
    assert sum(array.nbytes for array in arrays) < 4096
