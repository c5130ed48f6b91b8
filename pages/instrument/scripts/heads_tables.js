// The numbers behind the figures of the Heads screen: names and rows.

import { coreValues } from "./core_values.js"
import { comparedIn } from "./similarity.js"
import { energyShares } from "./slices.js"

export const HEADS_TABLES = {
  profile(layer, _, { groups }) {
    const shares = Array.from(energyShares(layer))
    return [[layer.unit, "energy", "relative error"], shares.map((share, group) => [group, share, groups[group]])]
  },

  cells(layer, _, { cells }) {
    const groups = layer.shape[3]
    const rows = cells.map((error, slice) => [layer.parts[Math.floor(slice / groups)], slice % groups, error])
    return [["part", layer.unit, "relative error"], rows]
  },

  similarity(layer, _, { compared: { cosines } }) {
    const { unit, count } = comparedIn(layer)
    const rows = []
    for (let one = 0; cosines && one < count; one++) {
      for (let other = one + 1; other < count; other++) rows.push([one, other, cosines[one * count + other]])
    }
    return [[`${unit} a`, `${unit} b`, "cosine"], rows]
  },

  contrast(layer, { used }, { rows: shown }) {
    const { core_rows: down, core_columns: across } = layer.arrays
    const rows = []
    for (const { group } of shown) {
      for (let c = 0; c < used[2]; c++) {
        const { values } = coreValues(layer, `${c + 1}`, used[2])
        down.forEach((a, i) =>
          across.forEach((b, j) => {
            const value = values[(group * down.length + i) * across.length + j]
            if (a <= used[0] && b <= used[1]) rows.push([group, a, b, c + 1, value])
          }),
        )
      }
    }
    return [[layer.unit, "a", "b", "c", "value"], rows]
  },
}
