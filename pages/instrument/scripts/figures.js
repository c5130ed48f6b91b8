// What the figures of all boards share: their canvases, where things stand in them, when each is drawn again, and
// the files that they are saved in. A figure is described by an object:
//
// - `title`; `labels`, one for each of its panels; `role` of the panels for readers of the screen;
// - `plot(data, panel, width, height, scale)`: where everything stands in a panel;
// - `standing(state, numbers)`: a text that changes where the standing strokes do, beside data, size and colours;
// - `base` and `over(paint, data, plot, state, theme, numbers)`: the strokes that stand, and those that move;
// - `gestures(node, panel, view, act)`: what pointer, wheel and keys do on a panel;
// - `explain(data)`: paragraphs that explain it; `formula`; `table(data, state, numbers)`: names and rows of numbers.

import { cleared, element, resize } from "./elements.js"
import { CanvasPaint, SvgPaint } from "./paint.js"

/** The elements of the figures, by their names. */
export function createFigures(specs, act, view) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const panels = spec.labels.map((label) => createPanel(label, spec.role))
      panels.forEach(({ over }, panel) => spec.gestures(over, panel, () => view(name, panel), act))
      return [name, { ...createFrame(name, spec.title, panels, () => act.about(name)), panels }]
    }),
  )
}

/** Put a control above a figure; returns it. */
export function addTool(figure, node) {
  figure.tools.append(node)
  return node
}

function createFrame(name, title, panels, onAbout) {
  const caption = element("span", { className: "caption" })
  const about = element("button", {
    type: "button",
    className: "icon",
    "aria-label": `About: ${title}`,
    textContent: "i",
    onclick: onAbout,
  })
  const tools = element("span", { className: "tools" })
  const head = element("figcaption", {}, caption, tools, about)
  const ground = element("div", { className: "ground" }, ...panels.map(({ node }) => node))
  const node = element("figure", { className: `figure ${name}`, style: `grid-area: ${name}` }, head, ground)
  return { node, caption, tools, ground }
}

function createPanel(label, role) {
  const base = element("canvas", { "aria-hidden": "true" })
  const over = element("canvas", { className: "over", tabindex: 0, role, "aria-label": label })
  return { base, over, node: element("div", { className: "layers" }, base, over) }
}

/** Where everything stands, after the sizes of the page's boxes: for each figure, one plot for each panel. */
export function plotsFor(figures, specs, data, scale) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => {
      const { ground, panels } = figures[name]
      const [wide, tall] = [Math.max(120, ground.clientWidth), Math.max(40, ground.clientHeight)]
      return [name, panels.map((_, panel) => spec.plot(data, panel, wide, tall / panels.length, scale))]
    }),
  )
}

/** What the standing part of each figure depends on: where it changes, that part is drawn again. */
export function standing({ kind, data, plots, state, theme, numbers }) {
  return Object.fromEntries(
    Object.entries(kind.figures).map(([name, spec]) => {
      const [{ width, height, scale }] = plots[name]
      const common = `${data.key} ${theme.key} ${theme.density} ${width} ${height} ${scale}`
      return [name, `${common} ${spec.standing(state, numbers)}`]
    }),
  )
}

/** Draw the figures of a board; their standing parts only where `after` differs from what was drawn before. */
export function drawFigures(board, after) {
  const { data, state, theme, numbers } = board
  for (const [name, spec] of Object.entries(board.kind.figures)) {
    board.figures[name].panels.forEach(({ base, over }, panel) => {
      const plot = board.plots[name][panel]
      const draw = (canvas, strokes) => {
        resize(canvas, plot.width, plot.height, theme.density)
        const paint = new CanvasPaint(cleared(canvas, theme.density), theme.family)
        strokes(paint, data, plot, state, theme, numbers)
      }
      if (board.drawnBefore[name] !== after[name]) draw(base, spec.base)
      draw(over, spec.over)
    })
  }
}

/** A whole figure as an SVG text: its panels below each other. */
export function svgOf(spec, data, plots, state, theme, numbers) {
  const still = { ...state, lit: null, heldRatio: null }
  const sharp = { ...theme, density: Math.max(theme.density, 2) }
  const [{ width, height }] = plots
  const pieces = plots.map((plot, panel) => {
    const paint = new SvgPaint(width, height, theme.family, theme.look.ground, panel)
    for (const strokes of [spec.base, spec.over]) strokes(paint, data, plot, still, sharp, numbers)
    return `<g transform="translate(0 ${panel * height})">${paint.pieces.join("")}</g>`
  })
  const tall = plots.length * height
  const size = `width="${width}" height="${tall}" viewBox="0 0 ${width} ${tall}"`
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
