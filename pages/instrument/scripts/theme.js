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

/** The colour at a share of a scale; its `inkOn` gives a colour for text there. */
function colourOf(scale) {
  const blend = d3
    .scaleLinear(
      scale.map(([place]) => place),
      scale.map(([, colour]) => colour),
    )
    .clamp(true)
  const table = Array.from({ length: 101 }, (_, step) => blend(step / 100))
  const at = (share) => table[Math.round(Math.min(Math.max(share, 0), 1) * 100)]
  // On dark cells the text is light, on light ones dark.
  at.inkOn = (share) => {
    const { r, g, b } = d3.rgb(at(share))
    return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111827" : "#f8fafc"
  }
  return at
}

function colours(look) {
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
  return {
    look,
    errorColour: colourOf(look.errorScale),
    signedColour: colourOf(look.signedScale),
    errorPixels,
    signedPixels: pixelsOf(look.signedScale),
  }
}
