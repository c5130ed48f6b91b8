// The cores of all heads (or groups) side by side: one slice, or the core of one part, at the present ranks.

import { placeOnGrid } from "./lookup.js"

const MOST_PER_ROW = 16
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

/** Where the panels stand: as many in a row as make them largest, at most 16. */
export function corePlot(layer, width, height, scale) {
  const count = layer.shape[3]
  const name = 15 * scale
  const gap = 6 * scale
  let best = null
  for (let columns = 1; columns <= Math.min(count, MOST_PER_ROW); columns++) {
    const rows = Math.ceil(count / columns)
    const wide = (width - gap * (columns - 1)) / columns
    const tall = (height - gap * (rows - 1)) / rows - name
    const score = Math.min(wide, 2.2 * tall) * Math.min(tall, 2.2 * wide)
    if (tall > 4 && (!best || score > best.score)) best = { columns, rows, wide, tall, score }
  }
  best ??= { columns: Math.min(count, MOST_PER_ROW), rows: 1, wide: 8, tall: 8 }
  return { ...best, width, height, scale, name, gap, count }
}

/** The top left corner of a group's panel. */
export function panelCorner(plot, group) {
  const row = Math.floor(group / plot.columns)
  const column = group % plot.columns
  return [column * (plot.wide + plot.gap), row * (plot.tall + plot.gap + plot.name) + plot.name]
}

/** The cell under a place: its group and, counted from 0, its directions a and b; null beside the panels. */
export function cellAt(layer, plot, px, py, ranks) {
  for (let group = 0; group < plot.count; group++) {
    const [left, top] = panelCorner(plot, group)
    const [x, y] = [(px - left) / plot.wide, (py - top) / plot.tall]
    if (x >= 0 && x < 1 && y >= 0 && y < 1)
      return { group, a: Math.floor(y * ranks[0]), b: Math.floor(x * ranks[1]) }
    if (x >= 0 && x < 1 && py >= top - plot.name && py < top) return { group }
  }
  return null
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
function cellOf(grid, direction) {
  const place = placeOnGrid(grid, direction)
  return grid[place] >= direction ? place : Math.min(place + 1, grid.length - 1)
}

/** All panels as pixels of the screen. A pixel with several cells shows the strongest of them. */
export function corePixels(layer, plot, state, pixels, density) {
  const image = new ImageData(
    Math.max(1, Math.round(plot.width * density)),
    Math.max(1, Math.round(plot.height * density)),
  )
  const target = new Uint32Array(image.data.buffer)
  const { core_rows: rows, core_columns: columns } = layer.arrays
  const { levels } = coreValues(layer, state.view, state.used[2])
  const tall = Math.max(1, Math.round(plot.tall * density))
  const wide = Math.max(1, Math.round(plot.wide * density))
  const bandsDown = bands(rows, state.used[0], tall)
  const bandsAcross = bands(columns, state.used[1], wide)
  const size = rows.length * columns.length
  const isFine = bandsDown.isFine && bandsAcross.isFine
  for (let group = 0; group < plot.count; group++) {
    const [left, top] = panelCorner(plot, group).map((place) => Math.round(place * density))
    const cells = levels.subarray(group * size, (group + 1) * size)
    const right = Math.min(wide, image.width - left)
    for (let py = 0; py < tall && top + py < image.height; py++) {
      const row = (top + py) * image.width + left
      if (py && bandsDown.first[py] === bandsDown.first[py - 1] && bandsDown.last[py] === bandsDown.last[py - 1]) {
        target.copyWithin(row, row - image.width, row - image.width + right)
      } else if (isFine) {
        const start = bandsDown.first[py] * columns.length
        for (let px = 0; px < right; px++) target[row + px] = pixels[128 + cells[start + bandsAcross.first[px]]]
      } else {
        strongestRow(target, row, right, cells, columns.length, bandsDown, py, bandsAcross, pixels)
      }
    }
  }
  return image
}

function strongestRow(target, row, count, cells, stride, down, py, across, pixels) {
  for (let px = 0; px < count; px++) {
    let best = 0
    let most = -1
    for (let i = down.first[py]; i <= down.last[py]; i++) {
      for (let place = i * stride + across.first[px]; place <= i * stride + across.last[px]; place++) {
        const level = cells[place]
        const magnitude = level < 0 ? -level : level
        if (magnitude > most) {
          most = magnitude
          best = level
        }
      }
    }
    target[row + px] = pixels[128 + best]
  }
}

/** The first and the last cell of a grid that each of `count` pixels shows, of the first `rank` directions. */
function bands(grid, rank, count) {
  const first = new Int32Array(count)
  const last = new Int32Array(count)
  let isFine = true
  for (let place = 0; place < count; place++) {
    first[place] = cellOf(grid, Math.min(Math.floor((place * rank) / count) + 1, rank))
    last[place] = Math.max(
      first[place],
      cellOf(grid, Math.min(Math.max(Math.ceil(((place + 1) * rank) / count), 1), rank)),
    )
    // Between two cells of a coarse picture a pixel belongs to the one in which it begins.
    if (rank <= count) last[place] = first[place]
    if (last[place] > first[place]) isFine = false
  }
  return { first, last, isFine }
}

/** The cells; they change with every rank. */
export function drawCores(paint, layer, plot, state, theme) {
  paint.image(corePixels(layer, plot, state, theme.signedPixels, theme.density), 0, 0, plot.width, plot.height)
}

/** Names, the chosen head and the cell that is pointed at, in every panel. */
export function drawCoreNames(paint, layer, plot, state, { look }) {
  const size = 11 * plot.scale
  for (let group = 0; group < plot.count; group++) {
    const [left, top] = panelCorner(plot, group)
    const isChosen = group === state.group
    const whole = `${layer.unit} ${group}`
    const words = paint.width(whole, size, isChosen ? 700 : 400) <= plot.wide ? whole : `${group}`
    paint.text(words, left + plot.wide / 2, top - 8 * plot.scale, {
      fill: isChosen ? look.ink : look.muted,
      size,
      anchor: "center",
      weight: isChosen ? 700 : 400,
    })
    const rim = isChosen ? { stroke: look.ink, lineWidth: 2 } : { stroke: look.grid, lineWidth: 1 }
    paint.rect(left, top, plot.wide, plot.tall, rim)
    if (state.lit && state.lit[0] !== undefined && state.lit[0] < state.used[0] && state.lit[1] < state.used[1]) {
      const [tall, wide] = [plot.tall / state.used[0], plot.wide / state.used[1]]
      const [x, y] = [left + state.lit[1] * wide, top + state.lit[0] * tall]
      paint.rect(x - 1, y - 1, Math.max(wide, 3) + 2, Math.max(tall, 3) + 2, { stroke: look.ground, lineWidth: 3 })
      paint.rect(x - 1, y - 1, Math.max(wide, 3) + 2, Math.max(tall, 3) + 2, { stroke: look.ink, lineWidth: 1.5 })
    }
  }
}
