// The figures of the Decompose screen: the error at all ranks, what each mode holds, and the cores of all heads.

import { rankActs } from "./actions.js"
import { corePlot, drawCoreNames, drawCores } from "./cores.js"
import { viewsOf } from "./core_values.js"
import { createControls, drawControls } from "./controls.js"
import { element, write } from "./elements.js"
import { addTool } from "./figures.js"
import { errorText } from "./format.js"
import { FORMULAS } from "./formulas.js"
import { coreGestures, landscapeGestures, spectrumGestures } from "./gestures.js"
import { drawLandscape, landscapePlot } from "./landscape.js"
import { TABLES } from "./numbers.js"
import { drawRanks } from "./rank_marks.js"
import { createReadout, drawReadout, numbersAt } from "./readout.js"
import { drawRank, drawSpectrum, spectrumPlot } from "./spectra.js"
import { restored, sceneOf, stateOf } from "./state.js"
import { EXPLANATIONS, keptWords } from "./words.js"

const texts = (name) => ({ explain: EXPLANATIONS[name], formula: FORMULAS[name], table: TABLES[name] })

const FIGURES = {
  landscape: {
    title: "The error at all ranks",
    labels: ["Error landscape: arrow keys move R1 and R2, brackets R3"],
    role: "application",
    plot: (layer, _, width, height, scale) => landscapePlot(layer, width, height, scale),
    standing: ({ used, isAbsolute }) => `${used[2]} ${isAbsolute}`,
    base: drawLandscape,
    over: drawRanks,
    gestures: (node, _, view, act) => landscapeGestures(node, view, act),
    ...texts("landscape"),
  },
  spectra: {
    title: "What each mode holds",
    labels: [1, 2, 3].map((mode) => `Spectrum of mode ${mode}: the rank`),
    role: "slider",
    plot: spectrumPlot,
    standing: () => "",
    base: (paint, layer, plot, _, theme) => drawSpectrum(paint, layer, plot, theme),
    over: drawRank,
    gestures: spectrumGestures,
    ...texts("spectra"),
  },
  cores: {
    title: "The core of every head",
    labels: ["Cores of all heads: arrow keys choose a head"],
    role: "application",
    plot: (layer, _, width, height, scale) => corePlot(layer, width, height, scale),
    standing: ({ used, view }) => `${used} ${view}`,
    base: drawCores,
    over: drawCoreNames,
    gestures: (node, _, view, act) => coreGestures(node, view, act),
    ...texts("cores"),
  },
}

export const DECOMPOSE = {
  name: "decompose",
  figures: FIGURES,
  pieces: (act) => ({ controls: createControls(act), readout: createReadout() }),
  acts: rankActs,
  stateOf,
  sceneOf,
  restored,
  numbers: (layer, state, { exact }) => numbersAt(layer, state, exact),

  draw(board) {
    const { data: layer, state, theme, numbers } = board
    drawReadout(board.pieces.readout, layer, state, numbers, theme, keptWords(numbers.energy))
    drawControls(board.pieces.controls, layer, state, theme)
    board.writeCaptions({
      landscape: `Error ${errorText(numbers.error, 2)} at the ring. Orange: the best ranks of each size`,
      spectra: "What the kept directions of each mode hold of the energy",
      cores: `The core of every ${layer.unit}, on one colour scale`,
    })
    board.figures.spectra.panels.forEach(({ over }, mode) => {
      over.setAttribute("aria-valuenow", state.used[mode])
      over.setAttribute("aria-valuemin", 1)
      over.setAttribute("aria-valuemax", layer.limits[mode])
    })
    drawTools(board)
  },
}

/** The two controls that stand above figures: the slice of the core, and how the colours are spread. */
function drawTools(board) {
  const { data: layer, state, act, figures } = board
  board.views ??= addTool(
    figures.cores,
    element("select", { "aria-label": "Slice of the core", onchange: () => act.view(board.views.value) }),
  )
  board.range ??= addTool(
    figures.landscape,
    element("button", { type: "button", className: "quiet", onclick: act.absolute }),
  )
  write(board.range, state.isAbsolute ? "Colours: 0 to 1" : "Colours: this layer")
  const names = viewsOf(layer, state.used)
  if (board.viewNames !== String(names)) {
    board.viewNames = String(names)
    board.views.replaceChildren(
      ...names.map((name) =>
        element("option", { value: name, textContent: /^\d/.test(name) ? `slice ${name}` : `part ${name}` }),
      ),
    )
  }
  if (board.views.value !== state.view) board.views.value = state.view
}
