// Marks and lines of several series: symbols and dashes by the names that plotly gives them.

const DASHES = { solid: [], dash: [7, 5], dot: [2, 3], dashdot: [7, 4, 2, 4], longdash: [12, 5] }

export function dashOf(name) {
  return DASHES[name] ?? []
}

/** A mark of this radius. */
export function drawMark(paint, symbol, x, y, radius, colour, ground) {
  const line = { stroke: colour, lineWidth: Math.max(radius / 2.5, 1.5) }
  const closed = (points) => paint.path([...points, points[0]], { fill: colour, stroke: colour })
  const r = radius
  if (symbol === "circle-open") return paint.circle(x, y, r, { fill: ground, ...line })
  if (symbol === "square") return paint.rect(x - r, y - r, 2 * r, 2 * r, { fill: colour })
  if (symbol === "diamond") return closed(corners(x, y, [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0], r))
  if (symbol === "triangle-up") return closed(corners(x, y, [0, -1.2, 1.1, 0.8, -1.1, 0.8], r))
  if (symbol === "cross") {
    paint.path(corners(x, y, [-1.2, 0, 1.2, 0], r), { ...line, lineWidth: r })
    return paint.path(corners(x, y, [0, -1.2, 0, 1.2], r), { ...line, lineWidth: r })
  }
  if (symbol === "x-thin" || symbol === "x") {
    const strong = { ...line, lineWidth: symbol === "x" ? r * 0.8 : line.lineWidth }
    paint.path(corners(x, y, [-1, -1, 1, 1], r), strong)
    return paint.path(corners(x, y, [-1, 1, 1, -1], r), strong)
  }
  return paint.circle(x, y, r, { fill: colour })
}

function corners(x, y, places, r) {
  const points = []
  for (let place = 0; place < places.length; place += 2)
    points.push([x + r * places[place], y + r * places[place + 1]])
  return points
}

/** The places nearest to these, in the same order, of which no two are closer than the gap. */
export function keptApart(places, gap) {
  const order = places.map((_, number) => number).sort((one, other) => places[one] - places[other])
  const blocks = []
  for (const number of order) {
    let [centre, members] = [places[number], [number]]
    while (blocks.length) {
      const before = blocks.at(-1)
      if (before.centre + (gap * (before.members.length + members.length)) / 2 <= centre) break
      blocks.pop()
      const count = before.members.length + members.length
      centre = (before.centre * before.members.length + centre * members.length) / count
      members = [...before.members, ...members]
    }
    blocks.push({ centre, members })
  }
  const moved = []
  for (const { centre, members } of blocks)
    members.forEach((number, place) => (moved[number] = centre + gap * (place - (members.length - 1) / 2)))
  return moved
}
