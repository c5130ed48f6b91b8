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
  const named = `your ranks (${state.used.join(", ")})${isSuggested ? ", as suggested" : ""}`
  const yours = labelAt(paint, plot, state.used, named, 600)
  if (suggestion[2] === r3 && !isSuggested) {
    drawDiamond(paint, plot, suggestion, ink)
    const hint = labelAt(paint, plot, suggestion, "suggested", 400)
    if (!meet(hint.box, yours.box)) drawLabel(paint, hint, ink)
  }
  state.pins.forEach((pin, place) => drawGhost(paint, plot, pin, "AB"[place], r3, ink))
  drawRing(paint, plot, state.used, look, isPossible(layer, state.chosen) ? null : state.chosen)
  drawLabel(paint, yours, look)
  drawStrip(paint, layer, plot, state, theme)
}

function drawRing(paint, plot, ranks, look, wished) {
  const { scale } = plot
  const [x, y] = [plot.x(ranks[0]), plot.y(ranks[1])]
  if (wished) {
    const place = [plot.x(wished[0]), plot.y(wished[1])]
    paint.path([[x, y], place], { stroke: look.ink, lineWidth: 1, dash: [3, 3], alpha: 0.7 })
    paint.circle(...place, 4 * scale, { stroke: look.ink, lineWidth: 1.5 })
  }
  paint.circle(x, y, 9 * scale, { stroke: look.ground, lineWidth: 6 })
  paint.circle(x, y, 9 * scale, { stroke: look.modes[1], lineWidth: 3 })
}

function drawDiamond(paint, plot, [r1, r2], look) {
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

/** Where a name stands beside a mark: on the side where there is room; above or below it where there is none. */
function labelAt(paint, plot, [r1, r2], words, weight) {
  const [x, y] = [plot.x(r1), plot.y(r2)]
  const size = 11 * plot.scale
  const gap = 14 * plot.scale
  const width = paint.width(words, size, weight)
  const boxFrom = (left, middle) => ({
    left,
    right: left + width,
    top: middle - 0.7 * size,
    bottom: middle + 0.7 * size,
  })
  const above = y - plot.box.top > 2 * gap ? y - 1.3 * gap : y + 1.3 * gap
  const inside = Math.min(Math.max(x - width / 2, plot.box.left), plot.box.right - width)
  let box = boxFrom(inside, above)
  if (x + gap + width < plot.box.right) box = boxFrom(x + gap, y)
  else if (x - gap - width > plot.box.left) box = boxFrom(x - gap - width, y)
  return { words, box, size, weight }
}

/** A name on a ground of its own, since lines and other names lie below it. */
function drawLabel(paint, { words, box, size, weight }, look) {
  const { left, right, top, bottom } = box
  paint.rect(left - 3, top, right - left + 6, bottom - top, { fill: look.ground, alpha: 0.8 })
  paint.text(words, left, (top + bottom) / 2, { fill: look.ink, size, weight, halo: look.ground })
}

function meet(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}
