// The sentences of the Heads screen.

import { errorText, percentText } from "./format.js"
import { comparedIn } from "./similarity.js"

const ROUNDING = 1e-5
const ROLES = {
  least: "the smallest",
  most: "the largest",
  chosen: "chosen",
  same: "the same as in all others",
}

/** Which heads lose least and most. */
export function extremesWords(unit, { groups, least, most }) {
  if (Math.max(...groups) < ROUNDING)
    return `These ranks lose nothing: the error of every ${unit} is only rounding.`
  if (groups.length === 1) return `The layer has only one ${unit}.`
  const named = (group) => `${unit} ${group}, ${errorText(groups[group], 2)}`
  return `The error is smallest in ${named(least)}, and largest in ${named(most)}.`
}

export function profileWords(unit, shares, strongest) {
  const most = `${capital(unit)} ${strongest} has the most energy: ${percentText(shares[strongest])}`
  return `${most}. An equal share is ${percentText(1 / shares.length)}`
}

export function profileHint(unit, group, share, error) {
  const energy = `${percentText(share)} of the energy, of which ${percentText(Math.max(0, 1 - error * error))} is kept`
  return `${capital(unit)} ${group}: ${energy}, error ${errorText(error, 3)}`
}

export function cellsWords(layer, cells, { least, most }) {
  const named = (slice) => {
    const groups = layer.shape[3]
    const part = layer.parts[Math.floor(slice / groups)]
    return `${part} of ${layer.unit} ${slice % groups}, ${errorText(cells[slice], 2)}`
  }
  return `Largest error: ${named(most)}. Smallest: ${named(least)}`
}

export function cellHint(layer, { part, group }, error, isExact) {
  const about = isExact ? "" : "≈ "
  return `${layer.parts[part]} of ${layer.unit} ${group}: error ${about}${errorText(error, 3)}`
}

/** The two that are most alike; or why nothing is compared. */
export function similarityWords(layer, { cosines, isOld, chance }, pair) {
  const { unit, count, isOfQueries } = comparedIn(layer)
  const alone = isOfQueries ? `Only one ${layer.unit} here: ` : ""
  if (count < 2) return `${alone}nothing to compare it with`
  if (isOld || !cosines) return "Let go to see the similarity at these ranks"
  const [one, other] = pair
  const largest = `cosine ${cosines[one * count + other].toFixed(2)}, ${unit}s ${one} and ${other}`
  return isOfQueries
    ? `${alone}its query heads. Largest ${largest}`
    : `Largest ${largest}; noise ±${chance.toPrecision(2)}`
}

export function pairHint(layer, [one, other], cosine) {
  const { unit } = comparedIn(layer)
  return one === other
    ? `${capital(unit)} ${one}`
    : `${capital(unit)}s ${one} and ${other}: cosine ${cosine.toFixed(3)}`
}

/** What a row of the figure of the cores is called. */
export function rowWords(unit, { group, role }, error) {
  const what = role === "only" ? `the only ${unit}` : ROLES[role]
  return `${unit} ${group}, error ${errorText(error, 2)}, ${what}`
}

export function contrastWords(unit, rows) {
  if (rows[0].role !== "least") return `The core of ${unit} ${rows[0].group}`
  return `Cores of ${unit} ${rows[0].group} (smallest error) and ${unit} ${rows[1].group} (largest error)`
}

function capital(unit) {
  return unit[0].toUpperCase() + unit.slice(1)
}

/** What each figure shows, in paragraphs. */
export const HEADS_EXPLANATIONS = {
  profile: ({ unit }) => [
    `Above: the share of each ${unit} in the energy, the sum of squared weights. The full part of a bar is what the ` +
      "ranks keep of it. The dashed line is an equal share.",
    `Below: the relative error of each ${unit}, the norm of what is lost of it, divided by its own norm. The dashed ` +
      "line is the error of the whole layer. Lines in the bars are the errors at pinned ranks.",
    `${capital(unit)}s with much energy shape the shared directions, so those with little energy often lose more. ` +
      `Click a bar to choose its ${unit}, on every screen.`,
  ],
  cells: ({ unit }) => [
    `The relative error of each projection of each ${unit} on its own: the norm of what the ranks leave out of it, ` +
      "divided by its own norm.",
  ],
  similarity: (layer) => [
    ...(comparedIn(layer).isOfQueries
      ? [
          `This layer has a single ${layer.unit}. So the figure compares the compressed query weights of its query ` +
            "heads, which share one key and one value head.",
        ]
      : [
          `The cosine between the cores of every two ${layer.unit}s. The shared factors are orthonormal, so it is ` +
            `also the cosine between the compressed weights of the two ${layer.unit}s.`,
        ]),
    "Cores of pure noise of this size have cosines of about the size that the caption names. The colour is the " +
      "signed root of the cosine, so that small ones are seen too. The diagonal is left blank.",
    `By similarity puts similar ${layer.unit}s side by side.`,
  ],
  contrast: ({ unit }) => [
    `The slices of up to three cores, R1 rows by R2 columns: of the ${unit} with the smallest error at these ranks, ` +
      "of the one with the largest, and of the chosen one. At most four slices are drawn.",
    "The colours are those of the cores on the Decompose screen: the signed root of the entry, from the largest of " +
      "the whole layer down to zero.",
  ],
}
