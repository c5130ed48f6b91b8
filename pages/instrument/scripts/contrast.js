// The cores of up to three heads (or groups), slice by slice: the one with the smallest error, the one with the
// largest, and the chosen one.

import { drawCell } from "./cores.js"
import { panelPixels } from "./core_pixels.js"

const MOST_SLICES = 4

/** The heads that are shown, each with what it stands for. */
export function contrastRows({ least, most }, group, count) {
  if (least === most) return [{ group, role: count > 1 ? "same" : "only" }]
  const rows = [
    { group: least, role: "least" },
    { group: most, role: "most" },
  ]
  return [least, most].includes(group) ? rows : [...rows, { group, role: "chosen" }]
}

/** Where the panels stand: always room for three rows and four slices, so that nothing moves while ranks change. */
export function contrastPlot(layer, width, height, scale) {
  const columns = Math.min(MOST_SLICES, layer.limits[2])
  const rows = Math.min(3, layer.shape[3])
  const name = 15 * scale
  const gap = 6 * scale
  const top = 15 * scale
  const wide = (width - gap * (columns - 1)) / columns
  const tall = Math.max((height - top) / rows - name - 2, 4)
  return { width, height, scale, columns, rows, wide, tall, name, gap, top }
}

/** The top left corner of the panel of a row and a slice, both counted from 0. */
export function contrastCorner(plot, row, slice) {
  return [slice * (plot.wide + plot.gap), plot.top + row * (plot.tall + plot.name + 2) + plot.name]
}

/** The row, the slice and, counted from 0, the directions a and b under a place; null beside the panels. */
export function contrastUnder(plot, ranks, px, py) {
  for (let row = 0; row < plot.rows; row++) {
    for (let slice = 0; slice < Math.min(plot.columns, ranks[2]); slice++) {
      const [left, top] = contrastCorner(plot, row, slice)
      const [x, y] = [(px - left) / plot.wide, (py - top) / plot.tall]
      if (x >= 0 && x < 1 && y >= 0 && y < 1)
        return { row, slice, a: Math.floor(y * ranks[0]), b: Math.floor(x * ranks[1]) }
    }
  }
  return null
}

/** The cells; they change with every rank. */
export function drawContrast(paint, layer, plot, state, theme, numbers) {
  const slices = Math.min(plot.columns, state.used[2])
  const panels = numbers.rows.flatMap(({ group }, row) =>
    Array.from({ length: slices }, (_, slice) => ({
      corner: contrastCorner(plot, row, slice),
      group,
      view: `${slice + 1}`,
    })),
  )
  const image = panelPixels(layer, plot, panels, state.used, theme.signedPixels, theme.density)
  paint.image(image, 0, 0, plot.width, plot.height)
}

/** Names, rims, and the cell that is pointed at, in every panel. */
export function drawContrastNames(paint, layer, plot, state, { look }, numbers) {
  const { scale } = plot
  const size = 11 * scale
  const slices = Math.min(plot.columns, state.used[2])
  for (let slice = 0; slice < slices; slice++) {
    const x = contrastCorner(plot, 0, slice)[0] + plot.wide / 2
    paint.text(`c = ${slice + 1}`, x, 7 * scale, { fill: look.muted, size: 10.5 * scale, anchor: "center" })
  }
  numbers.rows.forEach(({ group, words }, row) => {
    const isChosen = group === state.group
    const [left, top] = contrastCorner(plot, row, 0)
    paint.text(words, left, top - 8 * scale, {
      fill: isChosen ? look.modes[1] : look.ink,
      size,
      weight: isChosen ? 700 : 600,
    })
    const isLit = state.lit?.group === group
    for (let slice = 0; slice < slices; slice++) {
      const corner = contrastCorner(plot, row, slice)
      paint.rect(...corner, plot.wide, plot.tall, {
        stroke: isLit ? look.ink : look.grid,
        lineWidth: isLit ? 1.5 : 1,
      })
      if (state.lit?.cell) drawCell(paint, plot, corner, state.lit.cell, state.used, look)
    }
  })
}
