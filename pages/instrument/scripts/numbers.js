// The numbers behind the figures of the Decompose screen, and how any numbers become CSV.

import { coreValues } from "./core_values.js"
import { isPossible } from "./lookup.js"
import { cumulativeEnergy } from "./spectra.js"

/** A figure's numbers at the present state, with a line of names. */
export function csvOf(spec, data, state, numbers) {
  const [names, rows] = spec.table(data, state, numbers)
  return [names, ...rows].map((row) => row.join(",")).join("\n")
}

export const TABLES = {
  landscape(layer, state) {
    const { table, table_r1: grid1, table_r2: grid2 } = layer.arrays
    const r3 = state.used[2]
    const rows = []
    grid1.forEach((r1, i) =>
      grid2.forEach((r2, j) => {
        if (isPossible(layer, [r1, r2, r3]))
          rows.push([r1, r2, r3, table[(i * grid2.length + j) * layer.limits[2] + r3 - 1]])
      }),
    )
    return [["R1", "R2", "R3", "relative error"], rows]
  },

  spectra(layer) {
    const rows = [0, 1, 2].flatMap((mode) => {
      const kept = cumulativeEnergy(layer, mode)
      return Array.from(layer.arrays[`spectrum${mode + 1}`], (value, place) => [
        mode + 1,
        place + 1,
        value,
        kept[place],
      ])
    })
    return [["mode", "index", "singular value", "cumulative energy"], rows]
  },

  cores(layer, state) {
    const { core_rows: down, core_columns: across } = layer.arrays
    const { values } = coreValues(layer, state.view, state.used[2])
    const rows = []
    for (let group = 0; group < layer.shape[3]; group++) {
      down.forEach((a, i) =>
        across.forEach((b, j) => {
          const isKept = a <= state.used[0] && b <= state.used[1]
          if (isKept) rows.push([group, a, b, values[(group * down.length + i) * across.length + j]])
        }),
      )
    }
    return [[layer.unit, "a", "b", "value"], rows]
  },
}
