// What a visitor may do with the ranks of a layer: the controls and the gestures call these.

import { limitAt } from "./controls.js"
import { wheelSteps } from "./pointer.js"
import { pinned, suggested, withBy, withLimit, withRank, withRanks, withTied, withView } from "./state.js"

/** The actions by their names. */
export function rankActs(board) {
  const set = (state, settings = {}) => board.set(state, settings)
  /** Set the state that `make` makes of the layer and the present state. */
  const change = (make, settings) => set(make(board.data, board.state), settings)
  const done = { isDone: true }
  const wheels = [0, 1, 2].map(wheelSteps)
  return {
    rank: (mode, rank, how) => change((layer, state) => withRank(layer, state, mode, rank, how.isSnapped), how),
    ranks: (ranks, how) => change((layer, state) => withRanks(layer, state, ranks, how.isSnapped), how),
    held: (ratio, ranks) => change((layer, state) => ({ ...withRanks(layer, state, ranks), heldRatio: ratio })),
    by: (by) => change((layer, state) => withBy(layer, state, by), done),
    limit: (value, how) => change((layer, state) => withLimit(layer, state, value), how),
    limitOf: (share) => limitAt(board.data, board.state.by, share),
    tied: (tied) => change((layer, state) => withTied(layer, state, tied), done),
    refine: (refine) => set({ ...board.state, refine }, done),
    suggest: () => change(suggested, done),
    pin: () => change(pinned, done),
    view: (view) => change((layer, state) => withView(layer, state, view), done),
    group: (group) => set({ ...board.state, group }, done),
    absolute: () => set({ ...board.state, isAbsolute: !board.state.isAbsolute }, done),
    wheel: (mode, event) => {
      event.preventDefault()
      const steps = wheels[mode](event)
      if (steps) {
        change((layer, state) => withRank(layer, state, mode, state.used[mode] + steps), { isKey: true })
      }
    },
  }
}
