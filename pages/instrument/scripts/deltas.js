// What each method does to accuracy and loss at the budget in focus: a row for each, the best first.

import { d3 } from "./d3.js"
import { bands, drawUp } from "./axes.js"
import { drawMark } from "./marks.js"

const ACCURACY = 0.66

/** Where everything stands: the same axes for all budgets, so that a row moves only with its numbers. */
export function deltasPlot(data, width, height, scale) {
  const rows = data.at.flatMap(({ ranking }) => ranking)
  const left = 118 * scale
  const top = 12 * scale
  const bottom = height - 34 * scale
  const gap = 50 * scale
  const whole = width - left - 12 * scale - gap
  const end = left + ACCURACY * whole
  const axis = (values, least, range) => {
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
    const room = Math.max(0.08 * (high - low), least)
    return d3.scaleLinear([low - room, high + room], range)
  }
  const accuracies = rows.flatMap(({ accuracy }) => accuracy.map((value) => 100 * value))
  return {
    width,
    height,
    scale,
    box: { left, right: width - 12 * scale, top, bottom },
    end,
    rows: bands(Math.max(...data.at.map(({ ranking }) => ranking.length), 1), top, bottom),
    accuracy: axis(accuracies, 0.25, [left, end]),
    loss: axis(
      rows.flatMap(({ loss }) => loss),
      0.025,
      [end + gap, width - 12 * scale],
    ),
  }
}

/** What stays while the focus moves: the axes. */
export function drawDeltaAxes(paint, _, plot, state, { look }) {
  const { box, scale } = plot
  const size = 10 * scale
  for (const [axis, name, form] of [
    [plot.accuracy, "accuracy, points", d3.format("+~g")],
    [plot.loss, "loss, nats", d3.format("+~g")],
  ]) {
    const [start, end] = axis.range()
    for (const tick of axis.ticks(Math.max((end - start) / (50 * scale), 3))) {
      const style = tick ? { stroke: look.grid } : { stroke: look.ink, lineWidth: 1.5 }
      drawUp(paint, box, axis(tick), style)
      const words = tick ? form(tick) : "0"
      paint.text(words, axis(tick), box.bottom + 9 * scale, { fill: look.muted, size, anchor: "center" })
    }
    const style = { fill: look.ink, size: 11 * scale, anchor: "center" }
    paint.text(name, (start + end) / 2, box.bottom + 24 * scale, style)
  }
}

/** What moves with the focus: the rows, in their order. */
export function drawDeltas(paint, _, plot, state, { look }, { at }) {
  const { scale, rows } = plot
  at.ranking.forEach(({ name, title, accuracy, points, loss }, row) => {
    const { colour, symbol } = state.looks[name]
    const isStrong = name === at.best
    const y = rows.at(row)
    const weight = isStrong || name === state.lit?.name ? 700 : 400
    paint.text(title, plot.box.left - 8 * scale, y, { fill: colour, size: 11 * scale, anchor: "right", weight })
    const shown = accuracy.map((value) => 100 * value)
    drawInterval(paint, plot.accuracy, shown, y, colour, symbol, isStrong, scale, look)
    drawInterval(paint, plot.loss, loss, y, colour, symbol, isStrong, scale, look)
    const style = { fill: colour, size: 11 * scale, weight }
    paint.text(points[0], plot.end + 6 * scale, y, style)
  })
}

function drawInterval(paint, axis, [middle, low, high], y, colour, symbol, isStrong, scale, look) {
  const line = [
    [axis(low), y],
    [axis(high), y],
  ]
  paint.path(line, { stroke: colour, lineWidth: (isStrong ? 2.6 : 1.5) * scale })
  drawMark(paint, symbol, axis(middle), y, (isStrong ? 4.5 : 3.6) * scale, colour, look.ground)
}

/** The row under a place; null beside all. */
export function rowUnder({ rows }, at, py) {
  return at.ranking[rows.placeAt(py)] ?? null
}
