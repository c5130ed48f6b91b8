"""LAPACK's way to the eigenvectors of a symmetric float32 matrix, in calls that let other threads run.

scipy's ready-made functions hold the interpreter's lock: in the seconds that a large matrix takes, no thread of the
process could answer anybody. Here the same routines are called by the addresses that scipy publishes for compiled code
(`scipy.linalg.cython_lapack`), and ctypes releases the lock. The tridiagonal form is made panel by panel, as LAPACK's
own `ssytrd` does, so that whoever waits hears of the progress and can stop it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np
from jaxtyping import Float32

__all__ = ["tridiagonal_eigenvectors", "tridiagonal_form"]

_PANEL = 64
"""How many columns are reduced between two reports."""


def tridiagonal_form(
    lower: Float32[np.ndarray, "side side"], report: Callable[[float], None]
) -> tuple[Float32[np.ndarray, " side"], Float32[np.ndarray, " off"], Float32[np.ndarray, " off"]]:
    """Reduce a symmetric matrix, of which only the lower triangle is read, to a tridiagonal matrix `Q^T A Q`.

    Overwrites the matrix, which lies in memory column by column: below its subdiagonal come the vectors of the
    reflections whose product is Q. Returns the diagonal, the off-diagonal and the scales of the reflections. `report`
    gets the share that is done; what it raises ends the work.
    """
    side = len(lower)
    diagonal, off_diagonal, scales = (np.zeros(side, np.float32) for _ in range(3))
    updates = np.zeros((_PANEL, side), np.float32)
    done = 0
    while side - done > 2 * _PANEL:
        # Reduce a panel of columns.
        rest, corner = side - done - _PANEL, lower[done:, done:]
        _call("slatrd", "L", side - done, _PANEL, corner, side, off_diagonal[done:], scales[done:], updates, side)
        # Apply its reflections to the rows and columns behind it.
        panel, behind = lower[done + _PANEL :, done:], lower[done + _PANEL :, done + _PANEL :]
        _call("ssyr2k", "L", "N", rest, _PANEL, -1.0, panel, side, updates[:, _PANEL:], side, 1.0, behind, side)
        done += _PANEL
        # The work that is left falls with the cube of the side.
        report(1.0 - (1 - done / side) ** 3)
    # The last columns are few: one by one.
    last = lower[done:, done:]
    _call("ssytd2", "L", len(last), last, side, diagonal[done:], off_diagonal[done:], scales[done:], ctypes.c_int())
    diagonal[:done] = lower.diagonal()[:done]
    report(1.0)
    return diagonal, off_diagonal[:-1], scales[:-1]


def tridiagonal_eigenvectors(
    diagonal: Float32[np.ndarray, " side"], off_diagonal: Float32[np.ndarray, " off"]
) -> Float32[np.ndarray, "side side"] | None:
    """The eigenvectors of a tridiagonal matrix, as columns, smallest eigenvalue first; None where LAPACK finds none.

    Overwrites both arguments. Nobody can stop LAPACK's divide and conquer on its way.
    """
    side = len(diagonal)
    vectors = np.zeros((side, side), np.float32, order="F")
    work, indices = np.zeros(1 + 4 * side + side**2, np.float32), np.zeros(3 + 5 * side, np.intc)
    failed = ctypes.c_int()
    _call("sstevd", "V", side, diagonal, off_diagonal, vectors, side, work, len(work), indices, len(indices), failed)
    return None if failed.value else vectors


def _call(name: str, *arguments: str | int | float | np.ndarray | ctypes.c_int) -> None:
    """Call a routine of BLAS or LAPACK; all its arguments are addresses, of an array that of its first entry."""
    prototype = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arguments))
    prototype(_address(name))(*map(_pointer, arguments))


def _pointer(argument: str | int | float | np.ndarray | ctypes.c_int) -> object:
    match argument:
        case str():
            return argument.encode()
        case int():
            return ctypes.byref(ctypes.c_int(argument))
        case float():
            return ctypes.byref(ctypes.c_float(argument))
        case np.ndarray():
            return argument.ctypes.data
        case _:
            return ctypes.byref(argument)


@cache
def _address(name: str) -> int:
    """Where the routine of this name is in memory."""
    # Imported here, because only large layers need it.
    from scipy.linalg import cython_blas, cython_lapack

    routines = cython_lapack.__pyx_capi__ | cython_blas.__pyx_capi__
    name_of = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", ctypes.pythonapi))
    address_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    return int(address_of(routines[name], name_of(routines[name])))
