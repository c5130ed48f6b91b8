// The headline: how much smaller, what is lost, what is stored, and which parts are practically gone.

import { element, write } from "./elements.js"
import { errorText, percentText, ratioText, wholeText } from "./format.js"
import { aboutError, ghostWords, goneWords, leastWords } from "./words.js"
import { partColour } from "./look.js"
import { compressionRatio, entriesOf, errorBounds, relativeError, sliceErrors, storedEntries } from "./lookup.js"

/** The numbers of the headline at the ranks in use; from the server where it knows them better. */
export function numbersAt(layer, state, exact) {
  const isKnown = Boolean(exact) && String(exact.ranks) === String(state.used)
  const looked = relativeError(layer, state.used)
  const error = isKnown ? exact.error : looked.value
  const bounds = errorBounds(layer, state.used, looked.value)
  const slices = sliceErrors(layer, state.used)
  return {
    error,
    isExact: isKnown || looked.isExact,
    isRefined: Boolean(isKnown && exact.isRefined),
    lower: isKnown ? exact.lower : bounds.lower,
    best: isKnown ? Math.min(exact.upper, exact.error) : bounds.best,
    ratio: compressionRatio(layer, state.used),
    stored: storedEntries(layer, state.used),
    entries: entriesOf(layer),
    energy: Math.max(0, 1 - error * error),
    parts: isKnown ? exact.parts : Array.from(slices.parts),
    groups: isKnown ? exact.groups : Array.from(slices.groups),
    isKnown,
    partsExact: isKnown || slices.isExact,
    gone: isKnown ? exact.gone : null,
  }
}

/** Names of the parts of which next to nothing is left; letters where all members of a part are gone. */
export function goneNames(layer, numbers, most) {
  const names = []
  for (const letter of "QKVO") {
    const members = layer.parts.map((part, place) => [part, place]).filter(([part]) => part[0] === letter)
    const gone = members.filter(([, place]) => numbers.parts[place] > most)
    if (gone.length && gone.length === members.length) names.push(letter)
    else names.push(...gone.map(([part]) => part))
  }
  if (names.length === 4 && names.every((name) => name.length === 1)) return names
  numbers.groups.forEach((error, group) => error > most && names.push(`${layer.unit} ${group}`))
  return names
}

export function createReadout() {
  const metric = (name) => {
    const value = element("div", { className: "value" })
    const label = element("div", { className: "label" })
    const note = element("div", { className: "note" })
    return { node: element("div", { className: `metric ${name}` }, label, value, note), label, value, note }
  }
  const [size, error, stored] = ["size", "error", "stored"].map(metric)
  const parts = element("div", { className: "parts", role: "group", "aria-label": "Error of each part" })
  const sentence = element("p", { className: "sentence" })
  const ghosts = element("p", { className: "ghosts", hidden: true })
  const node = element("div", { className: "readout", "aria-live": "polite", "aria-atomic": "true" })
  node.append(size.node, error.node, stored.node, parts, sentence, ghosts)
  write(error.label, "Relative error")
  write(stored.label, "Numbers stored")
  return { node, size, error, stored, parts, sentence, ghosts, bars: [] }
}

/**
 * Write the numbers, and the words below them unless a part is gone. Only texts and widths change while a rank is
 * dragged, never the layout.
 */
export function drawReadout(readout, layer, state, numbers, theme, words) {
  const isSmaller = numbers.ratio >= 1
  write(readout.size.label, isSmaller ? "Smaller by" : "Larger: nothing is saved")
  write(readout.size.value, ratioText(numbers.ratio))
  write(readout.size.note, `keeps ${percentText(numbers.stored / numbers.entries)} of the numbers`)
  write(readout.error.value, aboutError(numbers.error, numbers.isExact))
  write(readout.error.note, `${numbers.isRefined ? "refined; " : ""}${leastWords(numbers.lower, numbers.best)}`)
  write(readout.stored.value, wholeText(numbers.stored))
  write(readout.stored.note, `of ${wholeText(numbers.entries)} in the layer's attention`)
  drawParts(readout, layer, numbers, theme)
  drawGhosts(readout, layer, state.pins, numbers)
  const names = goneNames(layer, numbers, theme.gone)
  const warned = numbers.gone ?? goneWords(names)
  write(readout.sentence, warned || words)
  readout.sentence.classList.toggle("warning", Boolean(warned))
}

/** What is pinned, beside your ranks: how much smaller, and at which error. */
function drawGhosts(readout, layer, pins, numbers) {
  readout.ghosts.hidden = !pins.length
  const words = pins.map((pin, place) => {
    const { value, isExact } = relativeError(layer, pin)
    const error = aboutError(value, isExact)
    return ghostWords("AB"[place], pin, compressionRatio(layer, pin), error, numbers.error - value)
  })
  write(readout.ghosts, words.join("   ·   "))
}

function drawParts(readout, layer, numbers, theme) {
  if (readout.bars.length !== layer.parts.length || readout.bars.layer !== layer) {
    readout.bars = layer.parts.map((part) => {
      const fill = element("div", { className: "fill" })
      const value = element("span", { className: "number" })
      const name = element("span", { className: "name", textContent: part })
      return {
        fill,
        value,
        name,
        row: element("div", { className: "bar" }, name, element("div", { className: "track" }, fill), value),
      }
    })
    readout.bars.layer = layer
    const title = element("div", { className: "label", textContent: "Error of each part" })
    readout.parts.replaceChildren(title, ...readout.bars.map(({ row }) => row))
    readout.parts.classList.toggle("many", layer.parts.length > 6)
  }
  layer.parts.forEach((part, place) => {
    const error = numbers.parts[place]
    const { fill, value, row } = readout.bars[place]
    fill.style.transform = `scaleX(${Math.min(error, 1)})`
    fill.style.background = partColour(theme.look, part)
    write(value, `${numbers.partsExact ? "" : "≈"}${errorText(error, 2)}`)
    row.classList.toggle("gone", error > theme.gone)
  })
}
