// What any ranks give for each part of each head (or group): errors, and shares of the energy.
// The rules are those of tensorllm_core/linalg/slices.py and pages/heads/similarity.py.

import { placeOnGrid } from "./lookup.js"

/**
 * The relative error of each slice at these ranks, `part x group`: exact at the ranks of the sent table, between them
 * interpolated.
 */
export function cellErrors(layer, ranks) {
  const { by_slice: table, cells_r1: grid1, cells_r2: grid2 } = layer.arrays
  const size = layer.parts.length * layer.shape[3]
  const errors = new Float32Array(size)
  const [down, across] = [between(grid1, ranks[0]), between(grid2, ranks[1])]
  for (const [i, weight1] of down) {
    for (const [j, weight2] of across) {
      const start = ((i * grid2.length + j) * layer.limits[2] + ranks[2] - 1) * size
      const weight = weight1 * weight2
      for (let slice = 0; slice < size; slice++) errors[slice] += weight * table[start + slice]
    }
  }
  return { errors, isExact: down.length === 1 && across.length === 1 }
}

/** The places of a grid around a rank, with their weights; one place where the grid has the rank. */
function between(grid, rank) {
  const low = placeOnGrid(grid, rank)
  if (grid[low] === rank || low === grid.length - 1) return [[low, 1]]
  const share = (rank - grid[low]) / (grid[low + 1] - grid[low])
  return [
    [low, 1 - share],
    [low + 1, share],
  ]
}

const shares = new WeakMap()

/** The share of each group in the energy of the layer. */
export function energyShares(layer) {
  if (!shares.has(layer)) {
    const { slice_energy: energy } = layer.arrays
    const groups = layer.shape[3]
    const sums = new Float64Array(groups)
    energy.forEach((value, slice) => (sums[slice % groups] += value))
    const whole = sums.reduce((sum, value) => sum + value, 0)
    shares.set(
      layer,
      sums.map((value) => value / Math.max(whole, Number.MIN_VALUE)),
    )
  }
  return shares.get(layer)
}

/** The places of the smallest and of the largest number; of equal ones the first. */
export function extremes(values) {
  let [least, most] = [0, 0]
  values.forEach((value, place) => {
    if (value < values[least]) least = place
    if (value > values[most]) most = place
  })
  return { least, most }
}
