"""Eigenvectors of large matrices, against what defines them and LAPACK's eigenvalues."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch

from tensorllm_core.errors import StoppedError
from tensorllm_core.linalg.eigenvectors import eigenvectors, large_eigenvectors
from tensorllm_core.linalg.lapack import tridiagonal_eigenvectors
from tests.patience import PATIENCE


def gram(side, rank, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(side, rank, generator=generator) * torch.arange(1, rank + 1) ** -0.5
    return rows @ rows.T


@pytest.mark.parametrize(("side", "rank"), [(2, 2), (3, 1), (257, 300), (600, 40), (1100, 1500)])
def test_they_diagonalise_the_matrix_and_are_orthonormal(side, rank):
    matrix = gram(side, rank)
    vectors = large_eigenvectors(matrix)
    values = torch.linalg.eigvalsh(matrix.double())
    scale = float(values[-1])
    torch.testing.assert_close(vectors.T @ vectors, torch.eye(side), atol=1e-5, rtol=0)
    diagonal = vectors.double().T @ matrix.double() @ vectors.double()
    torch.testing.assert_close(diagonal, values.diag(), atol=2e-6 * scale, rtol=0)


def test_only_the_lower_triangle_is_read_and_the_matrix_is_left_as_it_was():
    matrix = gram(300, 300)
    lower = matrix.tril()
    before = lower.clone()
    torch.testing.assert_close(large_eigenvectors(lower), large_eigenvectors(matrix))
    assert lower.equal(before)


def test_a_matrix_that_is_diagonal_already_needs_no_reflection():
    vectors = eigenvectors(torch.diag(torch.arange(1.0, 1200.0)))
    torch.testing.assert_close(vectors.abs(), torch.eye(1199).flip(1))
    assert eigenvectors(torch.zeros(1100, 1100)).isfinite().all()


def test_what_lapack_cannot_solve_goes_the_usual_way(monkeypatch):
    monkeypatch.setattr("tensorllm_core.linalg.eigenvectors.large_eigenvectors", lambda *given: None)
    matrix = gram(1100, 1500)
    vectors = eigenvectors(matrix)
    values = (vectors.T @ matrix @ vectors).diagonal()
    assert (values.diff() <= 1e-3 * values[0]).all()


def test_the_work_on_a_large_matrix_is_reported_often_and_may_be_stopped():
    shares = []
    eigenvectors(gram(1100, 1500), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > 15

    def stop(share):
        raise StoppedError("The work was stopped; start it again.")

    with pytest.raises(StoppedError):
        eigenvectors(gram(1100, 1500), stop)


def test_other_threads_run_while_lapack_works():
    """scipy's own calls of the same routines let no other thread run; beside these, one runs again and again."""
    done, turns = threading.Event(), []

    def count():
        while not done.is_set():
            turns.append(1)
            time.sleep(0)

    def turns_beside_a_call() -> int:
        diagonal, off_diagonal = np.ones(1500, np.float32), np.ones(1499, np.float32)
        before = len(turns)
        tridiagonal_eigenvectors(diagonal, off_diagonal)
        return len(turns) - before

    other = threading.Thread(target=count)
    other.start()
    end = time.monotonic() + PATIENCE
    # Before and after a call the two take turns too, but not so often. A busy machine may leave the other one no time.
    while turns_beside_a_call() < 100 and time.monotonic() < end:
        turns.clear()
    done.set()
    other.join(PATIENCE)
    assert time.monotonic() < end
