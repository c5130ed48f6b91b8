// What the instrument shows, and how it changes: plain values and plain functions, no drawing.

import {
  clampRanks,
  compressionRatio,
  isPossible,
  mostTied,
  nearestOnPath,
  ranksForError,
  ranksForRatio,
  relativeError,
  tiedRanks,
  withinLimits,
} from "./lookup.js"
import { viewsOf } from "./core_values.js"

/** The state that a scene from the server asks for; what is pointed at stays lit. */
export function stateOf(layer, scene, before) {
  const chosen = withinLimits(layer, scene.chosen)
  return settled(layer, {
    by: scene.by,
    chosen,
    error: scene.error,
    ratio: scene.ratio,
    tied: scene.tied,
    refine: scene.refine,
    isSuggested: scene.isSuggested,
    view: scene.view,
    group: scene.group,
    pins: scene.pins.filter((pin) => isPossible(layer, pin)),
    isAbsolute: scene.isAbsolute,
    lit: before?.lit ?? null,
    heldRatio: null,
  })
}

/** The state with the ranks in use, which follow from what is chosen, and with a view that these ranks have. */
function settled(layer, state) {
  const used = usedRanks(layer, state)
  const views = viewsOf(layer, used)
  return { ...state, used, view: views.includes(state.view) ? state.view : "1" }
}

function usedRanks(layer, { by, chosen, error, ratio }) {
  if (by === "error") return ranksForError(layer, error)
  if (by === "compression") return ranksForRatio(layer, ratio)
  return clampRanks(layer, chosen)
}

/** The same state with other values; ranks in use and view follow. */
export function changed(layer, state, values) {
  return settled(layer, { ...state, isSuggested: false, ...values })
}

/** Choose these ranks, whatever was chosen by before. */
export function withRanks(layer, state, ranks, isSnapped = false) {
  const inside = withinLimits(layer, ranks)
  const chosen = isSnapped ? nearestOnPath(layer, clampRanks(layer, inside)) : inside
  if (state.tied && chosen[1] !== state.chosen[1])
    return changed(layer, state, { by: "ranks", chosen: tiedRanks(layer, chosen[1], chosen[2]) })
  return changed(layer, state, { by: "ranks", chosen, tied: state.tied && chosen[0] === state.chosen[0] })
}

/** Choose the rank of one mode (0, 1, 2); tied, R1 and R2 move together. */
export function withRank(layer, state, mode, rank, isSnapped = false) {
  if (state.tied && mode < 2) {
    const r = mode === 0 ? Math.round(rank / layer.shape[3]) : rank
    const inside = Math.min(Math.max(r, 1), mostTied(layer))
    return changed(layer, state, { by: "ranks", chosen: tiedRanks(layer, inside, state.chosen[2]) })
  }
  const chosen = [...(state.by === "ranks" ? state.chosen : state.used)]
  chosen[mode] = rank
  return withRanks(layer, state, chosen, isSnapped)
}

/** Choose by ranks, by error or by ratio; what is set next starts from the ranks in use. */
export function withBy(layer, state, by) {
  const { value } = relativeError(layer, state.used)
  return changed(layer, state, {
    by,
    chosen: state.used,
    error: Math.min(Math.ceil(1000 * value) / 1000, 1),
    ratio: Math.max(Math.floor(100 * compressionRatio(layer, state.used)) / 100, 0.05),
    tied: false,
  })
}

export function withTied(layer, state, tied) {
  return changed(layer, state, {
    tied,
    ...(tied ? { chosen: tiedRanks(layer, state.used[1], state.used[2]) } : {}),
  })
}

/** Choose the largest error or the least ratio, whichever is chosen by. */
export function withLimit(layer, state, value) {
  return changed(layer, state, { [state.by === "error" ? "error" : "ratio"]: value })
}

/** Show another slice of the core. */
export function withView(layer, state, view) {
  return changed(layer, state, { view, isSuggested: state.isSuggested })
}

export function suggested(layer, state) {
  return {
    ...changed(layer, state, { by: "ranks", tied: false, chosen: [...layer.suggestion] }),
    isSuggested: true,
  }
}

/** Leave a ghost standing at the ranks in use, or take away the one that stands there; at most two stay. */
export function pinned(layer, state) {
  const others = state.pins.filter((pin) => String(pin) !== String(state.used))
  const pins = others.length < state.pins.length ? others : [...state.pins.slice(-1), [...state.used]]
  return { ...state, pins }
}

/** What the server keeps of the state. */
export function sceneOf(state) {
  const { by, chosen, error, ratio, tied, refine, isSuggested, view, group, pins, isAbsolute } = state
  return { by, ranks: isSuggested ? null : chosen, error, ratio, tied, refine, view, group, pins, isAbsolute }
}

/** The state at an earlier scene, as `sceneOf` gives it. */
export function restored(layer, state, { ranks, ...values }) {
  const before = changed(layer, state, { ...values, chosen: ranks ?? [...layer.suggestion] })
  return { ...before, isSuggested: ranks === null }
}

/** Where a key moves a rank: arrows by 1, with Shift by 8, the Page keys by a halving or a doubling; else null. */
export function rankAfterKey(rank, key, isShift, limit) {
  const step = isShift ? 8 : 1
  const after = {
    ArrowRight: rank + step,
    ArrowUp: rank + step,
    ArrowLeft: rank - step,
    ArrowDown: rank - step,
    PageUp: rank * 2,
    PageDown: Math.floor(rank / 2),
    Home: 1,
    End: limit,
  }[key]
  return after === undefined ? null : Math.min(Math.max(after, 1), limit)
}
