// The cores of all heads (or groups) side by side: one slice, or the core of one part, at the present ranks.

import { panelPixels } from "./core_pixels.js"

const MOST_PER_ROW = 16

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

/** The cells; they change with every rank. */
export function drawCores(paint, layer, plot, state, theme) {
  const panels = Array.from({ length: plot.count }, (_, group) => ({
    corner: panelCorner(plot, group),
    group,
    view: state.view,
  }))
  const image = panelPixels(layer, plot, panels, state.used, theme.signedPixels, theme.density)
  paint.image(image, 0, 0, plot.width, plot.height)
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
    if (state.lit && state.lit[0] !== undefined) drawCell(paint, plot, [left, top], state.lit, state.used, look)
  }
}

/** A ring around the cell (a, b) of the panel with that corner, where the ranks hold it. */
export function drawCell(paint, plot, [left, top], [a, b], ranks, look) {
  if (a >= ranks[0] || b >= ranks[1]) return
  const [tall, wide] = [plot.tall / ranks[0], plot.wide / ranks[1]]
  const [x, y] = [left + b * wide, top + a * tall]
  paint.rect(x - 1, y - 1, Math.max(wide, 3) + 2, Math.max(tall, 3) + 2, { stroke: look.ground, lineWidth: 3 })
  paint.rect(x - 1, y - 1, Math.max(wide, 3) + 2, Math.max(tall, 3) + 2, { stroke: look.ink, lineWidth: 1.5 })
}
