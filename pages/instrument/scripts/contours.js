// Lines of equal error in the landscape, kept for each R3 so that scrubbing does not compute them again.

import { d3 } from "./d3.js"
import { isPossible, relativeError } from "./lookup.js"

const [COLUMNS, ROWS] = [72, 40]
const ABOUT = 6
const store = new WeakMap()

/** For each level its name, its lines as points of the plot, and where the name stands. */
export function contourLines(layer, plot, r3, colours) {
  const kept = store.get(layer) ?? store.set(layer, new Map()).get(layer)
  const key = `${r3} ${plot.width} ${plot.height} ${plot.scale} ${colours.ends}`
  if (!kept.has(key)) {
    if (kept.size > 64) kept.clear()
    kept.set(key, computeLines(layer, plot, r3, colours))
  }
  return kept.get(key)
}

function computeLines(layer, plot, r3, colours) {
  const { box } = plot
  const width = (box.right - box.left) / COLUMNS
  const height = (box.bottom - box.top) / ROWS
  const ranks = (column, row) => [
    inside(plot.x.invert(box.left + (column + 0.5) * width), layer.limits[0]),
    inside(plot.y.invert(box.top + (row + 0.5) * height), layer.limits[1]),
    r3,
  ]
  const values = new Float64Array(COLUMNS * ROWS)
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      values[row * COLUMNS + column] = smoothError(layer, ranks(column, row))
    }
  }
  const levels = levelsOf(colours)
  const contours = d3.contours().size([COLUMNS, ROWS])
  return levels.map((level) => {
    const lines = []
    for (const ring of contours.contour(values, level).coordinates.flat()) {
      let line = []
      for (const [column, row] of ring) {
        // Pieces along the rim of the grid, and those among impossible ranks, are no lines of equal error.
        const isRim = column < 0.6 || row < 0.6 || column > COLUMNS - 0.6 || row > ROWS - 0.6
        const isOutside = isRim || !isPossible(layer, ranks(column - 0.5, row - 0.5).map(Math.round))
        if (!isOutside) line.push([box.left + column * width, box.top + row * height])
        if (isOutside || line.length > 400) {
          if (line.length > 1) lines.push(line)
          line = []
        }
      }
      if (line.length > 1) lines.push(line)
    }
    const longest = lines.reduce((best, line) => (line.length > best.length ? line : best), [])
    return {
      level: d3.format("~r")(level),
      lines,
      label: longest.length > 12 ? longest[Math.floor(longest.length * 0.72)] : null,
    }
  })
}

/** Round errors at about even distances on the colour scale, each once. */
function levelsOf(colours) {
  const levels = []
  for (let place = 1; place <= ABOUT; place++) {
    const step = colours.errorAt((place + 0.5) / (ABOUT + 1)) - colours.errorAt((place - 0.5) / (ABOUT + 1))
    const unit = 10 ** Math.floor(Math.log10(Math.max(step, 1e-4)))
    levels.push(Math.round(colours.errorAt(place / (ABOUT + 1)) / unit) * unit)
  }
  return [...new Set(levels.map((level) => Number(level.toFixed(4))))].filter((level) => level > 0 && level < 1)
}

function inside(value, limit) {
  return Math.min(Math.max(value, 1), limit)
}

/** The error between whole ranks, so that lines are smooth where cells are wide. */
function smoothError(layer, [r1, r2, r3]) {
  const [low1, low2] = [Math.floor(r1), Math.floor(r2)]
  const [high1, high2] = [Math.min(low1 + 1, layer.limits[0]), Math.min(low2 + 1, layer.limits[1])]
  const at = (a, b) => relativeError(layer, [a, b, r3]).value
  const [share1, share2] = [r1 - low1, r2 - low2]
  const low = at(low1, low2) * (1 - share1) + at(high1, low2) * share1
  const high = at(low1, high2) * (1 - share1) + at(high1, high2) * share1
  return low * (1 - share2) + high * share2
}
