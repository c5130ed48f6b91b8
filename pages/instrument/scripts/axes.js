// Strokes that several figures share: numbers below a plot, a scale at its left, lines across, frames, a colour bar.

const MOST_NUMBERS = 16
const RATIOS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000]

/** Places of things that are numbered from 0: `at` is the middle of one, `placeAt` the one at a place, or -1. */
export function bands(count, low, high) {
  const step = (high - low) / count
  return {
    count,
    step,
    at: (number) => low + (number + 0.5) * step,
    placeAt: (place) => (place < low || place >= high ? -1 : Math.floor((place - low) / step)),
  }
}

/** The numbers of things below a plot, the chosen one bold, and what they are. */
export function drawNumbers(paint, plot, columns, name, look, chosen = -1) {
  const { box, scale } = plot
  const size = 10 * scale
  const every = Math.max(1, Math.ceil(columns.count / MOST_NUMBERS))
  const style = { fill: look.muted, size, anchor: "center" }
  for (let place = 0; place < columns.count; place++) {
    const number = columns.numbers ? columns.numbers[place] : place
    const isChosen = number === chosen
    if (place % every && !isChosen) continue
    const strong = isChosen ? { fill: look.ink, weight: 700 } : {}
    paint.text(`${number}`, columns.at(place), box.bottom + 9 * scale, { ...style, ...strong })
  }
  drawName(paint, plot, name, look)
}

/** The name of the horizontal axis. */
export function drawName(paint, { box, scale }, name, look) {
  const style = { fill: look.ink, size: 11 * scale, anchor: "center" }
  paint.text(name, (box.left + box.right) / 2, box.bottom + 23 * scale, style)
}

/** Compression ratios below a plot, on a logarithmic axis, as many as have room. */
export function drawRatios(paint, plot, axis, look) {
  const { box, scale } = plot
  const [least, most] = axis.domain()
  let last = -Infinity
  for (const tick of RATIOS.filter((each) => each >= least && each <= most)) {
    const x = axis(tick)
    if (x - last < 26 * scale) continue
    last = x
    paint.text(`${tick}x`, x, box.bottom + 9 * scale, { fill: look.muted, size: 10 * scale, anchor: "center" })
  }
  drawName(paint, plot, "times smaller", look)
}

/** A vertical axis: lines across with their numbers at the left, and its name on its side. */
export function drawScale(paint, plot, axis, ticks, words, name, look) {
  const { box, scale } = plot
  const size = 10 * scale
  for (const tick of ticks) {
    drawAcross(paint, box, axis(tick), { stroke: look.grid })
    paint.text(words(tick), box.left - 5 * scale, axis(tick), { fill: look.muted, size, anchor: "right" })
  }
  const [bottom, top] = axis.range()
  const style = { fill: look.ink, size: 11 * scale, anchor: "center", turn: -Math.PI / 2 }
  paint.text(name, 8 * scale, (bottom + top) / 2, style)
}

/** A line across the plot. */
export function drawAcross(paint, { left, right }, y, style) {
  paint.path(
    [
      [left, y],
      [right, y],
    ],
    style,
  )
}

/** A line up the plot. */
export function drawUp(paint, { top, bottom }, x, style) {
  paint.path(
    [
      [x, top],
      [x, bottom],
    ],
    style,
  )
}

/** A colour bar at the right of a plot: `colour` at a share of the scale, `marks` as [share, words]. */
export function drawColours(paint, plot, colour, marks, title, look) {
  const { box, scale } = plot
  const left = box.right + 8 * scale
  const steps = 40
  const height = (box.bottom - box.top) / steps
  for (let step = 0; step < steps; step++) {
    paint.rect(left, box.top + step * height, 7 * scale, height + 0.5, { fill: colour(1 - (step + 0.5) / steps) })
  }
  const size = 10 * scale
  for (const [share, words] of marks) {
    const y = box.bottom - 5 * scale - share * (box.bottom - box.top - 10 * scale)
    paint.text(words, left + 10 * scale, y, { fill: look.muted, size })
  }
  paint.text(title, left - 2, box.top - 9 * scale, { fill: look.muted, size })
}
