// The error of each part (Q, K, V, O) of each head (or group) as a table of coloured cells.

import { bands, drawColours, drawNumbers } from "./axes.js"
import { partColour } from "./look.js"

/** Where everything stands: parts down, heads across; lengths in CSS pixels. */
export function cellsPlot(layer, width, height, scale) {
  const box = { left: 34 * scale, right: width - 44 * scale, top: 16 * scale, bottom: height - 32 * scale }
  return {
    width,
    height,
    scale,
    box,
    columns: bands(layer.shape[3], box.left, box.right),
    rows: bands(layer.parts.length, box.top, box.bottom),
  }
}

/** The part and the group under a place; null beside the cells. */
export function cellUnder({ rows, columns }, px, py) {
  const [part, group] = [rows.placeAt(py), columns.placeAt(px)]
  return part < 0 || group < 0 ? null : { part, group }
}

/** What stays while ranks change: names and colours. */
export function drawCellNames(paint, layer, plot, state, { look, errorColour }) {
  const { rows, columns, box, scale } = plot
  drawNumbers(paint, plot, columns, layer.unit, look, state.group)
  const size = Math.min(12 * scale, rows.step)
  layer.parts.forEach((part, row) => {
    const style = { fill: partColour(look, part), size, anchor: "right", weight: 700 }
    paint.text(part, box.left - 6 * scale, rows.at(row), style)
  })
  const marks = [0, 0.25, 0.5, 0.75, 1].map((error) => [error, error.toFixed(2)])
  drawColours(paint, plot, errorColour, marks, "error", look)
}

/** What moves with the ranks: the cells, what is pointed at, and the chosen head. */
export function drawPartCells(paint, layer, plot, state, { look, errorColour }, numbers) {
  const { rows, columns, box, scale } = plot
  const gap = columns.step > 6 ? 1 : 0
  const isWritten = columns.step > 27 * scale && rows.step > 12 * scale
  const size = 10.5 * scale
  numbers.cells.forEach((error, slice) => {
    const [part, group] = [Math.floor(slice / columns.count), slice % columns.count]
    const [x, y] = [columns.at(group), rows.at(part)]
    const share = Math.min(error, 1)
    paint.rect(x - columns.step / 2, y - rows.step / 2, columns.step - gap, rows.step - gap, {
      fill: errorColour(share),
    })
    if (isWritten) paint.text(error.toFixed(2), x, y, { fill: errorColour.inkOn(share), size, anchor: "center" })
  })
  const lit = state.lit
  if (lit?.group !== undefined) {
    const isCell = lit.part !== undefined
    const top = isCell ? rows.at(lit.part) - rows.step / 2 : box.top
    const frame = [
      columns.at(lit.group) - columns.step / 2,
      top,
      columns.step,
      isCell ? rows.step : box.bottom - top,
    ]
    paint.rect(...frame, { stroke: look.ground, lineWidth: 4 })
    paint.rect(...frame, { stroke: look.ink, lineWidth: 1.5 })
  }
  const left = columns.at(state.group) - columns.step / 2
  paint.rect(left, box.top, columns.step, box.bottom - box.top, { stroke: look.modes[1], lineWidth: 2.5 })
}
