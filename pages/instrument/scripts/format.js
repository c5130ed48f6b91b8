// Numbers as the screens write them; the same rules as tensorllm_core/numbers_text.py and pages/controls/texts.py.

import { d3 } from "./d3.js"

const WHOLE = d3.format(",")

/** A relative error with this many digits, or its power of ten if all these digits would be zero. */
export function errorText(error, digits = 4) {
  if (error === 0 || error >= 0.5 * 10 ** -digits) return error.toFixed(digits)
  const [mantissa, exponent] = error.toExponential(0).split("e")
  const power = Number(exponent)
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
}

export function wholeText(number) {
  return WHOLE(number)
}

/** How many times smaller: `30.1x`; from 100 on without a fraction. */
export function ratioText(ratio) {
  return ratio < 100 ? `${ratio.toFixed(1)}x` : `${WHOLE(Math.round(ratio))}x`
}

/** A ratio that is chosen, as short as it can be: `13.5x`. */
export function ratioName(ratio) {
  return `${Number(ratio.toPrecision(3))}x`
}

/** A share as a percentage; below 1% with one digit after the point. */
export function percentText(share) {
  const percent = 100 * share
  return `${percent.toFixed(share < 0.01 ? 1 : 0)}%`
}

/** A count in three digits and a letter: `65.5k`. */
export function shortCount(count) {
  for (const [size, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ]) {
    if (count >= size) return `${Number((count / size).toPrecision(3))}${unit}`
  }
  return `${Number(count.toPrecision(3))}`
}

/** A list in words: `V, O and head 3`. */
export function listed(names, most = 4) {
  if (names.length > most) return `${names.slice(0, most).join(", ")} and ${names.length - most} more`
  if (names.length < 2) return names.join("")
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`
}
