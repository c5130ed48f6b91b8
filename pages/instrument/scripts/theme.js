// The look of a scene, worked out once: tables of colours, type, density of the screen.

import { d3 } from "./d3.js"
import { pixelsOf } from "./look.js"

const known = new Map()

/** Colours, tables of pixels and type for a scene. */
export function themeOf(scene, root) {
  const key = JSON.stringify(scene.look)
  if (!known.has(key)) known.set(key, colours(scene.look))
  const family = getComputedStyle(root).fontFamily || "sans-serif"
  return {
    ...known.get(key),
    key,
    scale: scene.scale,
    family,
    gone: scene.gone,
    suggestedBy: scene.suggestedBy,
    density: 1,
  }
}

function colours(look) {
  const blend = d3
    .scaleLinear(
      look.errorScale.map(([place]) => place),
      look.errorScale.map(([, colour]) => colour),
    )
    .clamp(true)
  const table = Array.from({ length: 101 }, (_, step) => blend(step / 100))
  const errorColour = (share) => table[Math.round(share * 100)]
  // On dark cells the text is light, on light ones dark.
  errorColour.inkOn = (share) => {
    const { r, g, b } = d3.rgb(errorColour(share))
    return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111827" : "#f8fafc"
  }
  const errorSteps = pixelsOf(look.errorScale)
  const tables = new WeakMap()
  /** The pixel of each step of the errors, as a scale of errors spreads the colours. */
  const errorPixels = (scale) => {
    if (!tables.has(scale))
      tables.set(
        scale,
        Uint32Array.from(scale.table, (share) => errorSteps[Math.round(share * 255)]),
      )
    return tables.get(scale)
  }
  return { look, errorColour, errorPixels, signedPixels: pixelsOf(look.signedScale) }
}
