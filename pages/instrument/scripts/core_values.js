// The entries of the cores: of one slice, or of the core of one part, for all heads (or groups).

import { placeOnGrid } from "./lookup.js"

const LEVELS = 127
const views = new WeakMap()

/** The names of what can be shown: slices of the core by their number, and the parts. */
export function viewsOf(layer, ranks) {
  return [...Array.from({ length: ranks[2] }, (_, c) => `${c + 1}`), ...layer.parts]
}

/** The values of a view for all ranks of modes 1 and 2: `group x row x column`, with the largest magnitude. */
export function coreValues(layer, view, r3) {
  const slice = Number(view) - 1
  const key = Number.isInteger(slice) ? `${slice}` : `${view} ${r3}`
  const kept = views.get(layer) ?? views.set(layer, new Map()).get(layer)
  if (!kept.has(key)) {
    // Each part has one entry for each R3: a few of them are kept, so that scrubbing back is quick.
    if (kept.size > 24) kept.clear()
    const values = Number.isInteger(slice)
      ? sliceOfCore(layer, slice)
      : partOfCore(layer, layer.parts.indexOf(view), r3)
    kept.set(key, { values, levels: levelsOf(values, largestMagnitude(layer)) })
  }
  return kept.get(key)
}

function sliceOfCore(layer, slice) {
  const { core } = layer.arrays
  const size = core.length / core.shape[0]
  return core.subarray(slice * size, (slice + 1) * size)
}

/** The core seen from a part: its slices, weighted by the part's row of U3. */
function partOfCore(layer, part, r3) {
  const { core, u3 } = layer.arrays
  const size = core.length / core.shape[0]
  const values = new Float32Array(size)
  for (let c = 0; c < r3; c++) {
    const weight = u3[part * u3.shape[1] + c]
    const slice = core.subarray(c * size, (c + 1) * size)
    for (let place = 0; place < size; place++) values[place] += weight * slice[place]
  }
  return values
}

const largest = new WeakMap()

/** The largest magnitude in the whole core: where the colours end, whatever the ranks and the view. */
export function largestMagnitude(layer) {
  const { core } = layer.arrays
  if (!largest.has(core)) {
    let most = 0
    for (let place = 0; place < core.length; place++) most = Math.max(most, Math.abs(core[place]))
    largest.set(core, most || 1)
  }
  return largest.get(core)
}

/** Values as places of the colour scale, from -127 to 127: the signed root, so that small entries are seen too. */
function levelsOf(values, most) {
  const levels = new Int8Array(values.length)
  for (let place = 0; place < values.length; place++) {
    const value = values[place]
    const level = Math.min(Math.sqrt(Math.abs(value) / most), 1) * LEVELS
    levels[place] = value < 0 ? -level : level
  }
  return levels
}

/** The value that is shown for a cell, and the band of directions of which it is the strongest. */
export function cellValue(layer, view, ranks, { group, a, b }) {
  const { core_rows: rows, core_columns: columns } = layer.arrays
  const [i, j] = [cellOf(rows, a + 1), cellOf(columns, b + 1)]
  const { values } = coreValues(layer, view, ranks[2])
  const value = values[(group * rows.length + i) * columns.length + j]
  return { value, rows: [i ? rows[i - 1] + 1 : 1, rows[i]], columns: [j ? columns[j - 1] + 1 : 1, columns[j]] }
}

/** The cell of a grid that holds a direction; the grid names the last direction of each cell. */
export function cellOf(grid, direction) {
  const place = placeOnGrid(grid, direction)
  return grid[place] >= direction ? place : Math.min(place + 1, grid.length - 1)
}
