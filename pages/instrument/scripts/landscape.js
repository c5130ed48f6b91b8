// The relative error over (R1, R2) at one R3: cells, contour lines, lines of equal ratio, and the ranks that matter.

import { drawColours } from "./axes.js"
import { d3 } from "./d3.js"
import { contourLines } from "./contours.js"
import { errorScale, stepOf } from "./error_scale.js"
import { faint, pixel } from "./look.js"
import { pathAt, placeOnGrid, r1AtRatio } from "./lookup.js"

export const RATIOS = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10000]
const MOST_DOTS = 200
const HATCH = 7

/** Where everything stands in a landscape of this size; lengths in CSS pixels, `scale` that of the type. */
export function landscapePlot(layer, width, height, scale) {
  const strip = { width: 40 * scale, gap: 48 * scale }
  const box = { left: 44 * scale, top: 22 * scale }
  box.right = Math.max(box.left + 40, width - strip.width - strip.gap)
  box.bottom = Math.max(box.top + 40, height - 36 * scale)
  const [k1, k2] = layer.limits
  const x = d3.scaleLog([0.6, k1 + 0.5], [box.left, box.right])
  const y = d3.scaleLog([0.6, k2 + 0.5], [box.bottom, box.top])
  return { width, height, scale, box, x, y, strip: { left: width - strip.width, width: strip.width } }
}

/** The ranks under a place of the plot; the place may lie outside. */
export function ranksAt(layer, plot, px, py, r3) {
  const nearest = (value, limit) => Math.min(Math.max(Math.round(value), 1), limit)
  return [nearest(plot.x.invert(px), layer.known), nearest(plot.y.invert(py), layer.limits[1]), r3]
}

/**
 * The cells as pixels of the screen: the error of each rank pair, hatched where no such decomposition exists, empty
 * where a first picture does not know it.
 */
export function heatPixels(layer, plot, r3, pixels, look, density) {
  const { box, x, y } = plot
  const width = Math.round((box.right - box.left) * density)
  const height = Math.round((box.bottom - box.top) * density)
  const image = new ImageData(width, height)
  const target = new Uint32Array(image.data.buffer)
  const { table, table_r1: grid1, table_r2: grid2 } = layer.arrays
  const k3 = layer.limits[2]
  const most = r3 * layer.shape[3]
  const r1 = Int32Array.from({ length: width }, (_, px) =>
    rankAt(x, box.left + (px + 0.5) / density, layer.limits[0]),
  )
  const columns = r1.map((rank) => placeOnGrid(grid1, rank) * grid2.length * k3 + r3 - 1)
  const spacing = Math.round(HATCH * density * plot.scale)
  const line = pixel(look.muted, 90)
  for (let py = 0; py < height; py++) {
    const r2 = rankAt(y, box.top + (py + 0.5) / density, layer.limits[1])
    const row = placeOnGrid(grid2, r2) * k3
    for (let px = 0; px < width; px++) {
      if (r1[px] > r2 * most || r2 > r1[px] * most) {
        target[py * width + px] = (px + py) % spacing < density ? line : 0
      } else if (r1[px] <= layer.known) {
        target[py * width + px] = pixels[stepOf(table[columns[px] + row])]
      }
    }
  }
  return image
}

function rankAt(axis, place, limit) {
  return Math.min(Math.max(Math.round(axis.invert(place)), 1), limit)
}

/** All that stays while ranks change at one R3. */
export function drawLandscape(paint, layer, plot, state, theme) {
  const { box } = plot
  const { look, density } = theme
  const colours = errorScale(layer, state.isAbsolute)
  const pixels = theme.errorPixels(colours)
  const [width, height] = [box.right - box.left, box.bottom - box.top]
  const r3 = state.used[2]
  paint.image(heatPixels(layer, plot, r3, pixels, look, density), box.left, box.top, width, height)
  const known = Math.min(plot.x(layer.known + 0.5), box.right) - box.left
  // The words come last: nothing may lie on them.
  paint.clip(box.left, box.top, width, height, () => drawPath(paint, layer, plot, r3, look))
  paint.clip(box.left, box.top, known, height, () => drawContours(paint, layer, plot, r3, colours, look))
  paint.clip(box.left, box.top, width, height, () => {
    drawImpossible(paint, layer, plot, r3, look)
    drawRatios(paint, layer, plot, r3, look)
  })
  drawAxes(paint, layer, plot, look)
  drawColourBar(paint, plot, colours, theme)
}

function drawContours(paint, layer, plot, r3, colours, look) {
  for (const { level, lines, label } of contourLines(layer, plot, r3, colours)) {
    for (const points of lines) paint.path(points, { stroke: look.ink, lineWidth: 0.8, alpha: 0.4 })
    if (!label) continue
    const [x, y] = label
    paint.text(level, x, y, {
      fill: look.ink,
      size: 10 * plot.scale,
      anchor: "center",
      halo: faint(look.ground, 0.7),
    })
  }
}

/** Names the hatched corner, where there is room for it. */
function drawImpossible(paint, layer, plot, r3, look) {
  const { box, scale } = plot
  const size = 10.5 * scale
  const rows = ["impossible:", `R1 > R2 x ${r3 * layer.shape[3]}`]
  const right = box.right - 6 * scale
  const width = Math.max(...rows.map((words) => paint.width(words, size)))
  // The corner is a staircase: at its upper left end the words must lie below the step above them.
  const r1 = plot.x.invert(right - width)
  const step = plot.y(Math.max(Math.ceil(r1 / (r3 * layer.shape[3])) - 0.5, 0.6))
  if (box.bottom - step < rows.length * 1.3 * size) return
  rows.forEach((words, place) => {
    const y = box.bottom - (rows.length - place - 0.4) * 1.25 * size
    paint.text(words, right, y, { fill: look.ink, size, anchor: "right", halo: look.ground })
  })
}

/** The points of a line along which the ratio is the same, from the smallest R2 up. */
export function ratioLine(layer, plot, ratio, r3) {
  const points = []
  const [k1, k2] = layer.limits
  for (let step = 0; step <= 64; step++) {
    const r2 = Math.exp((Math.log(k2) * step) / 64)
    const r1 = r1AtRatio(layer, ratio, r2, r3)
    if (r1 >= 0.6 && r1 <= k1 + 0.5) points.push([plot.x(r1), plot.y(r2)])
  }
  return points.length > 1 ? points : []
}

function drawRatios(paint, layer, plot, r3, look) {
  const { box, scale } = plot
  const size = 10.5 * scale
  // The words of a line end before those of the next one begin.
  let free = Infinity
  RATIOS.forEach((ratio, place) => {
    const points = ratioLine(layer, plot, ratio, r3)
    if (!points.length) return
    const isEven = ratio === 1
    const style = isEven ? { lineWidth: 2, alpha: 0.85 } : { lineWidth: 1, dash: [2, 3], alpha: 0.6 }
    paint.path(points, { stroke: look.ink, ...style })
    // Labels climb in steps, so that those of neighbours do not meet.
    const [x, at] = points[Math.min(points.length - 1, Math.round(points.length * (0.93 - 0.09 * (place % 3))))]
    const y = Math.min(Math.max(at, box.top + 0.8 * size), box.bottom - 0.8 * size)
    const words = isEven ? "break-even" : `${ratio}x`
    const width = paint.width(words, size, 600)
    const anchor = isEven && x > box.right - 30 * scale ? "right" : "center"
    const right = anchor === "right" ? x : x + width / 2
    if (right > free || right - width < box.left || x > box.right - 4) return
    free = right - width - 8 * scale
    paint.text(words, x, y, { fill: look.ink, size, anchor, weight: 600, halo: faint(look.ground, 0.8) })
  })
}

function drawPath(paint, layer, plot, r3, look) {
  const path = pathAt(layer, r3)
  const step = Math.max(1, Math.floor(path.r1.length / MOST_DOTS))
  for (let place = 0; place < path.r1.length; place += step) {
    const [x, y] = [plot.x(path.r1[place]), plot.y(path.r2[place])]
    paint.circle(x, y, 1.8 * plot.scale, { fill: look.modes[1], alpha: 0.85 })
  }
}

function drawAxes(paint, layer, plot, look) {
  const { box, scale } = plot
  const size = 11 * scale
  paint.rect(box.left, box.top, box.right - box.left, box.bottom - box.top, { stroke: look.grid })
  for (const r1 of powersOfTwo(layer.limits[0], (box.right - box.left) / (30 * scale))) {
    paint.text(`${r1}`, plot.x(r1), box.bottom + 9 * scale, { fill: look.muted, size, anchor: "center" })
  }
  for (const r2 of powersOfTwo(layer.limits[1], (box.bottom - box.top) / (18 * scale))) {
    paint.text(`${r2}`, box.left - 5 * scale, plot.y(r2), { fill: look.muted, size, anchor: "right" })
  }
  const middle = (box.left + box.right) / 2
  const bottom = box.bottom + 25 * scale
  paint.text("R1, directions of the model width", middle, bottom, {
    fill: look.modes[0],
    size,
    anchor: "center",
    weight: 600,
  })
  const centre = (box.top + box.bottom) / 2
  const turn = -Math.PI / 2
  paint.text("R2, directions of the head width", 11 * scale, centre, {
    fill: look.modes[1],
    size,
    anchor: "center",
    weight: 600,
    turn,
  })
}

/** Powers of two up to `most`, left out evenly where more than `room` would stand. */
export function powersOfTwo(most, room) {
  const powers = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, power) => 2 ** power)
  const step = Math.max(1, Math.ceil(powers.length / Math.max(room, 1)))
  return powers.filter((_, place) => place % step === 0)
}

function drawColourBar(paint, plot, colours, { look, errorColour }) {
  const { box, scale } = plot
  const count = Math.max(2, Math.floor((box.bottom - box.top) / (34 * scale)))
  const shares = Array.from({ length: count + 1 }, (_, mark) => mark / count)
  const marks = shares.map((share) => [share, colours.errorAt(share).toFixed(2)])
  drawColours(paint, plot, errorColour, marks, "error", look)
}
