// The cosine between every two cores as a table of coloured cells, in the order of the numbers or by similarity.

import { bands, drawColours, drawNumbers } from "./axes.js"
import { comparedIn } from "./similarity.js"

const MOST_WRITTEN = 12
const PALE = 0.3

/** Where everything stands; lengths in CSS pixels. */
export function cosinesPlot(layer, width, height, scale) {
  const box = { left: 34 * scale, right: width - 52 * scale, top: 16 * scale, bottom: height - 32 * scale }
  const { count } = comparedIn(layer)
  return {
    width,
    height,
    scale,
    box,
    columns: bands(Math.max(count, 1), box.left, box.right),
    rows: bands(Math.max(count, 1), box.top, box.bottom),
  }
}

/** Which one stands at each place. */
export function orderOf(numbers, isAlike, count) {
  const { order } = numbers.compared
  return isAlike && order?.length === count ? order : Array.from({ length: count }, (_, place) => place)
}

/** The two that are compared at a place; null beside the cells and where there is only one. */
export function pairUnder(plot, order, px, py) {
  const [row, column] = [plot.rows.placeAt(py), plot.columns.placeAt(px)]
  return row < 0 || column < 0 || order.length < 2 ? null : [order[row], order[column]]
}

/** What stays while ranks change. */
export function drawCosineNames(paint, layer, plot, state, { look, signedColour }, numbers) {
  const { scale } = plot
  const { unit, count, isOfQueries } = comparedIn(layer)
  if (count < 2) return
  const order = orderOf(numbers, state.alike, count)
  const chosen = isOfQueries ? -1 : state.group
  drawNumbers(paint, plot, { ...plot.columns, numbers: order }, unit, look, chosen)
  const every = Math.max(1, Math.ceil((13 * scale) / plot.rows.step))
  order.forEach((number, row) => {
    if (row % every && number !== chosen) return
    const strong = number === chosen ? { fill: look.ink, weight: 700 } : { fill: look.muted }
    const style = { size: 10 * scale, anchor: "right", ...strong }
    paint.text(`${number}`, plot.box.left - 6 * scale, plot.rows.at(row), style)
  })
  const marks = [-1, -0.25, 0, 0.25, 1].map((cosine) => [shareOf(cosine), `${cosine}`])
  drawColours(paint, plot, signedColour, marks, "cosine", look)
}

/** The share of the colours at a cosine: the signed root, so that small ones are seen too. */
function shareOf(cosine) {
  return 0.5 + 0.5 * Math.sign(cosine) * Math.sqrt(Math.abs(cosine))
}

/** What moves with the ranks: the cosines, pale where they are those of the ranks before. */
export function drawCosines(paint, layer, plot, state, { look, signedColour, signedPixels }, numbers) {
  const { rows, columns, box } = plot
  const { count, isOfQueries } = comparedIn(layer)
  const { cosines, isOld } = numbers.compared
  if (count < 2 || !cosines) return
  const order = orderOf(numbers, state.alike, count)
  const image = new ImageData(count, count)
  const target = new Uint32Array(image.data.buffer)
  order.forEach((one, row) =>
    order.forEach((other, column) => {
      const share = shareOf(cosines[one * count + other])
      target[row * count + column] = one === other ? 0 : signedPixels[Math.round(share * 255)]
    }),
  )
  paint.image(image, box.left, box.top, box.right - box.left, box.bottom - box.top)
  if (isOld) {
    paint.rect(box.left, box.top, box.right - box.left, box.bottom - box.top, {
      fill: look.ground,
      alpha: 1 - PALE,
    })
  } else if (count <= MOST_WRITTEN && columns.step > 26 * plot.scale && rows.step > 11 * plot.scale) {
    writeCosines(paint, plot, order, cosines, signedColour)
  }
  if (isOfQueries) return
  drawPairFrames(paint, plot, order, state, look)
}

function writeCosines(paint, { rows, columns, scale }, order, cosines, signedColour) {
  order.forEach((one, row) =>
    order.forEach((other, column) => {
      if (one === other) return
      const cosine = cosines[one * order.length + other]
      const style = { fill: signedColour.inkOn(shareOf(cosine)), size: 10 * scale, anchor: "center" }
      paint.text(cosine.toFixed(2), columns.at(column), rows.at(row), style)
    }),
  )
}

/** Frames around the row and the column of the chosen one and of the one that is pointed at. */
function drawPairFrames(paint, { rows, columns, box }, order, state, look) {
  const frames = (group, style) => {
    const place = order.indexOf(group)
    if (place < 0) return
    const [x, y] = [columns.at(place) - columns.step / 2, rows.at(place) - rows.step / 2]
    paint.rect(x, box.top, columns.step, box.bottom - box.top, style)
    paint.rect(box.left, y, box.right - box.left, rows.step, style)
  }
  if (state.lit?.group !== undefined) frames(state.lit.group, { stroke: look.ink, lineWidth: 1.2, alpha: 0.7 })
  frames(state.group, { stroke: look.modes[1], lineWidth: 2 })
}
