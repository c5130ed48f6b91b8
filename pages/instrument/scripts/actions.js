// What a visitor may do with the instrument: the controls and the gestures call these.

import { limitAt } from "./controls.js"
import { pngOf, svgOf } from "./figures.js"
import { csvOf } from "./numbers.js"
import { pinned, suggested, withBy, withLimit, withRank, withRanks, withTied, withView } from "./state.js"

/** The actions by their names. */
export function actionsOf(instrument) {
  const set = (state, settings = {}) => instrument.set(state, settings)
  /** Set the state that `make` makes of the layer and the present state. */
  const change = (make, settings) => set(make(instrument.layer, instrument.state), settings)
  const done = { isDone: true }
  const svg = (name) => svgOf(name, instrument.layer, instrument.plots, instrument.state, instrument.theme)
  return {
    state: () => instrument.state,
    rank: (mode, rank, how) => change((layer, state) => withRank(layer, state, mode, rank, how.isSnapped), how),
    ranks: (ranks, how) => change((layer, state) => withRanks(layer, state, ranks, how.isSnapped), how),
    held: (ratio, ranks) => change((layer, state) => ({ ...withRanks(layer, state, ranks), heldRatio: ratio })),
    by: (by) => change((layer, state) => withBy(layer, state, by), done),
    limit: (value, how) => change((layer, state) => withLimit(layer, state, value), how),
    limitOf: (share) => limitAt(instrument.layer, instrument.state.by, share),
    tied: (tied) => change((layer, state) => withTied(layer, state, tied), done),
    refine: (refine) => set({ ...instrument.state, refine }, done),
    suggest: () => change(suggested, done),
    pin: () => change(pinned, done),
    view: (view) => change((layer, state) => withView(layer, state, view), done),
    group: (group) => set({ ...instrument.state, group }, done),
    absolute: () => set({ ...instrument.state, isAbsolute: !instrument.state.isAbsolute }, done),
    grab: () => (instrument.grabbed = instrument.state),
    release: (isCancelled) => {
      const from = instrument.grabbed
      instrument.grabbed = null
      set({ ...(isCancelled && from ? from : instrument.state), heldRatio: null }, done)
    },
    commit: () => instrument.commit(),
    wheel: (mode, event) => instrument.wheel(mode, event),
    light: (mode, place, second) => instrument.light(mode, place, second),
    hint: (name, words) => instrument.hint(name, words),
    about: (name) => instrument.openAbout(name),
    close: () => instrument.openAbout(null),
    picture: svg,
    pixels: (name, then) => pngOf(svg(name), then),
    numbers: (name) => csvOf(name, instrument.layer, instrument.state),
  }
}
