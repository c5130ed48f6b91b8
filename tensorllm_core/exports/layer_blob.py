"""A layer as the bytes that the live figures draw it from.

All errors of all ranks are known once a layer is decomposed, so they are sent once. A layer that would need more than
`MOST_BYTES` is sent on coarser grids: the errors at the ranks that the eye can tell apart, and of every cell of the
core its strongest entry.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from einops import rearrange

from tensorllm_core.exports.blob import Arrays, pack
from tensorllm_core.linalg.rank_choice import ParetoFront, rank_limits
from tensorllm_core.linalg.sampling import rank_grid, strongest_entries
from tensorllm_core.linalg.slice_tables import SliceTables, slice_tables
from tensorllm_core.runs.layer_analysis import LayerAnalysis, best_path

__all__ = ["MOST_BYTES", "layer_blob"]

MOST_BYTES = 24 * 2**20
"""Most bytes that a layer is sent in."""
_MOST_ROWS, _MOST_COLUMNS = 256, 128
"""Cells of a slice of the core, where the whole core is too large."""
_MOST_R1, _MOST_R2 = 512, 256
"""Ranks of the table of errors, where the whole table is too large."""
_MOST_SLICES_R1, _MOST_SLICES_R2 = 64, 24
"""The same of the errors by part and by group."""
_SLICES_BYTES = 2 * 2**20
"""Up to which the errors by part and by group are sent for all ranks."""
_MOST_CELLS_BYTES = 6 * 2**20
"""Most bytes of the errors by slice: of more, those at fewer ranks are sent."""


def layer_blob(analysis: LayerAnalysis, identity: str) -> bytes:
    """All that the live figures draw of a layer, in at most `MOST_BYTES`.

    Args:
        identity: names the layer; the live figures draw the layer whose name they are told.
    """
    decomposition, shape = analysis.decomposition, analysis.shape
    arrays: Arrays = {
        "u3": decomposition.u3.double().cpu().numpy(),
        **_spectra(analysis),
        **_front("front", analysis.whole_front),
    }
    for r3 in range(1, analysis.table.table.shape[2] + 1):
        path = best_path(analysis, r3)
        arrays |= {f"path{r3}_r1": path.r1.astype(np.int32), f"path{r3}_r2": path.r2.astype(np.int32)}
    arrays |= _slices(analysis)
    room = MOST_BYTES - sum(array.nbytes + 512 for array in arrays.values())
    arrays |= _table_and_core(analysis, room)
    header = {
        "shape": list(shape),
        "parts": list(analysis.tensor.parts),
        "unit": analysis.unit,
        "limits": list(rank_limits(shape)),
        "known": analysis.table.limits.r1,
        "energy": decomposition.norm**2,
        "suggestion": list(analysis.suggestion),
        "noise": {"edges": list(analysis.noise.edges), "ranks": list(analysis.noise.ranks)},
    }
    return pack(identity, header, arrays)


def _spectra(analysis: LayerAnalysis) -> Arrays:
    """Singular values, and the relative error that each rank alone would leave: the terms of the certificate."""
    arrays = {f"spectrum{mode}": values.numpy() for mode, values in enumerate(analysis.decomposition.spectra, start=1)}
    return arrays | {f"alone{mode}": values for mode, values in enumerate(analysis.table.beyond, start=1)}


def _front(name: str, front: ParetoFront) -> Arrays:
    ranks = np.stack([front.r1, front.r2, front.r3], axis=1).astype(np.int32)
    return {
        f"{name}_ranks": ranks,
        f"{name}_stored": front.stored_entries.astype(np.float64),
        f"{name}_error": front.relative_error,
    }


def _slices(analysis: LayerAnalysis) -> Arrays:
    """The errors of parts, groups and slices: at all ranks, or on a grid on which they are quick to compute."""
    k1, k2, k3 = analysis.table.table.shape
    products, (part, group) = analysis.table.products, analysis.shape[2:]
    r1, r2 = rank_grid(k1, k1), rank_grid(k2, k2)
    if k1 * k2 * k3 * 4 * (part + group) > _SLICES_BYTES:
        rows, spacing = rank_grid(k1, _MOST_SLICES_R1), products.spacing
        r1 = np.unique(np.where((spacing < rows) & (rows < k1), np.maximum(rows // spacing, 1) * spacing, rows))
        r2 = rank_grid(k2, _MOST_SLICES_R2)
    tables = slice_tables(products, r1, r2)
    return {
        "slices_r1": r1.astype(np.int32),
        "slices_r2": r2.astype(np.int32),
        "by_part": tables.by_part,
        "by_group": tables.by_group,
        "slice_energy": tables.energy,
        **_cells(tables),
    }


def _cells(tables: SliceTables) -> Arrays:
    """The errors by slice on the same grid, or on a part of it that is small enough."""
    rows, columns, *slices = tables.by_slice.shape
    while 4 * rows * columns * math.prod(slices) > _MOST_CELLS_BYTES and max(rows, columns) > 3:
        rows, columns = (rows // 2, columns) if rows >= columns else (rows, columns // 2)
    kept = [rank_grid(len(ranks), most) - 1 for ranks, most in ((tables.r1, rows), (tables.r2, columns))]
    return {
        "cells_r1": tables.r1[kept[0]].astype(np.int32),
        "cells_r2": tables.r2[kept[1]].astype(np.int32),
        "by_slice": tables.by_slice[np.ix_(*kept)],
    }


def _table_and_core(analysis: LayerAnalysis, room: int) -> Arrays:
    """The table of errors and the core, as exact as the room allows."""
    table, core = analysis.table.table, analysis.decomposition.core
    (k1, k2, k3), group = table.shape, analysis.shape.group
    if table.nbytes + 4 * core.numel() <= room:
        return _table(table, rank_grid(k1, k1), rank_grid(k2, k2)) | _core(core, rank_grid(k1, k1), rank_grid(k2, k2))
    arrays = _table(table, rank_grid(k1, _MOST_R1), rank_grid(k2, _MOST_R2))
    room -= sum(array.nbytes for array in arrays.values())
    rows, columns = _MOST_ROWS, _MOST_COLUMNS
    while 4 * min(rows, k1) * min(columns, k2) * k3 * group > room:
        rows, columns = (rows // 2, columns) if min(rows, k1) >= min(columns, k2) else (rows, columns // 2)
    return arrays | _core(core, rank_grid(k1, max(rows, 1)), rank_grid(k2, max(columns, 1)))


def _table(table: np.ndarray, r1: np.ndarray, r2: np.ndarray) -> Arrays:
    whole = len(r1) == table.shape[0] and len(r2) == table.shape[1]
    return {
        "table_r1": r1.astype(np.int32),
        "table_r2": r2.astype(np.int32),
        "table": table if whole else table[r1[:, None] - 1, r2[None, :] - 1].astype(np.float32),
    }


def _core(core: torch.Tensor, rows: np.ndarray, columns: np.ndarray) -> Arrays:
    cells = strongest_entries(core, rows, columns)
    return {
        "core_rows": rows.astype(np.int32),
        "core_columns": columns.astype(np.int32),
        "core": rearrange(cells, "r1 r2 r3 group -> r3 group r1 r2").float().cpu().numpy(),
    }
