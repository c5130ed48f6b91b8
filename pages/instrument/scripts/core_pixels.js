// Cores as pixels of the screen.

import { cellOf, coreValues } from "./core_values.js"

/**
 * Panels of cores as pixels of the screen, all of one size: `panels` has the corner, the group and the view of each.
 * A pixel with several cells shows the strongest of them.
 */
export function panelPixels(layer, plot, panels, ranks, pixels, density) {
  const image = new ImageData(
    Math.max(1, Math.round(plot.width * density)),
    Math.max(1, Math.round(plot.height * density)),
  )
  const target = new Uint32Array(image.data.buffer)
  const { core_rows: rows, core_columns: columns } = layer.arrays
  const tall = Math.max(1, Math.round(plot.tall * density))
  const wide = Math.max(1, Math.round(plot.wide * density))
  const bandsDown = bands(rows, ranks[0], tall)
  const bandsAcross = bands(columns, ranks[1], wide)
  const size = rows.length * columns.length
  const isFine = bandsDown.isFine && bandsAcross.isFine
  for (const { corner, group, view } of panels) {
    const [left, top] = corner.map((place) => Math.round(place * density))
    const { levels } = coreValues(layer, view, ranks[2])
    const cells = levels.subarray(group * size, (group + 1) * size)
    const right = Math.min(wide, image.width - left)
    for (let py = 0; py < tall && top + py < image.height; py++) {
      const row = (top + py) * image.width + left
      if (py && bandsDown.first[py] === bandsDown.first[py - 1] && bandsDown.last[py] === bandsDown.last[py - 1]) {
        target.copyWithin(row, row - image.width, row - image.width + right)
      } else if (isFine) {
        const start = bandsDown.first[py] * columns.length
        for (let px = 0; px < right; px++) target[row + px] = pixels[128 + cells[start + bandsAcross.first[px]]]
      } else {
        strongestRow(target, row, right, cells, columns.length, bandsDown, py, bandsAcross, pixels)
      }
    }
  }
  return image
}

function strongestRow(target, row, count, cells, stride, down, py, across, pixels) {
  for (let px = 0; px < count; px++) {
    let best = 0
    let most = -1
    for (let i = down.first[py]; i <= down.last[py]; i++) {
      for (let place = i * stride + across.first[px]; place <= i * stride + across.last[px]; place++) {
        const level = cells[place]
        const magnitude = level < 0 ? -level : level
        if (magnitude > most) {
          most = magnitude
          best = level
        }
      }
    }
    target[row + px] = pixels[128 + best]
  }
}

/** The first and the last cell of a grid that each of `count` pixels shows, of the first `rank` directions. */
function bands(grid, rank, count) {
  const first = new Int32Array(count)
  const last = new Int32Array(count)
  let isFine = true
  for (let place = 0; place < count; place++) {
    first[place] = cellOf(grid, Math.min(Math.floor((place * rank) / count) + 1, rank))
    last[place] = Math.max(
      first[place],
      cellOf(grid, Math.min(Math.max(Math.ceil(((place + 1) * rank) / count), 1), rank)),
    )
    // Between two cells of a coarse picture a pixel belongs to the one in which it begins.
    if (rank <= count) last[place] = first[place]
    if (last[place] > first[place]) isFine = false
  }
  return { first, last, isFine }
}
