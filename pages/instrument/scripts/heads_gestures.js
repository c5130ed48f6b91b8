// Pointers and keys on the figures of the Heads screen: what is pointed at is lit in all, a click chooses a head.

import { contrastUnder } from "./contrast.js"
import { cellValue } from "./core_values.js"
import { orderOf, pairUnder } from "./cosines.js"
import { stepGroup } from "./gestures.js"
import { cellHint, pairHint, profileHint } from "./heads_words.js"
import { cellUnder } from "./part_cells.js"
import { placeIn } from "./pointer.js"
import { comparedIn } from "./similarity.js"
import { energyShares } from "./slices.js"
import { cellWords } from "./words.js"

/**
 * A figure on which one points at heads and clicks them. `under` gives for a place the head (`group`), what is lit and
 * the words to say, or null beside all heads.
 */
function headGestures(node, name, view, act, under) {
  const leave = () => {
    act.light(null)
    act.hint(name, null)
  }
  node.onpointermove = (event) => {
    const found = under(view(), ...placeIn(node, event))
    node.style.cursor = found ? "pointer" : "default"
    if (!found) return leave()
    act.light(found.lit)
    act.hint(name, found.words)
  }
  node.onpointerleave = leave
  node.onclick = (event) => {
    const found = under(view(), ...placeIn(node, event))
    if (found?.group !== undefined) act.group(found.group)
  }
  node.onkeydown = (event) => stepGroup(event, view().layer.shape[3], act)
}

export function profileGestures(node, view, act) {
  headGestures(node, "profile", view, act, ({ layer, plot, numbers }, px) => {
    const group = plot.columns.placeAt(px)
    if (group < 0) return null
    const words = profileHint(layer.unit, group, energyShares(layer)[group], numbers.groups[group])
    return { group, lit: { group }, words }
  })
}

export function cellGestures(node, view, act) {
  headGestures(node, "cells", view, act, ({ layer, plot, numbers }, px, py) => {
    const cell = cellUnder(plot, px, py)
    if (!cell) return null
    const error = numbers.cells[cell.part * layer.shape[3] + cell.group]
    return { group: cell.group, lit: cell, words: cellHint(layer, cell, error, numbers.cellsExact) }
  })
}

export function cosineGestures(node, view, act) {
  headGestures(node, "similarity", view, act, ({ layer, plot, numbers }, px, py) => {
    const { count, isOfQueries } = comparedIn(layer)
    const { cosines, isOld } = numbers.compared
    const pair = pairUnder(plot, orderOf(numbers, act.state().alike, count), px, py)
    if (!pair || !cosines || isOld) return null
    const words = pairHint(layer, pair, cosines[pair[0] * count + pair[1]])
    return isOfQueries ? { lit: null, words } : { group: pair[0], lit: { group: pair[0] }, words }
  })
}

export function contrastGestures(node, view, act) {
  headGestures(node, "contrast", view, act, ({ layer, plot, numbers }, px, py) => {
    const { used } = act.state()
    const found = contrastUnder(plot, used, px, py)
    const row = found && numbers.rows[found.row]
    if (!row) return null
    const { group } = row
    const shown = cellValue(layer, `${found.slice + 1}`, used, { ...found, group })
    return { group, lit: { group, cell: [found.a, found.b] }, words: cellWords(layer.unit, { ...shown, group }) }
  })
}
