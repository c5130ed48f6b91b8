// R3 as the third axis of the landscape: the error at your (R1, R2) for every R3, from the top down.

import { errorText } from "./format.js"
import { errorScale } from "./error_scale.js"
import { relativeError } from "./lookup.js"

/** Where an R3 stands. */
export function stripCell(layer, plot, r3) {
  const { box, strip } = plot
  const height = (box.bottom - box.top) / layer.limits[2]
  return { left: strip.left, top: box.top + (r3 - 1) * height, width: strip.width, height }
}

/** The R3 at a height of the third axis. */
export function r3At(layer, plot, py) {
  const share = (py - plot.box.top) / (plot.box.bottom - plot.box.top)
  return Math.min(Math.max(Math.ceil(share * layer.limits[2]), 1), layer.limits[2])
}

/** The cells of the third axis, the chosen one ringed. */
export function drawStrip(paint, layer, plot, state, { look, errorColour }) {
  const { scale, strip, box } = plot
  const size = 10.5 * scale
  const colours = errorScale(layer, state.isAbsolute)
  paint.text("R3", strip.left + strip.width / 2, box.top - 9 * scale, {
    fill: look.modes[2],
    size: 11 * scale,
    weight: 600,
    anchor: "center",
  })
  for (let r3 = 1; r3 <= layer.limits[2]; r3++) {
    const cell = stripCell(layer, plot, r3)
    const { value } = relativeError(layer, [state.used[0], state.used[1], r3])
    const share = colours.shareOf(value)
    paint.rect(cell.left, cell.top, cell.width, cell.height, { fill: errorColour(share), stroke: look.ground })
    if (cell.height < 12 * scale) continue
    const ink = errorColour.inkOn(share)
    const middle = cell.top + cell.height / 2
    paint.text(`${r3}`, cell.left + 5 * scale, middle, { fill: ink, size, weight: 700 })
    if (cell.height > 18 * scale)
      paint.text(errorText(value, 2), cell.left + cell.width - 3 * scale, middle, {
        fill: ink,
        size: 9.5 * scale,
        anchor: "right",
      })
  }
  const own = stripCell(layer, plot, state.used[2])
  paint.rect(own.left - 1, own.top, own.width + 2, own.height, { stroke: look.ground, lineWidth: 5 })
  paint.rect(own.left - 1, own.top, own.width + 2, own.height, { stroke: look.modes[2], lineWidth: 3 })
}
