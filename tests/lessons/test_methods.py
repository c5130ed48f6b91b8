"""The networks of the lessons compute and store what the methods do."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from tensorllm_core.errors import RequestError
from tensorllm_core.figures.network_pattern import Kept, Network, read_networks
from tensorllm_core.lessons.methods import METHOD_LESSONS, method_lesson
from tensorllm_core.linalg.hosvd import hosvd, reconstruct, truncate
from tensorllm_core.methods.registry import METHODS
from tensorllm_core.types import Ranks, TensorShape

SHAPE, RANKS = TensorShape(7, 5, 4, 3), Ranks(4, 3, 2)
SIZES = dict(zip(("d_model", "d_head", "part", "head"), SHAPE, strict=True)) | RANKS._asdict()
TUCKER = ("tensorllm", "tensorllm-refined", "random-subspace")


def networks(name: str) -> tuple[Network, ...]:
    return read_networks(method_lesson(name).network)


def contracted(network: Network, tensors: dict[str, np.ndarray], result: tuple[str, ...]) -> np.ndarray:
    """What the network stands for, its open indices in that order."""
    letters: dict[str, int] = {}
    operands: list = []
    for node in network.nodes:
        operands += [tensors[node.name], [letters.setdefault(index, len(letters)) for index in node.indices]]
    return np.einsum(*operands, [letters[index] for index in result])


@pytest.mark.parametrize("name", sorted(METHOD_LESSONS))
def test_every_lesson_says_something_and_its_network_can_be_read(name):
    lesson = method_lesson(name)
    assert lesson.name == name
    assert all((lesson.title, lesson.takeaway, lesson.shares, lesson.private, lesson.formula))
    assert all(network.legs for network in networks(name))
    # "Shared: ..." and "Private: ..." go on with these.
    assert lesson.shares[0].islower()
    assert lesson.private[0].islower()


@pytest.mark.parametrize("name", METHODS)
def test_every_registered_method_has_a_lesson_with_its_title(name):
    assert method_lesson(name).title == METHODS[name].title


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(RequestError, match=r"`laser`.*got `magic`"):
        method_lesson("magic")


@pytest.mark.parametrize("name", TUCKER)
def test_the_network_of_tensorllm_stores_what_the_compression_ratio_counts(name):
    (network,) = networks(name)
    stored = sum(math.prod(SIZES[index] for index in node.indices) for node in network.nodes)
    assert stored == SHAPE.stored_entries(RANKS)


def test_the_network_of_tensorllm_is_its_reconstruction():
    tucker = truncate(hosvd(torch.randn(*SHAPE, generator=torch.Generator().manual_seed(0))), RANKS)
    tensors = {"G": tucker.core, "U1": tucker.u1, "U2": tucker.u2, "U3": tucker.u3}
    (network,) = networks("tensorllm")
    found = contracted(
        network, {name: tensor.numpy() for name, tensor in tensors.items()}, ("d_model", "d_head", "part", "head")
    )
    np.testing.assert_allclose(found, reconstruct(tucker).numpy(), atol=1e-5)


def test_the_network_of_laser_is_a_truncated_svd():
    matrix = np.random.default_rng(0).standard_normal((6, 5))
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    network = networks("laser-attention")[0]
    found = contracted(network, {"S": s, "U": u, "V": vt.T}, ("d_model", "all_heads"))
    np.testing.assert_allclose(found, matrix)


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


def test_only_single_matrices_share_nothing():
    kept = {name: {node.kept for network in networks(name) for node in network.nodes} for name in METHOD_LESSONS}
    assert [name for name, marks in kept.items() if not marks & {Kept.SHARED, Kept.RANDOM}] == [
        "laser",
        "laser-attention",
    ]
