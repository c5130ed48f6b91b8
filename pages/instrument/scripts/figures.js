// The figures of the instrument: their canvases, where things stand in them, and when each is drawn again.

import { corePlot, drawCoreNames, drawCores } from "./cores.js"
import { cleared, element, resize } from "./elements.js"
import { drawLandscape, landscapePlot } from "./landscape.js"
import { CanvasPaint, SvgPaint } from "./paint.js"
import { drawRanks } from "./rank_marks.js"
import { drawRank, drawSpectrum, spectrumPlot } from "./spectra.js"

export const TITLES = {
  landscape: "The error at all ranks",
  spectra: "What each mode holds",
  cores: "The core of every head",
}

function figure(name, canvases, onAbout) {
  const caption = element("span", { className: "caption" })
  const about = element("button", {
    type: "button",
    className: "icon",
    "aria-label": `About: ${TITLES[name]}`,
    textContent: "i",
  })
  about.onclick = () => onAbout(name)
  const tools = element("span", { className: "tools" })
  const head = element("figcaption", {}, caption, tools, about)
  const ground = element("div", { className: "ground" }, ...canvases)
  return { node: element("figure", { className: `figure ${name}` }, head, ground), caption, tools, ground }
}

function layers(label, role) {
  const base = element("canvas", { "aria-hidden": "true" })
  const over = element("canvas", { className: "over", tabindex: 0, role, "aria-label": label })
  return { base, over, node: element("div", { className: "layers" }, base, over) }
}

/** The canvases of the three figures. */
export function createFigures(onAbout) {
  const landscape = layers("Error landscape: arrow keys move R1 and R2, brackets R3", "application")
  const spectra = [0, 1, 2].map((mode) => layers(`Spectrum of mode ${mode + 1}: the rank`, "slider"))
  const cores = layers("Cores of all heads: arrow keys choose a head", "application")
  return {
    landscape: { ...figure("landscape", [landscape.node], onAbout), base: landscape.base, over: landscape.over },
    spectra: {
      ...figure(
        "spectra",
        spectra.map(({ node }) => node),
        onAbout,
      ),
      panels: spectra,
    },
    cores: { ...figure("cores", [cores.node], onAbout), base: cores.base, over: cores.over },
  }
}

/** Where everything stands, after the sizes of the page's boxes. */
export function plotsFor(figures, layer, scale) {
  const size = (ground) => [Math.max(120, ground.clientWidth), Math.max(40, ground.clientHeight)]
  const [wide, tall] = size(figures.spectra.ground)
  return {
    landscape: landscapePlot(layer, ...size(figures.landscape.ground), scale),
    spectra: [0, 1, 2].map((mode) => spectrumPlot(layer, mode, wide, tall / 3, scale)),
    cores: corePlot(layer, ...size(figures.cores.ground), scale),
  }
}

/** What the standing part of each figure depends on: where it changes, that part is drawn again. */
export function standing(state, plots, theme) {
  const common = `${theme.key} ${theme.density}`
  const size = ({ width, height, scale }) => `${width} ${height} ${scale}`
  return {
    landscape: `${common} ${size(plots.landscape)} ${state.used[2]} ${state.isAbsolute}`,
    spectra: `${common} ${size(plots.spectra[0])}`,
    cores: `${common} ${size(plots.cores)} ${state.used} ${state.view}`,
  }
}

/** Draw what has changed: `before` and `after` as `standing` gives them. */
export function drawFigures(figures, layer, plots, state, theme, before, after) {
  const paint = (canvas, { width, height }) => {
    resize(canvas, width, height, theme.density)
    return new CanvasPaint(cleared(canvas, theme.density), theme.family)
  }
  if (before.landscape !== after.landscape) {
    drawLandscape(paint(figures.landscape.base, plots.landscape), layer, plots.landscape, state, theme)
  }
  drawRanks(paint(figures.landscape.over, plots.landscape), layer, plots.landscape, state, theme)
  figures.spectra.panels.forEach(({ base, over }, mode) => {
    const plot = plots.spectra[mode]
    if (before.spectra !== after.spectra) drawSpectrum(paint(base, plot), layer, plot, theme)
    drawRank(paint(over, plot), layer, plot, state, theme)
  })
  if (before.cores !== after.cores)
    drawCores(paint(figures.cores.base, plots.cores), layer, plots.cores, state, theme)
  drawCoreNames(paint(figures.cores.over, plots.cores), layer, plots.cores, state, theme)
}

/** A whole figure as an SVG text. */
export function svgOf(name, layer, plots, state, theme) {
  const still = { ...state, lit: null, heldRatio: null }
  const sharp = { ...theme, density: Math.max(theme.density, 2) }
  if (name === "spectra") return svgOfSpectra(layer, plots.spectra, still, sharp)
  const plot = plots[name]
  const paint = new SvgPaint(plot.width, plot.height, theme.family, theme.look.ground)
  const strokes = name === "landscape" ? [drawLandscape, drawRanks] : [drawCores, drawCoreNames]
  for (const draw of strokes) draw(paint, layer, plot, still, sharp)
  return paint.toString()
}

function svgOfSpectra(layer, plots, state, theme) {
  const [{ width, height }] = plots
  const pieces = plots.map((plot, mode) => {
    const paint = new SvgPaint(width, height, theme.family, theme.look.ground)
    drawSpectrum(paint, layer, plot, theme)
    drawRank(paint, layer, plot, state, theme)
    return `<g transform="translate(0 ${mode * height})">${paint.pieces.join("")}</g>`
  })
  const size = `width="${width}" height="${3 * height}" viewBox="0 0 ${width} ${3 * height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${pieces.join("")}</svg>`
}

/** A whole figure as the pixels of a PNG file, twice as fine as the screen. */
export function pngOf(svg, then) {
  const picture = new Image()
  picture.onload = () => {
    const canvas = element("canvas")
    canvas.width = 2 * picture.width
    canvas.height = 2 * picture.height
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height)
    canvas.toBlob(then, "image/png")
    URL.revokeObjectURL(picture.src)
  }
  picture.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }))
}
