// The least error of every layer: at the left over all ratios, at the right at the chosen one, on one vertical axis.

import { bands, drawAcross, drawNumbers, drawRatios, drawScale, drawUp } from "./axes.js"
import { d3 } from "./d3.js"
import { faint } from "./look.js"

const NEAR = 12

/** Where everything stands; lengths in CSS pixels. */
export function layerErrorsPlot({ count, ratios }, width, height, scale) {
  const box = { left: 46 * scale, right: width - 46 * scale, top: 14 * scale, bottom: height - 32 * scale }
  const middle = box.left + 0.38 * (box.right - box.left)
  const left = { left: box.left, right: middle - 10 * scale, top: box.top, bottom: box.bottom }
  const right = { ...box, left: middle + 10 * scale }
  return {
    width,
    height,
    scale,
    box,
    left,
    right,
    ratio: d3.scaleLog([ratios[0], Math.max(ratios.at(-1), ratios[0] * 1.1)], [left.left, left.right]),
    columns: bands(count, right.left, right.right),
    error: d3.scaleLinear([0, 1.03], [box.bottom, box.top]),
  }
}

/** What is under a place: a ratio (its stop) in the left panel, a layer (its row) in the right one; else null. */
export function layerErrorUnder({ numbers, ratios }, plot, px) {
  if (px <= plot.left.right + NEAR) {
    const ratio = plot.ratio.invert(Math.min(Math.max(px, plot.left.left), plot.left.right))
    return { ratio }
  }
  const row = numbers.indexOf(plot.columns.placeAt(px))
  return row < 0 ? null : { row }
}

/** What stays while the ratio changes: the axes, and the errors of all layers and of noise over all ratios. */
export function drawLayerCurves(paint, data, plot, { layer }, { look }) {
  const { left, right, scale, error } = plot
  drawScale(paint, plot, error, [0, 0.2, 0.4, 0.6, 0.8, 1], d3.format("~g"), "relative error", look)
  drawNumbers(paint, { ...plot, box: right }, plot.columns, "layer", look, layer)
  const { ratios, numbers, arrays } = data
  drawRatios(paint, { box: left, scale }, plot.ratio, look)
  const curve = (row) => ratios.map((ratio, place) => [plot.ratio(ratio), error(row(place))])
  const errorOf = (row) => (place) => arrays.errors[row * ratios.length + place]
  const draws = arrays.chance.shape[0]
  if (draws) {
    const of = (place) => chanceAt(data, place)
    const band = [...curve((place) => of(place).low), ...curve((place) => of(place).high).reverse()]
    paint.path(band, { fill: faint(look.muted, 0.25) })
    paint.path(
      curve((place) => of(place).mean),
      { stroke: look.muted, lineWidth: 1.5, dash: [6, 4] },
    )
  }
  numbers.forEach((_, row) => paint.path(curve(errorOf(row)), { stroke: look.ink, lineWidth: 1, alpha: 0.3 }))
  const chosen = numbers.indexOf(layer)
  if (chosen >= 0) paint.path(curve(errorOf(chosen)), { stroke: look.modes[1], lineWidth: 2.5 })
}

/** The errors of the draws of noise at a stop: smallest, mean and largest; null without any. */
export function chanceAt({ ratios, arrays: { chance } }, place) {
  const draws = Array.from({ length: chance.shape[0] }, (_, draw) => chance[draw * ratios.length + place])
  if (!draws.length) return null
  return { low: Math.min(...draws), mean: d3.mean(draws), high: Math.max(...draws) }
}

/** What moves with the ratio: the handle, and the error of every layer beside that of noise. */
export function drawLayerErrors(paint, data, plot, state, { look }, numbers) {
  const { left, right, scale, error } = plot
  const x = plot.ratio(data.ratios[state.place])
  const chosen = data.numbers.indexOf(state.layer)
  if (numbers.chance) drawChance(paint, plot, numbers.chance, look)
  const points = data.numbers.map((layer, row) => [plot.columns.at(layer), error(numbers.errors[row])])
  if (chosen >= 0) {
    const level = [[x, points[chosen][1]], points[chosen]]
    paint.path(level, { stroke: look.modes[1], lineWidth: 1, dash: [2, 3] })
  }
  paint.path(points, { stroke: look.muted, lineWidth: 1 })
  const radius = Math.min(4.5 * scale, Math.max(plot.columns.step / 3, 2))
  points.forEach(([px, py], row) => {
    paint.circle(px, py, radius, { fill: look.ink })
    if (row === state.lit?.row) paint.circle(px, py, radius + 3, { stroke: look.ink, lineWidth: 1.5 })
  })
  if (chosen >= 0) paint.circle(...points[chosen], radius + 2.5 * scale, { stroke: look.modes[1], lineWidth: 3 })
  // The handle, in the left panel.
  drawUp(paint, left, x, { stroke: look.ground, lineWidth: 5 })
  drawUp(paint, left, x, { stroke: look.ink, lineWidth: 2 })
  const middle = (left.top + left.bottom) / 2
  const grip = [x - 3.5 * scale, middle - 9 * scale, 7 * scale, 18 * scale]
  paint.rect(...grip, { fill: look.ink, stroke: look.ground, lineWidth: 1.5 })
  if (chosen >= 0) {
    paint.circle(x, points[chosen][1], 5 * scale, { fill: look.modes[1], stroke: look.ground, lineWidth: 1.5 })
  }
  drawUp(paint, right, right.left - 10 * scale, { stroke: look.grid })
}

function drawChance(paint, { right, scale, error }, { low, mean, high }, look) {
  const top = error(high)
  paint.rect(right.left, top, right.right - right.left, Math.max(error(low) - top, 0.5), {
    fill: faint(look.muted, 0.25),
  })
  drawAcross(paint, right, error(mean), { stroke: look.muted, lineWidth: 1.5, dash: [6, 4] })
  const style = { fill: look.muted, size: 10.5 * scale }
  const y = Math.max(error(mean), right.top + 6 * scale)
  paint.text("noise", right.right + 5 * scale, y - 6 * scale, style)
  paint.text(mean.toFixed(2), right.right + 5 * scale, y + 6 * scale, style)
}
