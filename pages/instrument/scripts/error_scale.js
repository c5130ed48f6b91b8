// How errors become colours: spread over what occurs in the landscape, or evenly from 0 to 1.

import { d3 } from "./d3.js"
import { isPossible, relativeError } from "./lookup.js"

const KNOTS = 32
const SAMPLES = 24
const EVEN = 0.25
const known = new WeakMap()
const STEPS = 4096

/**
 * From an error to its share of the colour scale and back: `shareOf`, `errorAt`, and `table`, the share of each
 * step.
 */
export function errorScale(layer, isAbsolute) {
  if (!known.has(layer))
    known.set(
      layer,
      [false, true].map((absolute) => scaleOf(absolute ? [0, 1] : knotsOf(layer))),
    )
  return known.get(layer)[Number(isAbsolute)]
}

/** The place of an error in the tables of a scale. */
export function stepOf(error) {
  return Math.min(Math.max(Math.round(error * (STEPS - 1)), 0), STEPS - 1)
}

function scaleOf(knots) {
  const shares = knots.map((_, place) => place / (knots.length - 1))
  const shareOf = d3.scaleLinear(knots, shares).clamp(true)
  const table = Float32Array.from({ length: STEPS }, (_, step) => shareOf(step / (STEPS - 1)))
  return { shareOf, errorAt: d3.scaleLinear(shares, knots).clamp(true), table, ends: [knots[0], knots.at(-1)] }
}

/** Errors that divide the colours among what occurs on the logarithmic axes, a little of them evenly. */
function knotsOf(layer) {
  const errors = []
  const [k1, k2, k3] = layer.limits
  for (let r3 = 1; r3 <= k3; r3++) {
    for (let i = 0; i <= SAMPLES; i++) {
      for (let j = 0; j <= SAMPLES; j++) {
        const ranks = [Math.round(k1 ** (i / SAMPLES)), Math.round(k2 ** (j / SAMPLES)), r3]
        if (isPossible(layer, ranks)) errors.push(relativeError(layer, ranks).value)
      }
    }
  }
  errors.sort((first, second) => first - second)
  const [low, high] = [errors[0], errors.at(-1)]
  if (high - low < 1e-6) return [0, 1]
  return Array.from({ length: KNOTS + 1 }, (_, knot) => {
    const share = knot / KNOTS
    return (1 - EVEN) * d3.quantileSorted(errors, share) + EVEN * (low + share * (high - low))
  })
}
