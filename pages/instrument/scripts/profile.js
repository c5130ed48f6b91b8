// Each head (or group) in two bars: its share of the layer's energy and what the ranks keep of it; and its error.

import { bands, drawAcross, drawNumbers, drawScale } from "./axes.js"
import { d3 } from "./d3.js"
import { faint } from "./look.js"
import { energyShares } from "./slices.js"

const WIDE = 0.75

/** Where everything stands; lengths in CSS pixels. */
export function profilePlot(layer, width, height, scale) {
  const box = { left: 50 * scale, right: width - 22 * scale, top: 8 * scale, bottom: height - 32 * scale }
  const middle = (box.top + box.bottom) / 2
  const most = Math.max(...energyShares(layer))
  return {
    width,
    height,
    scale,
    box,
    columns: bands(layer.shape[3], box.left, box.right),
    energy: d3.scaleLinear([0, most * 1.12 || 1], [middle - 5 * scale, box.top]),
    error: d3.scaleLinear([0, 1.02], [box.bottom, middle + 7 * scale]),
  }
}

/** What stays while ranks change: the axes, and the energy of every head. */
export function drawProfile(paint, layer, plot, state, { look }) {
  const { columns, energy, error, box } = plot
  drawNumbers(paint, plot, columns, layer.unit, look, state.group)
  drawScale(paint, plot, energy, energy.ticks(3), d3.format(".0%"), "energy", look)
  drawScale(paint, plot, error, [0, 0.5, 1], d3.format("~g"), "error", look)
  const shares = energyShares(layer)
  shares.forEach((share, group) => drawBar(paint, plot, group, energy, share, { fill: faint(look.muted, 0.3) }))
  drawAcross(paint, box, energy(1 / columns.count), { stroke: look.ink, lineWidth: 1.2, dash: [6, 4], alpha: 0.7 })
}

/** What moves with the ranks: the energy that is kept, the errors, and marks of the chosen head and of pins. */
export function drawLosses(paint, layer, plot, state, { look, errorColour }, numbers) {
  const { columns, energy, error, box, scale } = plot
  numbers.groups.forEach((loss, group) => {
    const kept = energyShares(layer)[group] * Math.max(0, 1 - loss * loss)
    drawBar(paint, plot, group, energy, kept, { fill: look.muted })
    drawBar(paint, plot, group, error, Math.min(loss, 1), { fill: errorColour(0.75) })
  })
  drawAcross(paint, box, error(Math.min(numbers.error, 1)), { stroke: look.ink, lineWidth: 1.2, dash: [6, 4] })
  numbers.pins.forEach(({ groups }, place) => {
    groups.forEach((loss, group) => {
      const half = (columns.step * WIDE) / 2
      const y = error(Math.min(loss, 1))
      const line = [
        [columns.at(group) - half, y],
        [columns.at(group) + half, y],
      ]
      paint.path(line, { stroke: look.ground, lineWidth: 4 })
      paint.path(line, { stroke: look.ink, lineWidth: 1.6, dash: place ? [2, 2] : [] })
    })
    const style = { fill: look.ink, size: 10 * scale, weight: 700 }
    paint.text("AB"[place], box.right + 4 * scale, error(Math.min(groups.at(-1), 1)), style)
  })
  const rim = (group, style) => {
    drawBar(paint, plot, group, energy, energyShares(layer)[group], style)
    drawBar(paint, plot, group, error, Math.min(numbers.groups[group], 1), style)
  }
  if (state.lit?.group !== undefined) rim(state.lit.group, { stroke: look.ink, lineWidth: 1.5 })
  rim(state.group, { stroke: look.modes[1], lineWidth: 2.5 })
}

function drawBar(paint, { columns }, group, axis, value, style) {
  const wide = columns.step * WIDE
  paint.rect(columns.at(group) - wide / 2, axis(value), wide, Math.max(axis(0) - axis(value), 0), style)
}
