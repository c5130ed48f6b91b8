// Accuracy of every method against what it stores: a line for each, the budget in focus, a pinned result in grey.

import { drawAcross, drawScale, drawUp } from "./axes.js"
import { d3 } from "./d3.js"
import { shortCount } from "./format.js"
import { faint } from "./look.js"
import { dashOf, drawMark, keptApart } from "./marks.js"

const APART = 0.006
const ROOM = 0.06

/** Where everything stands; lengths in CSS pixels. */
export function curvesPlot(data, width, height, scale) {
  const box = { left: 50 * scale, right: width - 128 * scale, top: 18 * scale, bottom: height - 46 * scale }
  const shares = data.budgets.map(([ratio]) => Math.log10(1 / ratio))
  const [least, most] = [Math.min(...shares), Math.max(...shares)]
  const room = Math.max((most - least) * ROOM, 0.05)
  const points = [...data.curves.flatMap((curve) => curve.points), data.baseline]
  const [low, high] = [
    Math.min(...points.map((point) => point.low)),
    Math.max(...points.map((point) => point.high)),
  ]
  const air = Math.max(0.04 * (high - low), 0.01)
  return {
    width,
    height,
    scale,
    box,
    /** Much is stored at the left, little at the right; `x` of the share's logarithm. */
    x: d3.scaleLinear([most + room, least - room], [box.left, box.right]),
    y: d3.scaleLinear([Math.max(low - air, -0.02), Math.min(high + air, 1.02)], [box.bottom, box.top]),
  }
}

/** The ratio at a place of the horizontal axis. */
export function ratioAt(plot, px) {
  return 10 ** -plot.x.invert(Math.min(Math.max(px, plot.box.left), plot.box.right))
}

/** Where the points of a method stand; those of one budget slightly apart. */
export function pointsOf(data, plot, number) {
  const shift = APART * (number - (data.curves.length - 1) / 2)
  const sorted = [...data.curves[number].points].sort((one, other) => other.share - one.share)
  return sorted.map((point) => ({
    ...point,
    px: plot.x(Math.log10(point.share) - shift),
    py: plot.y(point.accuracy),
  }))
}

/** What stays while the focus moves: axes, the unedited model, a pinned result. */
export function drawCurveAxes(paint, data, plot, { pinned }, { look }) {
  const { box, scale, x, y } = plot
  const size = 10 * scale
  const style = { fill: look.muted, size, anchor: "center" }
  drawScale(paint, plot, y, y.ticks(5), d3.format(".0%"), "accuracy", look)
  for (const [ratio, stored] of data.budgets) {
    const px = x(Math.log10(1 / ratio))
    paint.text(shortCount(stored), px, box.bottom + 9 * scale, style)
    paint.text(`${Number(ratio.toPrecision(3))}x`, px, box.bottom + 21 * scale, style)
  }
  const name = "entries stored in the edited layers, and budget"
  const middle = (box.left + box.right) / 2
  paint.text(name, middle, box.bottom + 36 * scale, { fill: look.ink, size: 11 * scale, anchor: "center" })
  const { baseline } = data
  const top = y(baseline.high)
  paint.rect(box.left, top, box.right - box.left, y(baseline.low) - top, { fill: faint(look.ink, 0.08) })
  drawAcross(paint, box, y(baseline.accuracy), { stroke: look.ink, lineWidth: 1.4, dash: [6, 4] })
  if (!pinned) return
  paint.clip(box.left, box.top, box.right - box.left, box.bottom - box.top, () => {
    drawAcross(paint, box, y(pinned.accuracy), { stroke: look.muted, lineWidth: 1.2, alpha: 0.6 })
    for (const { points, symbol } of pinned.curves) {
      const line = [...points].sort((one, other) => other.share - one.share)
      const places = line.map((point) => [x(Math.log10(point.share)), y(point.accuracy)])
      paint.path(places, { stroke: look.muted, lineWidth: 2.2 * scale, alpha: 0.45 })
      for (const place of places)
        drawMark(paint, symbol, ...place, 3.5 * scale, faint(look.muted, 0.5), look.ground)
    }
  })
}

/** What moves with the focus: the mark, the lines (the best method in front), their names. */
export function drawCurves(paint, data, plot, state, { look }, { ratio, at }) {
  const { box, scale, x, y } = plot
  const focus = x(Math.log10(1 / ratio))
  drawUp(paint, box, focus, { stroke: look.muted, lineWidth: 1.4, dash: [4, 3] })
  paint.text("in focus", focus, box.top - 9 * scale, { fill: look.muted, size: 10.5 * scale, anchor: "center" })
  const grip = [focus - 3.5 * scale, box.top, 7 * scale, 16 * scale]
  paint.rect(...grip, { fill: look.muted, stroke: look.ground, lineWidth: 1.5 })
  const drawn = data.curves
    .map((curve, number) => ({ ...curve, number, look: state.looks[curve.name] }))
    .filter(({ points }) => points.length)
    .sort((one, other) => (one.name === at.best) - (other.name === at.best))
  for (const curve of drawn) {
    const isBest = curve.name === at.best || curve.name === state.lit?.name
    const width = (isBest ? 3 : 1.6) * scale
    const { colour, dash, symbol } = curve.look
    const points = pointsOf(data, plot, curve.number)
    for (const { px, low, high } of points)
      paint.path(
        [
          [px, y(low)],
          [px, y(high)],
        ],
        { stroke: faint(colour, 0.55), lineWidth: 1.2 * scale },
      )
    paint.path(
      points.map(({ px, py }) => [px, py]),
      { stroke: colour, lineWidth: width, dash: dashOf(dash) },
    )
    for (const { px, py } of points)
      drawMark(paint, symbol, px, py, (isBest ? 4.2 : 3.4) * scale, colour, look.ground)
  }
  drawNames(paint, data, plot, drawn, at, look)
}

/** The names of the lines at their ends, kept apart. */
function drawNames(paint, data, plot, drawn, at, look) {
  const { box, scale, y } = plot
  const names = [
    { title: "original", accuracy: data.baseline.accuracy, colour: look.ink },
    ...drawn.map(({ name, title, number, look: own }) => ({
      title,
      accuracy: pointsOf(data, plot, number).at(-1).accuracy,
      colour: own.colour,
      weight: name === at.best ? 700 : 400,
    })),
  ]
  const places = keptApart(
    names.map(({ accuracy }) => y(accuracy)),
    13 * scale,
  )
  names.forEach(({ title, colour, weight }, number) => {
    const size = 11 * scale
    paint.text(title, box.right + 8 * scale, places[number], { fill: colour, size, weight })
  })
}

/** The point that is nearest to a place, if it is near: the number of its curve, and the point. */
export function pointUnder(data, plot, px, py) {
  let best = null
  let least = 12 * plot.scale
  data.curves.forEach((curve, number) => {
    for (const point of pointsOf(data, plot, number)) {
      const distance = Math.hypot(point.px - px, point.py - py)
      if (distance < least) [least, best] = [distance, { curve, point }]
    }
  })
  return best
}
