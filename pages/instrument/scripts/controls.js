// The controls at the left: a slider and a number for each rank, or one for the error or the ratio.

import { element, write } from "./elements.js"
import { breakEvenR1, compressionRatio, isPossible, largestRank, mostTied } from "./lookup.js"
import { onWheel } from "./pointer.js"
import { rankAfterKey } from "./state.js"
import { impossibleWords, MODE_NAMES } from "./words.js"

const STEPS = 1000
const LINEAR_UP_TO = 32
const MEANINGS = [
  "How many directions of the model width are kept. All heads share them.",
  "How many directions of the head width are kept. All heads share them.",
  "How many combinations of Q, K, V and O are kept.",
]
const BY = { ranks: "Ranks", error: "Error", compression: "Ratio" }

/** The controls; `act` has a function for each thing that a visitor may do. */
export function createControls(act) {
  const node = element("div", { className: "controls" })
  const by = {}
  const choice = element("div", { className: "by", role: "radiogroup", "aria-label": "Choose by" })
  for (const [name, words] of Object.entries(BY)) {
    by[name] = element("button", { type: "button", role: "radio", textContent: words, onclick: () => act.by(name) })
    choice.append(by[name])
  }
  const ranks = MODE_NAMES.map((name, mode) => rankRow(name, mode, act))
  const limit = limitRow(act)
  const note = element("p", { className: "limit-note" })
  const tied = element("input", { type: "checkbox", onchange: () => act.tied(tied.checked) })
  const refine = element("input", { type: "checkbox", onchange: () => act.refine(refine.checked) })
  const suggest = element("button", {
    type: "button",
    className: "quiet",
    textContent: "Suggested ranks",
    onclick: act.suggest,
  })
  const pin = element("button", { type: "button", className: "quiet", textContent: "Pin", onclick: act.pin })
  const tiedLabel = element("label", {}, tied, element("span", { className: "tied-words" }))
  const refineLabel = element(
    "label",
    { title: "Improves the three factors in sweeps (HOOI), until the error no longer falls" },
    refine,
    "Refine the factors",
  )
  node.append(
    choice,
    ...ranks.map((row) => row.node),
    limit.node,
    note,
    tiedLabel,
    refineLabel,
    element("div", { className: "buttons" }, suggest, pin),
  )
  return { node, by, ranks, limit, note, tied, tiedLabel, refine, suggest, pin }
}

function rankRow(name, mode, act) {
  const number = element("input", { type: "number", min: 1, step: 1, "aria-label": name, inputmode: "numeric" })
  const slider = element("input", { type: "range", min: 0, max: STEPS, step: "any", "aria-label": name })
  const most = element("span", { className: "most" })
  const head = element(
    "div",
    { className: "head" },
    element("span", { className: `name mode${mode + 1}`, textContent: name }),
    most,
    number,
  )
  const row = {
    node: element("div", { className: "rank", title: MEANINGS[mode] }, head, slider),
    number,
    slider,
    most,
    mode,
    limit: 1,
  }
  number.oninput = () =>
    number.value && Number(number.value) >= 1 && act.rank(mode, Number(number.value), { isTyped: true })
  number.onchange = () => act.commit()
  number.onkeydown = (event) => key(event, true)
  slider.oninput = () => act.rank(mode, rankOf(Number(slider.value) / STEPS, row.limit), {})
  slider.onchange = () => act.commit()
  slider.onkeydown = (event) => key(event, false)
  onWheel(row.node, (event) => act.wheel(mode, event))
  function key(event, isField) {
    if (isField && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return
    const rank = rankAfterKey(act.state().chosen[mode], event.key, event.shiftKey, row.limit)
    if (rank === null) return
    event.preventDefault()
    event.stopPropagation()
    act.rank(mode, rank, { isKey: true })
  }
  return row
}

function limitRow(act) {
  const number = element("input", { type: "number", step: "any" })
  const slider = element("input", { type: "range", min: 0, max: STEPS, step: "any" })
  const name = element("span", { className: "name" })
  const row = {
    node: element("div", { className: "rank" }, element("div", { className: "head" }, name, number), slider),
    number,
    slider,
    name,
  }
  number.oninput = () => Number(number.value) > 0 && act.limit(Number(number.value), { isTyped: true })
  number.onchange = () => act.commit()
  slider.oninput = () => act.limit(act.limitOf(Number(slider.value) / STEPS), {})
  slider.onchange = () => act.commit()
  return row
}

/** The rank at a share of a slider: even steps up to 32 directions, else even in the logarithm. */
export function rankOf(share, limit) {
  return Math.round(limit <= LINEAR_UP_TO ? 1 + share * (limit - 1) : limit ** share)
}

export function shareOf(rank, limit) {
  if (limit <= 1) return 0
  return limit <= LINEAR_UP_TO ? (rank - 1) / (limit - 1) : Math.log(rank) / Math.log(limit)
}

/** The error or the ratio at a share of its slider: errors evenly, ratios in the logarithm. */
export function limitAt(layer, by, share) {
  if (by === "error") return Math.round(share * 1000) / 1000
  const most = compressionRatio(layer, [1, 1, 1])
  const ratio = 0.5 * (most / 0.5) ** share
  return Math.round(ratio * 100) / 100
}

function limitShare(layer, by, value) {
  if (by === "error") return value
  const most = compressionRatio(layer, [1, 1, 1])
  return Math.log(Math.max(value, 0.5) / 0.5) / Math.log(most / 0.5)
}

/** Show the state; the control in the hand keeps its own text. */
export function drawControls(controls, layer, state, theme) {
  const isByRanks = state.by === "ranks"
  for (const [name, button] of Object.entries(controls.by)) {
    button.setAttribute("aria-checked", String(name === state.by))
    button.tabIndex = name === state.by ? 0 : -1
  }
  controls.limit.node.hidden = isByRanks
  controls.ranks.forEach((row, mode) =>
    drawRankRow(row, layer, isByRanks ? state.chosen[mode] : state.used[mode], mode),
  )
  if (!isByRanks) drawLimit(controls.limit, layer, state)
  controls.tied.checked = state.tied
  controls.tiedLabel.hidden = !isByRanks
  write(
    controls.tiedLabel.querySelector(".tied-words"),
    `R1 = ${layer.shape[3]} x R2, as in TensorLLM's own program`,
  )
  controls.refine.checked = state.refine
  controls.suggest.disabled = String(state.used) === String(layer.suggestion)
  controls.suggest.title = `Takes (${layer.suggestion.join(", ")}), ${theme.suggestedBy}`
  const isPinned = state.pins.some((pin) => String(pin) === String(state.used))
  write(controls.pin, isPinned ? "Unpin" : "Pin to compare")
  controls.pin.title = "Leaves a mark at these ranks in every figure, to compare others with; at most two"
  write(controls.note, noteOn(layer, state))
}

function drawRankRow(row, layer, rank, mode) {
  const limit = layer.limits[mode]
  row.limit = limit
  write(row.most, `of ${limit.toLocaleString("en-US")}`)
  setValue(row.number, rank)
  row.number.max = limit
  setValue(row.slider, STEPS * shareOf(rank, limit))
  row.slider.setAttribute("aria-valuetext", `${rank} of ${limit}`)
  row.slider.disabled = row.number.disabled = limit <= 1
}

function drawLimit(row, layer, state) {
  const isError = state.by === "error"
  write(row.name, isError ? "Error at most" : "Smaller by at least")
  row.number.setAttribute("aria-label", row.name.textContent)
  row.slider.setAttribute("aria-label", row.name.textContent)
  const value = isError ? state.error : state.ratio
  setValue(row.number, value)
  setValue(row.slider, STEPS * limitShare(layer, state.by, value))
  row.slider.setAttribute("aria-valuetext", isError ? `${value}` : `${value} times`)
}

/** Show a value in a field or a slider, unless it stands there. */
export function setValue(input, value) {
  const root = input.getRootNode()
  if (input.type === "number" && root.activeElement === input && Number(input.value) === value) return
  if (Number(input.value) !== value) input.value = value
  if (input.type === "range") input.style.setProperty("--share", `${(100 * value) / STEPS}%`)
}

/** One line on what limits the ranks. */
function noteOn(layer, state) {
  if (!isPossible(layer, state.chosen) && state.by === "ranks") {
    const mode = state.chosen.findIndex((rank, place) => rank > largestRank(layer, state.chosen, place))
    return impossibleWords(mode, largestRank(layer, state.chosen, mode), layer.unit, state.used)
  }
  if (state.tied) return `Tied: R2 up to ${mostTied(layer)}.`
  const even = breakEvenR1(layer, state.used)
  if (compressionRatio(layer, state.used) <= 1)
    return even ? `Nothing is saved above R1 = ${even}.` : "Nothing is saved at these R2 and R3."
  const isAlways = even === largestRank(layer, [1, state.used[1], state.used[2]], 0)
  return isAlways
    ? "At these R2 and R3, any R1 makes the layer smaller."
    : `Saves numbers up to R1 = ${even}, break-even.`
}
