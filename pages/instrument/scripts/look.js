// Colours: those of tensorllm_core/figures/theme.py, sent with the scene, as tables that turn a number into a pixel.

import { d3 } from "./d3.js"

const STEPS = 256

/** 256 pixels (as written by a Uint32Array on ImageData) along a scale of [[place, colour], ...]. */
export function pixelsOf(scale) {
  const places = scale.map(([place]) => place)
  const colours = scale.map(([, colour]) => colour)
  const blend = d3.scaleLinear(places, colours).interpolate(d3.interpolateRgb).clamp(true)
  return Uint32Array.from({ length: STEPS }, (_, step) => pixel(blend(step / (STEPS - 1))))
}

/** One colour as a pixel. */
export function pixel(colour, alpha = 255) {
  const { r, g, b } = d3.rgb(colour)
  // The bytes of a pixel are red, green, blue, alpha; every browser's machine is little-endian.
  return ((alpha << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0
}

/** A colour with less weight, for grounds. */
export function faint(colour, alpha) {
  const faded = d3.color(colour)
  faded.opacity = alpha
  return faded.formatRgb()
}

/** The colour of a part: Q1, Q2 ... have that of Q. */
export function partColour(look, part) {
  return look.parts[part[0]] ?? look.ink
}
