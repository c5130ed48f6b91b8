// Pointers, keys and wheels on the figures, turned into changes of the state.

import { cellAt } from "./cores.js"
import { cellValue } from "./core_values.js"
import { errorText, wholeText } from "./format.js"
import { RATIOS, ranksAt } from "./landscape.js"
import { bestAtRatio, compressionRatio, isPossible, largestRank, r1AtRatio, relativeError } from "./lookup.js"
import { arrowStep, drag, onWheel, placeIn } from "./pointer.js"
import { markedRank } from "./spectra.js"
import { rankAfterKey } from "./state.js"
import { aboutError, cellWords, pointedWords } from "./words.js"
import { r3At } from "./third_axis.js"

const NEAR = 7
const RING = 16

/** The landscape: drag the ring or a line of equal ratio, click to jump, scrub the third axis. */
export function landscapeGestures(node, view, act) {
  let kind = "ring"
  let start = null
  const choose = (px, py, event) => {
    const { layer, plot } = view()
    if (kind === "strip") return act.rank(2, r3At(layer, plot, py), {})
    const ranks = ranksAt(layer, plot, px, py, act.state().used[2])
    if (kind === "ring" || kind === "free") return act.ranks(ranks, { isSnapped: event.shiftKey })
    return act.held(kind, ranksOnLine(layer, kind, ranks, event.shiftKey))
  }
  drag(node, {
    begin(px, py, event) {
      kind = grabbed(view(), act.state(), px, py)
      start = [px, py]
      act.grab()
      if (typeof kind !== "number") choose(px, py, event)
    },
    move(px, py, event) {
      // On a line, a click jumps like anywhere else; only a drag holds the line.
      if (typeof kind === "number" && start && Math.hypot(px - start[0], py - start[1]) < NEAR) return
      start = null
      choose(px, py, event)
    },
    end(isCancelled, event) {
      if (start && typeof kind === "number" && !isCancelled) {
        kind = "ring"
        choose(...start, event)
      }
      act.release(isCancelled)
    },
    hover(px, py) {
      const { layer, plot } = view()
      const what = grabbed(view(), act.state(), px, py)
      node.style.cursor = { strip: "ns-resize", free: "crosshair" }[what] ?? "grab"
      act.hint("landscape", hintAt(layer, plot, act.state(), what, px, py))
    },
    leave: () => act.hint("landscape", null),
  })
  node.onkeydown = (event) => {
    const { layer } = view()
    const mode = { ArrowUp: 1, ArrowDown: 1, "[": 2, "]": 2 }[event.key] ?? 0
    const name = { "[": "ArrowLeft", "]": "ArrowRight" }[event.key] ?? event.key
    keyOnMode(event, mode, name, layer, act)
  }
  onWheel(node, (event) => act.wheel(2, event))
}

/** What is under the pointer: the third axis, the ring, a line of equal ratio (its number), or free ground. */
function grabbed({ layer, plot }, state, px, py) {
  if (px > plot.strip.left - 4) return "strip"
  const [x, y] = [plot.x(state.used[0]), plot.y(state.used[1])]
  if (Math.hypot(px - x, py - y) < RING * plot.scale) return "ring"
  const r2 = plot.y.invert(py)
  for (const ratio of RATIOS) {
    const r1 = r1AtRatio(layer, ratio, r2, state.used[2])
    if (r1 > 0 && Math.abs(plot.x(r1) - px) < NEAR) return ratio
  }
  return "free"
}

/** The ranks on a line of equal ratio at the height of the pointer; snapped, the best ranks of that ratio. */
function ranksOnLine(layer, ratio, [r1, r2, r3], isSnapped) {
  if (isSnapped) return bestAtRatio(layer, ratio, r3) ?? [r1, r2, r3]
  const onLine = Math.floor(r1AtRatio(layer, ratio, r2, r3))
  return [Math.min(Math.max(onLine, 1), largestRank(layer, [1, r2, r3], 0)), r2, r3]
}

function hintAt(layer, plot, state, what, px, py) {
  if (what === "strip") {
    const r3 = r3At(layer, plot, py)
    const { value } = relativeError(layer, [state.used[0], state.used[1], r3])
    return `R3 = ${r3}: error ${errorText(value, 3)} at your R1 and R2. Drag up or down.`
  }
  const { box } = plot
  if (px < box.left || px > box.right || py < box.top || py > box.bottom) return null
  const ranks = ranksAt(layer, plot, px, py, state.used[2])
  const named = `R1 = ${ranks[0]}, R2 = ${ranks[1]}`
  if (!isPossible(layer, ranks)) {
    const mode = ranks.findIndex((rank, place) => rank > largestRank(layer, ranks, place))
    return `${named}: impossible, R${mode + 1} can be at most ${largestRank(layer, ranks, mode)} here`
  }
  const { value, isExact } = relativeError(layer, ranks)
  const line = typeof what === "number" ? what : null
  return pointedWords(ranks, aboutError(value, isExact, 3), compressionRatio(layer, ranks), line)
}

/** A spectrum: drag the mark of the rank, click to jump; the wheel and the keys step. */
export function spectrumGestures(node, mode, view, act) {
  const choose = (px) => {
    const { layer, plot } = view()
    act.rank(mode, markedRank(plot, px, layer.limits[mode]), {})
  }
  drag(node, {
    begin(px) {
      act.grab()
      choose(px)
    },
    move: choose,
    end: (isCancelled) => act.release(isCancelled),
    hover(px) {
      const { layer, plot } = view()
      const rank = markedRank(plot, px, layer.limits[mode])
      const value = layer.arrays[`spectrum${mode + 1}`][rank - 1]
      act.hint(
        "spectra",
        `Direction ${wholeText(rank)} of mode ${mode + 1}: singular value ${value.toPrecision(4)}`,
      )
      act.light(atMode(mode, rank - 1))
    },
    leave() {
      act.hint("spectra", null)
      act.light(null)
    },
  })
  node.style.cursor = "ew-resize"
  node.onkeydown = (event) => keyOnMode(event, mode, event.key, view().layer, act)
  onWheel(node, (event) => act.wheel(mode, event))
}

function keyOnMode(event, mode, name, layer, act) {
  const rank = rankAfterKey(act.state().used[mode], name, event.shiftKey, layer.limits[mode])
  if (rank === null) return
  event.preventDefault()
  event.stopPropagation()
  act.rank(mode, rank, { isKey: true })
}

/** The cores: a click takes the head everywhere; pointing at a cell shows the same cell in all heads. */
export function coreGestures(node, view, act) {
  node.onpointermove = (event) => {
    const { layer, plot } = view()
    const state = act.state()
    const cell = cellAt(layer, plot, ...placeIn(node, event), state.used)
    node.style.cursor = cell ? "pointer" : "default"
    if (!cell || cell.a === undefined) return leave()
    const shown = cellValue(layer, state.view, state.used, cell)
    act.light([cell.a, cell.b])
    act.hint("cores", cellWords(layer.unit, { ...shown, group: cell.group }))
  }
  const leave = () => {
    act.light(null)
    act.hint("cores", null)
  }
  node.onpointerleave = leave
  node.onclick = (event) => {
    const { layer, plot } = view()
    const cell = cellAt(layer, plot, ...placeIn(node, event), act.state().used)
    if (cell) act.group(cell.group)
  }
  node.onkeydown = (event) => {
    stepGroup(event, view().layer.shape[3], act)
  }
}

/** Arrow keys choose the next head or the one before. */
export function stepGroup(event, count, act) {
  const step = arrowStep(event)
  if (!step) return
  event.preventDefault()
  event.stopPropagation()
  act.group((act.state().group + step + count) % count)
}

/** A direction of one mode, as `state.lit` names it. */
function atMode(mode, place) {
  const lit = []
  lit[mode] = place
  return lit
}
