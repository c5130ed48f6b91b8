// The singular values of the three unfoldings, what the chosen ranks keep of each, and where noise begins.

import { d3 } from "./d3.js"
import { percentText } from "./format.js"
import { faint } from "./look.js"
import { powersOfTwo } from "./landscape.js"

export const MODES = ["mode 1, model width", "mode 2, head width", "mode 3, parts Q, K, V, O"]
const LINEAR_UP_TO = 64
const DECADE = 10
const FLOOR = 1e-8

/** Where everything stands in the spectrum of a mode (0, 1, 2); lengths in CSS pixels. */
export function spectrumPlot(layer, mode, width, height, scale) {
  const values = layer.arrays[`spectrum${mode + 1}`]
  const count = layer.limits[mode]
  const box = { left: 44 * scale, right: width - 36 * scale, top: 20 * scale, bottom: height - 17 * scale }
  const isLinear = count <= LINEAR_UP_TO
  const pad = 0.01 * count
  const x = isLinear
    ? d3.scaleLinear([0.5 - pad, count + 0.5 + pad], [box.left, box.right])
    : d3.scaleLog([0.6, count + 0.5], [box.left, box.right])
  const [top, last] = [values[0], values.at(-1)]
  const floor = Math.max(top * FLOOR, Number.MIN_VALUE)
  const isLog = last * DECADE <= top
  const y = isLog
    ? d3.scaleLog([Math.max(last, floor) / 1.3, top * 1.3], [box.bottom, box.top]).clamp(true)
    : d3.scaleLinear([0, top * 1.06], [box.bottom, box.top])
  const energy = d3.scaleLinear([0, 1.04], [box.bottom, box.top])
  return {
    mode,
    width,
    height,
    scale,
    box,
    x,
    y,
    energy,
    isLinear,
    isLog,
    floor,
    kept: cumulativeEnergy(layer, mode),
  }
}

const energies = new WeakMap()

/** Shares of the squared norm that the first 1, 2 ... directions of a mode hold. */
export function cumulativeEnergy(layer, mode) {
  const values = layer.arrays[`spectrum${mode + 1}`]
  if (!energies.has(values)) {
    let sum = 0
    const sums = Float64Array.from(values, (value) => (sum += value * value))
    energies.set(
      values,
      sums.map((part) => part / Math.max(sum, layer.energy, Number.MIN_VALUE)),
    )
  }
  return energies.get(values)
}

/** The rank at a place of the horizontal axis: the mark of a rank stands between its direction and the next one. */
export function markedRank(plot, px, most) {
  const value = plot.x.invert(px)
  const rank = plot.isLinear ? Math.round(value - 0.5) : Math.round(value)
  return Math.min(Math.max(rank, 1), most)
}

/** Where the mark of a rank stands: always inside the axis. */
export function markX(plot, rank) {
  const at = plot.isLinear ? plot.x(rank + 0.5) : plot.x(rank + 0.45)
  return Math.min(at, plot.box.right - 1)
}

/** All that stays while ranks change. */
export function drawSpectrum(paint, layer, plot, theme) {
  const { look } = theme
  const { box, scale, mode } = plot
  const colour = look.modes[mode]
  const values = layer.arrays[`spectrum${mode + 1}`]
  const size = 10 * scale
  const places = drawnPlaces(values.length)
  const area = places.map((place) => [plot.x(place + 1), plot.energy(plot.kept[place])])
  paint.path([[area[0][0], box.bottom], ...area, [area.at(-1)[0], box.bottom]], { fill: faint(colour, 0.12) })
  paint.path(
    [
      [box.left, box.bottom],
      [box.right, box.bottom],
    ],
    { stroke: look.grid, lineWidth: 1.5 },
  )
  const edge = layer.noise.edges[mode]
  if (edge > plot.floor) {
    const y = plot.y(edge)
    if (y >= box.top && y <= box.bottom) {
      paint.path(
        [
          [box.left, y],
          [box.right, y],
        ],
        { stroke: look.muted, lineWidth: 1.2, dash: [5, 3] },
      )
      paint.text("noise", box.right - 12 * scale, y - 6 * scale, {
        fill: look.muted,
        size: 9.5 * scale,
        anchor: "right",
        halo: look.ground,
      })
    }
  }
  paint.path(
    places.map((place) => valuePoint(plot, values, place)),
    { stroke: colour, lineWidth: 2 },
  )
  drawTicks(paint, layer, plot, look, size)
}

function valuePoint(plot, values, place) {
  return [plot.x(place + 1), plot.y(Math.max(values[place], plot.floor))]
}

/** At most about 400 places, the small ones all. */
function drawnPlaces(count) {
  const places = []
  for (let place = 0; place < count; place += Math.max(1, Math.floor(place / 120))) places.push(place)
  if (places.at(-1) !== count - 1) places.push(count - 1)
  return places
}

function drawTicks(paint, layer, plot, look, size) {
  const { box, scale } = plot
  const count = layer.limits[plot.mode]
  const room = (box.right - box.left) / (34 * scale)
  const ticks = plot.isLinear
    ? d3.ticks(1, count, Math.min(room, 8)).filter(Number.isInteger)
    : powersOfTwo(count, room)
  if (plot.isLinear && ticks[0] !== 1) ticks.unshift(1)
  for (const tick of ticks)
    paint.text(`${tick}`, plot.x(tick), box.bottom + 9 * scale, { fill: look.muted, size, anchor: "center" })
  const values = plot.isLog ? decades(plot.y.domain()) : d3.ticks(...plot.y.domain(), 2)
  for (const value of values) {
    const words = plot.isLog ? powerText(value) : d3.format("~g")(value)
    paint.text(words, box.left - 5 * scale, plot.y(value), { fill: look.muted, size, anchor: "right" })
    paint.path(
      [
        [box.left, plot.y(value)],
        [box.right, plot.y(value)],
      ],
      { stroke: look.grid },
    )
  }
  for (const share of [0, 0.5, 1]) {
    paint.text(`${100 * share}%`, box.right + 4 * scale, plot.energy(share), { fill: look.muted, size })
  }
}

/** At most three whole powers of ten in a range; its ends where it holds none. */
function decades([low, high]) {
  const powers = []
  for (let power = Math.ceil(Math.log10(low)); power <= Math.floor(Math.log10(high)); power++)
    powers.push(10 ** power)
  if (!powers.length) return [low * 1.3, high / 1.3]
  const step = Math.ceil(powers.length / 3)
  return powers.filter((_, place) => place % step === 0)
}

function powerText(value) {
  const power = Math.log10(value)
  const whole = Math.round(power)
  if (Math.abs(power - whole) > 1e-6) return d3.format(".2~g")(value)
  return whole >= -2 && whole <= 3 ? d3.format("~g")(value) : `1e${whole}`
}

/** What moves with the ranks: the kept directions, the mark, and what they hold in words. */
export function drawRank(paint, layer, plot, state, theme) {
  const { look } = theme
  const { box, scale, mode } = plot
  const colour = look.modes[mode]
  const values = layer.arrays[`spectrum${mode + 1}`]
  const rank = state.used[mode]
  const x = markX(plot, rank)
  paint.rect(box.left, box.top, Math.max(x - box.left, 0), box.bottom - box.top, { fill: faint(colour, 0.13) })
  if (values.length <= LINEAR_UP_TO) {
    for (let place = 0; place < values.length; place++) {
      const [px, py] = valuePoint(plot, values, place)
      paint.circle(px, py, 2.6 * scale, { fill: place < rank ? colour : look.muted })
    }
  }
  state.pins.forEach((pin, place) => {
    const at = markX(plot, pin[mode])
    paint.path(
      [
        [at, box.top],
        [at, box.bottom],
      ],
      { stroke: look.ink, lineWidth: 1, dash: [2, 2], alpha: 0.7 },
    )
    paint.text("AB"[place], at, box.top + 6 * scale, {
      fill: look.ink,
      size: 9.5 * scale,
      anchor: "center",
      weight: 700,
      halo: look.ground,
    })
  })
  if (state.lit && state.lit[mode] !== undefined && state.lit[mode] < values.length) {
    const [px, py] = valuePoint(plot, values, state.lit[mode])
    paint.circle(px, py, 5 * scale, { stroke: look.ink, lineWidth: 2 })
  }
  paint.path(
    [
      [x, box.top],
      [x, box.bottom],
    ],
    { stroke: look.ground, lineWidth: 5 },
  )
  paint.path(
    [
      [x, box.top],
      [x, box.bottom],
    ],
    { stroke: colour, lineWidth: 2.5 },
  )
  const middle = (box.top + box.bottom) / 2
  paint.rect(x - 3.5 * scale, middle - 8 * scale, 7 * scale, 16 * scale, {
    fill: colour,
    stroke: look.ground,
    lineWidth: 1.5,
  })
  const size = 11.5 * scale
  const name = `${MODES[mode]}: `
  paint.text(name, 2, 8 * scale, { fill: colour, size, weight: 600 })
  const words = `${rank} of ${layer.limits[mode]} directions hold ${percentText(plot.kept[rank - 1])}`
  paint.text(words, 2 + paint.width(name, size, 600), 8 * scale, { fill: look.ink, size })
}
