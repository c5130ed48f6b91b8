// Accuracy and loss over compression ratios, in two panels on one logarithmic axis.

import { drawAcross, drawRatios, drawScale, drawUp } from "./axes.js"
import { d3 } from "./d3.js"
import { faint } from "./look.js"
import { drawMark } from "./marks.js"

const LOSS = 0.3
const BETWEEN = 0.09

/** Where everything stands; lengths in CSS pixels. */
export function scanPlot({ ratios, points, baseline }, width, height, scale) {
  const box = { left: 56 * scale, right: width - 62 * scale, top: 18 * scale, bottom: height - 34 * scale }
  const whole = box.bottom - box.top
  const panel = (values, top, bottom) => {
    const [low, high] = [Math.min(...values), Math.max(...values)]
    const room = Math.max(0.08 * (high - low), 0.01)
    return d3.scaleLinear([low - room, high + room], [bottom, top])
  }
  const measured = [...points, baseline]
  const shares = measured.flatMap(({ low, high }) => [low, high])
  const losses = measured.map(({ loss }) => loss)
  return {
    width,
    height,
    scale,
    box,
    ratio: d3.scaleLog([0.95, 1.1 * Math.max(ratios.at(-1), 10)], [box.left, box.right]),
    accuracy: panel(shares, box.top, box.bottom - (LOSS + BETWEEN) * whole),
    loss: panel(losses, box.bottom - LOSS * whole, box.bottom),
  }
}

/** What stays while the focus moves: axes, all points, the unedited model, and the edit that is set now. */
export function drawScanCurves(paint, data, plot, { now }, { look }) {
  const { box, scale, accuracy, loss, ratio } = plot
  drawScale(paint, plot, accuracy, accuracy.ticks(6), d3.format(".0%"), "accuracy", look)
  drawScale(paint, plot, loss, loss.ticks(3), d3.format("~g"), "loss, nats", look)
  drawRatios(paint, plot, ratio, look)
  drawUnedited(paint, data.baseline, plot, look)
  const x = ratio(Math.max(now, ratio.domain()[0]))
  drawUp(paint, box, x, { stroke: look.muted, lineWidth: 1, dash: [2, 3] })
  paint.text("set now", x, box.top - 9 * scale, { fill: look.muted, size: 10 * scale, anchor: "center" })
  const colour = look.modes[1]
  const places = data.ratios.map((each) => ratio(each))
  for (const [axis, values] of [
    [accuracy, data.points.map((point) => point.accuracy)],
    [loss, data.points.map((point) => point.loss)],
  ]) {
    const line = values.map((value, place) => [places[place], axis(value)])
    paint.path(line, { stroke: faint(colour, 0.6), lineWidth: 2 * scale })
    data.points.forEach(({ gone, low, high }, place) => {
      const [px, py] = line[place]
      if (axis === accuracy)
        drawUp(paint, { top: axis(high), bottom: axis(low) }, px, {
          stroke: faint(colour, 0.7),
          lineWidth: 1.5 * scale,
        })
      drawMark(paint, gone ? "x" : "circle", px, py, 3.8 * scale, colour, look.ground)
    })
  }
}

function drawUnedited(paint, { accuracy, low, high, loss, words }, plot, look) {
  const { box, scale } = plot
  const [top, bottom] = [plot.accuracy(high), plot.accuracy(low)]
  const [middle, below] = [plot.accuracy(accuracy), plot.loss(loss)]
  const dashes = { stroke: look.ink, lineWidth: 1.4, dash: [6, 4] }
  paint.rect(box.left, top, box.right - box.left, bottom - top, { fill: faint(look.ink, 0.08) })
  drawAcross(paint, box, middle, dashes)
  drawAcross(paint, box, below, dashes)
  words.forEach((line, number) => {
    const style = { fill: look.ink, size: 10.5 * scale }
    paint.text(line, box.right + 6 * scale, middle + (number - 0.5) * 13 * scale, style)
  })
}

/** What moves: the line of the focus, and its point ringed in both panels. */
export function drawScan(paint, data, plot, { place }, { look }, point) {
  const { box, scale } = plot
  const x = plot.ratio(data.ratios[place])
  drawUp(paint, box, x, { stroke: look.ink, lineWidth: 1.5 })
  const middle = box.bottom - (LOSS + BETWEEN / 2) * (box.bottom - box.top)
  const grip = [x - 3.5 * scale, middle - 8 * scale, 7 * scale, 16 * scale]
  paint.rect(...grip, { fill: look.ink, stroke: look.ground, lineWidth: 1.5 })
  for (const y of [plot.accuracy(point.accuracy), plot.loss(point.loss)]) {
    drawMark(paint, point.gone ? "x" : "circle", x, y, 4.5 * scale, look.modes[1], look.ground)
    paint.circle(x, y, 9 * scale, { stroke: look.ink, lineWidth: 2 })
  }
}
