// The marks in the landscape: your ranks, the suggested ones, those that are pinned, a line of equal ratio that is
// held.

import { ratioLine } from "./landscape.js"
import { bestAtRatio, isPossible } from "./lookup.js"
import { drawStrip } from "./third_axis.js"

/** What moves with the ranks: the ring, the ghosts, the suggestion, the third axis, a line that is held. */
export function drawRanks(paint, layer, plot, state, theme) {
  const { look } = theme
  const r3 = state.used[2]
  const ink = { ink: look.ink, ground: look.ground, scale: plot.scale }
  if (state.heldRatio) {
    paint.path(ratioLine(layer, plot, state.heldRatio, r3), { stroke: look.modes[1], lineWidth: 3, alpha: 0.9 })
    const best = bestAtRatio(layer, state.heldRatio, r3)
    if (best)
      paint.circle(plot.x(best[0]), plot.y(best[1]), 5 * plot.scale, {
        fill: look.modes[1],
        stroke: look.ground,
        lineWidth: 2,
      })
  }
  const suggestion = layer.suggestion
  const isSuggested = String(suggestion) === String(state.used)
  if (suggestion[2] === r3 && !isSuggested) drawDiamond(paint, plot, suggestion, "suggested", ink)
  state.pins.forEach((pin, place) => drawGhost(paint, plot, pin, "AB"[place], r3, ink))
  const named = `your ranks (${state.used.join(", ")})${isSuggested ? ", as suggested" : ""}`
  drawRing(paint, plot, state.used, named, look, isPossible(layer, state.chosen) ? null : state.chosen)
  drawStrip(paint, layer, plot, state, theme)
}

function drawRing(paint, plot, ranks, words, look, wished) {
  const { scale } = plot
  const [x, y] = [plot.x(ranks[0]), plot.y(ranks[1])]
  if (wished) {
    const place = [plot.x(wished[0]), plot.y(wished[1])]
    paint.path([[x, y], place], { stroke: look.ink, lineWidth: 1, dash: [3, 3], alpha: 0.7 })
    paint.circle(...place, 4 * scale, { stroke: look.ink, lineWidth: 1.5 })
  }
  paint.circle(x, y, 9 * scale, { stroke: look.ground, lineWidth: 6 })
  paint.circle(x, y, 9 * scale, { stroke: look.modes[1], lineWidth: 3 })
  label(paint, plot, x, y, words, look, 600)
}

function drawDiamond(paint, plot, [r1, r2], words, look) {
  const [x, y] = [plot.x(r1), plot.y(r2)]
  const size = 6 * plot.scale
  const corners = [
    [x, y - size],
    [x + size, y],
    [x, y + size],
    [x - size, y],
    [x, y - size],
  ]
  paint.path(corners, { stroke: look.ground, lineWidth: 4 })
  paint.path(corners, { stroke: look.ink, lineWidth: 1.6 })
  label(paint, plot, x, y, words, look, 400)
}

function drawGhost(paint, plot, pin, name, r3, look) {
  const [x, y] = [plot.x(pin[0]), plot.y(pin[1])]
  paint.circle(x, y, 8 * plot.scale, { stroke: look.ground, lineWidth: 4 })
  paint.circle(x, y, 8 * plot.scale, {
    stroke: look.ink,
    lineWidth: 1.6,
    dash: [3, 2],
    alpha: pin[2] === r3 ? 1 : 0.45,
  })
  paint.text(name, x, y, {
    fill: look.ink,
    size: 10 * plot.scale,
    anchor: "center",
    weight: 700,
    halo: look.ground,
  })
}

/** A name beside a mark, on the side where there is room; above it where there is none. */
function label(paint, plot, x, y, words, look, weight) {
  const size = 11 * plot.scale
  const gap = 14 * plot.scale
  const width = paint.width(words, size, weight)
  const style = { fill: look.ink, size, weight, halo: look.ground }
  if (x + gap + width < plot.box.right) paint.text(words, x + gap, y, { ...style, anchor: "left" })
  else if (x - gap - width > plot.box.left) paint.text(words, x - gap, y, { ...style, anchor: "right" })
  else {
    const above = y - plot.box.top > 2 * gap ? y - 1.3 * gap : y + 1.3 * gap
    const middle = Math.min(Math.max(x, plot.box.left + width / 2), plot.box.right - width / 2)
    paint.text(words, middle, above, { ...style, anchor: "center" })
  }
}
