// What any ranks give, from the arrays that are sent once per layer. Ranks are arrays [R1, R2, R3].
// The rules are those of tensorllm_core/linalg/rank_choice.py and landscape.py; a test holds the two together.

/** The place of the largest grid value that is at most `value`; the grid rises and begins at 1. */
export function placeOnGrid(grid, value) {
  let low = 0
  let high = grid.length - 1
  // Most grids hold every rank.
  const last = Math.min(value, grid.length) - 1
  if (grid[last] === value) return last
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (grid[middle] <= value) low = middle
    else high = middle - 1
  }
  return low
}

export function limitsOf(layer) {
  return layer.limits
}

/** The largest valid rank of a mode (0, 1, 2) beside the other two. */
export function largestRank(layer, ranks, mode) {
  const others = ranks.reduce((product, rank, place) => (place === mode ? product : product * rank), 1)
  return Math.min(layer.limits[mode], others * layer.shape[3])
}

/** The ranks, each moved into the limits of its mode. */
export function withinLimits(layer, ranks) {
  return ranks.map((rank, mode) => Math.min(Math.max(Math.round(rank) || 1, 1), layer.limits[mode]))
}

/** Valid ranks near the given ones: into what is known, then lowered to what the other two allow. */
export function clampRanks(layer, ranks) {
  const inside = withinLimits(layer, ranks)
  inside[0] = Math.min(inside[0], layer.known)
  return inside.map((rank, mode) => Math.min(rank, largestRank(layer, inside, mode)))
}

export function isPossible(layer, ranks) {
  if (ranks[0] > layer.known) return false
  return ranks.every((rank, mode) => rank >= 1 && rank <= largestRank(layer, ranks, mode))
}

/** R1 = r x groups and R2 = r, as in the program of the paper. */
export function tiedRanks(layer, r, r3) {
  return clampRanks(layer, [r * layer.shape[3], r, r3])
}

export function mostTied(layer) {
  const [dModel, dHead, , group] = layer.shape
  return Math.max(1, Math.min(dHead, Math.floor(dModel / group)))
}

export function entriesOf(layer) {
  return layer.shape.reduce((product, side) => product * side, 1)
}

export function storedEntries(layer, [r1, r2, r3]) {
  const [dModel, dHead, part, group] = layer.shape
  return group * r1 * r2 * r3 + dModel * r1 + dHead * r2 + part * r3
}

export function compressionRatio(layer, ranks) {
  return entriesOf(layer) / storedEntries(layer, ranks)
}

/** The relative error of the truncated HOSVD: exact at the ranks of the sent table, between them interpolated. */
export function relativeError(layer, [r1, r2, r3]) {
  const { table, table_r1: grid1, table_r2: grid2 } = layer.arrays
  const n2 = grid2.length
  const k3 = layer.limits[2]
  const i = placeOnGrid(grid1, r1)
  const j = placeOnGrid(grid2, r2)
  const at = (a, b) => table[(a * n2 + b) * k3 + r3 - 1]
  if (grid1[i] === r1 && grid2[j] === r2) return { value: at(i, j), isExact: true }
  const above1 = Math.min(i + 1, grid1.length - 1)
  const above2 = Math.min(j + 1, n2 - 1)
  const share1 = above1 > i ? (r1 - grid1[i]) / (grid1[above1] - grid1[i]) : 0
  const share2 = above2 > j ? (r2 - grid2[j]) / (grid2[above2] - grid2[j]) : 0
  const low = at(i, j) * (1 - share1) + at(above1, j) * share1
  const high = at(i, above2) * (1 - share1) + at(above1, above2) * share1
  return { value: low * (1 - share2) + high * share2, isExact: false }
}

/** The certificate: between which relative errors the best decomposition at these ranks lies. */
export function errorBounds(layer, ranks, error) {
  const alone = ranks.map((rank, mode) => layer.arrays[`alone${mode + 1}`][rank - 1])
  const upper = Math.max(Math.min(1, Math.hypot(...alone)), error)
  return { lower: Math.max(...alone), upper, best: Math.min(upper, error) }
}

/** The errors of the parts and of the groups; `isExact` where the sent grid holds these ranks. */
export function sliceErrors(layer, [r1, r2, r3]) {
  const { by_part: parts, by_group: groups, slices_r1: grid1, slices_r2: grid2 } = layer.arrays
  const i = placeOnGrid(grid1, r1)
  const j = placeOnGrid(grid2, r2)
  const row = (i * grid2.length + j) * layer.limits[2] + r3 - 1
  const slice = (array) => array.subarray(row * array.shape[3], (row + 1) * array.shape[3])
  return { parts: slice(parts), groups: slice(groups), isExact: grid1[i] === r1 && grid2[j] === r2 }
}

/** The ranks with the fewest stored entries whose error is at most the given one. */
export function ranksForError(layer, error) {
  const { front_error: errors } = layer.arrays
  // The errors fall along the front: the first that is small enough stores the least.
  const first = firstWhere(errors.length, (place) => errors[place] <= error)
  return frontRanks(layer, Math.min(first, errors.length - 1))
}

/** The ranks with the smallest error that are at least so many times smaller; (1, 1, 1) where none are. */
export function ranksForRatio(layer, ratio) {
  const { front_stored: stored } = layer.arrays
  const entries = entriesOf(layer)
  const beyond = firstWhere(stored.length, (place) => entries / stored[place] < ratio)
  return frontRanks(layer, Math.max(beyond - 1, 0))
}

function frontRanks(layer, place) {
  return Array.from(layer.arrays.front_ranks.subarray(3 * place, 3 * place + 3))
}

/** The least place from 0 to `count` at which a condition holds that holds from there on. */
function firstWhere(count, condition) {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (condition(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** The Pareto-optimal pairs at one R3: two arrays of ranks. */
export function pathAt(layer, r3) {
  return { r1: layer.arrays[`path${r3}_r1`], r2: layer.arrays[`path${r3}_r2`] }
}

/**
 * The point of the Pareto path at this R3 that is nearest on the logarithmic axes; the ranks themselves without
 * one.
 */
export function nearestOnPath(layer, [r1, r2, r3]) {
  const path = pathAt(layer, r3)
  let best = null
  let least = Infinity
  for (let place = 0; place < path.r1.length; place++) {
    const distance = Math.hypot(Math.log(path.r1[place] / r1), Math.log(path.r2[place] / r2))
    if (distance < least) {
      least = distance
      best = [path.r1[place], path.r2[place], r3]
    }
  }
  return best ?? [r1, r2, r3]
}

/** The R1 at which these R2 and R3 have exactly this ratio; not whole. */
export function r1AtRatio(layer, ratio, r2, r3) {
  const [dModel, dHead, part, group] = layer.shape
  return (entriesOf(layer) / ratio - dHead * r2 - part * r3) / (group * r2 * r3 + dModel)
}

/** The best ranks at this R3 that are at least so many times smaller: the point where the ratio meets the path. */
export function bestAtRatio(layer, ratio, r3) {
  const path = pathAt(layer, r3)
  const count = path.r1.length
  const beyond = firstWhere(count, (place) => compressionRatio(layer, [path.r1[place], path.r2[place], r3]) < ratio)
  if (!count) return null
  const place = Math.max(beyond - 1, 0)
  return [path.r1[place], path.r2[place], r3]
}

/** The largest R1 up to which core and factors store fewer entries than the layer; 0 if there is none. */
export function breakEvenR1(layer, [, r2, r3]) {
  const [dModel, dHead, part, group] = layer.shape
  const saving = Math.floor((entriesOf(layer) - 1 - dHead * r2 - part * r3) / (group * r2 * r3 + dModel))
  return Math.max(0, Math.min(saving, largestRank(layer, [1, r2, r3], 0)))
}
