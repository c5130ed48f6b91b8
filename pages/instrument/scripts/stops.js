// A slider and a number for one of a few rising numbers, its stops: ratios at which results are known.

import { element, write } from "./elements.js"
import { setValue } from "./controls.js"
import { onWheel, wheelSteps } from "./pointer.js"

const STEPS = 1000

/** The place of the stop that is nearest to a number, on the logarithmic scale. */
export function nearestStop(stops, value) {
  let best = 0
  stops.forEach((stop, place) => {
    if (Math.abs(Math.log(stop / value)) < Math.abs(Math.log(stops[best] / value))) best = place
  })
  return best
}

/** Where a key moves from a stop: arrows by 1, with Shift by 8, the Page keys to the half or the double; else null. */
export function stopAfterKey(stops, place, key, isShift) {
  const step = isShift ? 8 : 1
  const double = Math.max(nearestStop(stops, stops[place] * 2), place + 1)
  const half = Math.min(nearestStop(stops, stops[place] / 2), place - 1)
  const after = {
    ArrowRight: place + step,
    ArrowUp: place + step,
    ArrowLeft: place - step,
    ArrowDown: place - step,
    PageUp: double,
    PageDown: half,
    Home: 0,
    End: stops.length - 1,
  }[key]
  return after === undefined ? null : Math.min(Math.max(after, 0), stops.length - 1)
}

/** The share of the slider at a stop, evenly in the logarithm, and back to the nearest stop. */
export function shareOfStop(stops, place) {
  const whole = Math.log(stops.at(-1) / stops[0])
  return whole > 0 ? Math.log(stops[place] / stops[0]) / whole : 0
}

export function stopAtShare(stops, share) {
  return nearestStop(stops, stops[0] * (stops.at(-1) / stops[0]) ** share)
}

/** What a visitor may do with the stops that `stopsOf(data)` gives; `state.place` is the place of the chosen one. */
export function stopActs(board, stopsOf) {
  const turn = wheelSteps()
  const stop = (place, how) => {
    const last = stopsOf(board.data).length - 1
    board.set({ ...board.state, place: Math.min(Math.max(place, 0), last) }, how)
  }
  return {
    stops: () => stopsOf(board.data),
    stop,
    key: (event) => {
      const after = stopAfterKey(stopsOf(board.data), board.state.place, event.key, event.shiftKey)
      if (after === null) return
      event.preventDefault()
      event.stopPropagation()
      stop(after, { isKey: true })
    },
    wheel: (event) => {
      event.preventDefault()
      const steps = turn(event)
      if (steps) stop(board.state.place + steps, { isKey: true })
    },
  }
}

/** The row: a name, a number, a slider. */
export function createStops(name, act) {
  const number = element("input", { type: "number", step: "any", "aria-label": name })
  const slider = element("input", { type: "range", min: 0, max: STEPS, step: "any", "aria-label": name })
  const head = element(
    "div",
    { className: "head" },
    element("span", { className: "name", textContent: name }),
    number,
  )
  const rank = element("div", { className: "rank" }, head, slider)
  const node = element("div", { className: "stops" }, rank)
  // While one types, 13 may be the beginning of 135.
  number.onchange = () => {
    if (Number(number.value) > 0) act.stop(nearestStop(act.stops(), Number(number.value)), {})
    setValue(number, act.stops()[act.state().place])
    act.commit()
  }
  number.onkeydown = (event) => {
    if (event.key === "Enter") number.onchange()
    else if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) act.key(event)
  }
  slider.oninput = () => act.stop(stopAtShare(act.stops(), Number(slider.value) / STEPS), {})
  slider.onchange = () => act.commit()
  slider.onkeydown = act.key
  onWheel(rank, act.wheel)
  return { node, number, slider }
}

/** Room for a sentence that stands out. */
export function createWarning() {
  return { node: element("p", { className: "sentence warning", "aria-live": "polite" }) }
}

export function drawWarning({ node }, words) {
  if (write(node, words)) node.title = words
}

/** Show the chosen stop. */
export function drawStops(row, stops, place, words) {
  const isTyping = row.number.getRootNode().activeElement === row.number && row.drawn === place
  if (!isTyping) setValue(row.number, stops[place])
  row.drawn = place
  setValue(row.slider, STEPS * shareOfStop(stops, place))
  row.slider.setAttribute("aria-valuetext", words)
  row.slider.disabled = stops.length < 2
}
