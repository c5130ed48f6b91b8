"""What holds for the description of every method, and that the networks of the lessons compute what the methods do."""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from tensorllm_core import methods
from tensorllm_core.figures.network_pattern import Kept, Network, read_networks
from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.methods.description import LayerSizes, MethodDescription, Options
from tensorllm_core.methods.registry import CONTROLS, METHODS, SUGGESTED, make_method
from tensorllm_core.types import Ranks, TensorShape

SIZES = LayerSizes(24, 5, heads=4, groups=2, d_ff=30, feed_forward_matrices=3)
SHAPE, RANKS = TensorShape(7, 5, 4, 3), Ranks(4, 3, 2)
INDEX_SIZES = dict(zip(("d_model", "d_head", "part", "head"), SHAPE, strict=True)) | RANKS._asdict()


def networks(name: str) -> tuple[Network, ...]:
    return read_networks(METHODS[name].lesson.network)


def contracted(network: Network, tensors: dict[str, np.ndarray], axes: tuple[str, ...]) -> np.ndarray:
    """The tensor that the network stands for, its open indices in that order."""
    letters: dict[str, int] = {}
    operands: list = []
    for node in network.nodes:
        operands += [tensors[node.name], [letters.setdefault(index, len(letters)) for index in node.indices]]
    return np.einsum(*operands, [letters[index] for index in axes])


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_is_called_and_does(name):
    method = METHODS[name]
    assert method.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert method.title
    assert method.words.endswith(".")
    assert set(method.takes) <= {field.name for field in fields(Options)}


def test_every_description_in_a_method_file_is_registered_under_a_name_and_a_title_of_its_own():
    files = [
        importlib.import_module(f"{methods.__name__}.{file.name}") for file in pkgutil.iter_modules(methods.__path__)
    ]
    described = {
        id(value): value for file in files for value in vars(file).values() if isinstance(value, MethodDescription)
    }
    assert len(described) == len(METHODS)
    assert len({method.title for method in METHODS.values()}) == len(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_colours_for_both_grounds(name):
    look = METHODS[name].look
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in (look.on_light, look.on_dark))
    assert look.on_light != look.on_dark


@pytest.mark.parametrize("name", METHODS)
def test_every_lesson_says_something_and_its_network_can_be_read(name):
    lesson = METHODS[name].lesson
    assert all((lesson.takeaway, lesson.formula))
    assert all(network.legs for network in networks(name))
    # "Shared: ..." and "Private: ..." go on with these.
    assert lesson.shares[0].islower()
    assert lesson.private[0].islower()


@pytest.mark.parametrize("name", METHODS)
def test_a_lesson_says_that_nothing_is_shared_when_its_network_shares_nothing(name):
    marks = {node.kept for network in networks(name) for node in network.nodes}
    assert METHODS[name].lesson.shares.startswith("nothing") == (not marks & {Kept.SHARED, Kept.RANDOM})


@pytest.mark.parametrize("name", METHODS)
def test_feed_forward_matrices_are_read_for_the_methods_that_replace_some(name):
    counts_them = METHODS[name].replaced_entries(SIZES) != METHODS[name].replaced_entries(replace(SIZES, d_ff=1))
    assert make_method(name).feed_forward_layers((0, 2)) == ((0, 2) if counts_them else ())


@pytest.mark.parametrize("name", METHODS)
def test_more_rank_stores_more_and_rank_one_less_than_the_matrices(name):
    method = METHODS[name]
    stored = [method.stored_entries(SIZES, rank) for rank in (1, 2, 3)]
    assert stored == sorted(set(stored))
    assert 0 < stored[0] < method.replaced_entries(SIZES)


def test_some_methods_are_suggested_with_a_control_among_them_and_none_of_them_is_slow():
    assert set(CONTROLS) & set(SUGGESTED)
    assert len(SUGGESTED) > len(CONTROLS)
    assert not [name for name in SUGGESTED if METHODS[name].is_slow]


@pytest.mark.parametrize("name", ["tensorllm", "tensorllm-refined", "random-subspace"])
def test_the_network_of_tensorllm_stores_what_the_compression_ratio_counts(name):
    (network,) = networks(name)
    stored = sum(math.prod(INDEX_SIZES[index] for index in node.indices) for node in network.nodes)
    assert stored == SHAPE.stored_entries(RANKS)


def test_the_network_of_tensorllm_is_its_reconstruction():
    tucker = truncate(hosvd(torch.randn(*SHAPE, generator=torch.Generator().manual_seed(0))), RANKS)
    tensors = {"G": tucker.core, "U1": tucker.u1, "U2": tucker.u2, "U3": tucker.u3}
    (network,) = networks("tensorllm")
    tensor = contracted(
        network, {name: tensor.numpy() for name, tensor in tensors.items()}, ("d_model", "d_head", "part", "head")
    )
    np.testing.assert_allclose(tensor, reconstruct(tucker).numpy(), atol=1e-5)


def test_the_network_of_laser_is_a_truncated_svd():
    matrix = np.random.default_rng(0).standard_normal((6, 5))
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    network = networks("laser-attention")[0]
    np.testing.assert_allclose(contracted(network, {"S": s, "U": u, "V": vt.T}, ("d_model", "all_heads")), matrix)


def test_the_networks_of_trawl_are_a_sum_of_products_and_a_tucker_decomposition():
    random = np.random.default_rng(0)
    factors = {name: random.standard_normal((size, 2)) for name, size in zip("ABC", (6, 5, 3), strict=True)}
    axes = ("d_ff", "d_model", "matrix")
    terms = sum(
        np.multiply.outer(np.multiply.outer(factors["A"][:, r], factors["B"][:, r]), factors["C"][:, r])
        for r in range(2)
    )
    np.testing.assert_allclose(contracted(networks("trawl")[0], factors, axes), terms)
    # With ones on its diagonal, the core of a Tucker decomposition gives the same sum.
    core = np.zeros((2, 2, 2))
    core[0, 0, 0] = core[1, 1, 1] = 1
    np.testing.assert_allclose(contracted(networks("trawl-tucker")[0], factors | {"G": core}, axes), terms)


@pytest.mark.parametrize(
    ("name", "titles"), [("separate", "Q K V O"), ("laser-attention", "Q K V O"), ("laser", "gate up down")]
)
def test_methods_without_sharing_between_matrices_have_a_network_for_each(name, titles):
    assert [network.title for network in networks(name)] == titles.split()
