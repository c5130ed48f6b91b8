// The sentences of the Layers screen.

import { errorText, ratioName } from "./format.js"

/** Which layers lose least and most at a ratio. */
export function ratioWords(ratio, layers, errors, chance) {
  const noise = chance ? `; Gaussian weights have ${errorText(chance.mean, 2)}` : ""
  const order = layers.map((_, row) => row).sort((one, other) => errors[one] - errors[other])
  const [least, most] = [order[0], order.at(-1)]
  const [low, high] = [errorText(errors[least], 2), errorText(errors[most], 2)]
  const where = `Error at ${ratioName(ratio)}:`
  if (low === high) {
    return `${where} ${low} in ${layers.length > 1 ? "every layer" : `layer ${layers[least]}`}${noise}.`
  }
  return `${where} from ${low} (layer ${layers[least]}) to ${high} (layer ${layers[most]})${noise}.`
}

export function layerHint(layer, error, ranks) {
  return `Layer ${layer}: error ${errorText(error)}, ranks (${ranks.join(", ")}). Click to choose it`
}

export function ratioHint(ratio, layer, error) {
  const own = layer === null ? "" : `: error ${errorText(error, 3)} in layer ${layer}`
  return `${ratioName(ratio)} smaller${own}`
}

export const layersExplanation = () => [
  "The relative error of the truncated HOSVD at a compression ratio. Each layer has its own ranks: those with the " +
    "smallest error.",
  "Left: over all ratios, the chosen layer in orange. Drag the line to another ratio. Right: every layer at this " +
    "ratio. Click a point to choose its layer.",
  "Noise: draws of random Gaussian weights of the same shape and norm, the same draws every time. The band around " +
    "the dashed mean spans them.",
]
