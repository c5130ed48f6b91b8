// The sentences of the instrument.

import { errorText, listed, percentText, ratioText } from "./format.js"

export const MODE_NAMES = ["R1", "R2", "R3"]

/** What the ranks keep and lose. */
export function keptWords(energy) {
  const energies = `${percentText(energy)} of the energy (the sum of squared weights)`
  return `These ranks keep ${energies} and lose ${percentText(1 - energy)}.`
}

/** In what range the least error of these ranks lies; the same words as in pages/controls/texts.py. */
export function leastWords(lower, best) {
  const [low, high] = [errorText(lower, 3), errorText(best, 3)]
  return `the least possible: ${low === high ? low : `between ${low} and ${high}`}`
}

/** Parts of which next to nothing is left. */
export function goneWords(names) {
  return names.length ? `${listed(names)} ${names.length === 1 ? "is" : "are"} practically gone.` : ""
}

/** An error, marked where it is only about right. */
export function aboutError(value, isExact, digits) {
  return `${isExact ? "" : "≈ "}${errorText(value, digits)}`
}

/** A pinned mark beside the ranks in use; `difference` is how much larger their error is. */
export function ghostWords(name, pin, ratio, error, difference) {
  const sign = difference > 0 ? "more" : "less"
  const compared = Math.abs(difference) < 5e-5 ? "" : `, yours lose ${sign} by ${errorText(Math.abs(difference))}`
  return `${name} (${pin.join(", ")}): ${ratioText(ratio)} smaller, error ${error}${compared}`
}

/** Which ranks are impossible beside the others, and what is in use instead. */
export function impossibleWords(mode, most, unit, used) {
  const [first, second] = MODE_NAMES.filter((_, place) => place !== mode)
  const limit = `${MODE_NAMES[mode]} can be at most ${first} x ${second} x ${unit}s = ${most}`
  return `${limit}. In use: (${used.join(", ")}).`
}

/** The ranks under the pointer; `line` is the ratio of the line under it, if there is one. */
export function pointedWords(ranks, error, ratio, line) {
  const held = line ? `. Drag along the line: all ${line === 1 ? "break even" : `${line}x smaller`}` : ""
  return `R1 = ${ranks[0]}, R2 = ${ranks[1]}: error ${error}, ${ratioText(ratio)} smaller${held}`
}

/** The entry of a core under the pointer. */
export function cellWords(unit, { group, value, rows, columns }) {
  const band = (name, [first, last]) => `${name} ${first === last ? first : `${first} to ${last}`}`
  const isBand = rows[0] < rows[1] || columns[0] < columns[1]
  const where = `direction ${band("a =", rows)} of mode 1 and ${band("b =", columns)} of mode 2`
  const entry = `${value.toPrecision(4)}${isBand ? ", the strongest of these" : ""}`
  return `${unit} ${group}, ${where}: ${entry}. Click to take this ${unit} everywhere`
}

/** What each figure shows, in paragraphs. */
export const EXPLANATIONS = {
  landscape: (layer) => [
    "Each cell is the relative error at one R1 (across) and R2 (up), for the R3 that is chosen at the right. " +
      "The error is " +
      "the norm of what is lost, divided by the norm of the weights: 0 is lossless, 1 is nothing left.",
    "Thin lines join equal errors. Dotted lines join ranks that make the layer equally many times smaller; " +
      "right of the " +
      "thick one, break-even, core and factors need more numbers than the layer itself.",
    "Orange dots are the best ranks: no others with this R3 are both smaller and more accurate. The ring is yours.",
    "Hatched ranks are impossible: a mode cannot have more directions than the product of the other two ranks and the " +
      `number of ${layer.unit}s.`,
    "Drag the ring, or a dotted line to keep its ratio. Hold Shift to stay on the best ranks. Arrow keys " +
      "move by 1, with " +
      "Shift by 8, Page keys halve or double, Escape takes back.",
  ],
  spectra: (layer) => [
    "The line shows the singular values of the tensor, unfolded along one mode into a matrix with this mode " +
      "as its rows. " +
      "The shaded area (right axis) is the share of the energy, the sum of squared weights, that the first " +
      "directions hold.",
    "The mark is your rank: what is left of it is kept. Drag it, or click and turn the wheel.",
    "The dashed line is the noise floor: the largest singular value that white noise of the same strength " +
      "would have. " +
      `It lies at ranks (${layer.noise.ranks.join(", ")}). It uses no data, so it is only a hint.`,
  ],
  cores: (layer) => [
    `All ${layer.unit}s share the same directions. They differ only in their cores, R1 rows and R2 columns of numbers.`,
    "Slice 1 is the strongest combination of Q, K, V and O; a letter is the core of that part alone.",
    "The colour is the signed root of the entry, from the largest of the whole layer down to zero, so that " +
      "small entries " +
      "are seen too. It stays the same while you drag.",
    "Where a pixel has room for several entries, it shows the strongest.",
  ],
}
