// The figures of the Heads screen: energy and error of every head, error of its parts, similarity, extreme cores.

import { rankActs } from "./actions.js"
import { contrastPlot, contrastRows, drawContrast, drawContrastNames } from "./contrast.js"
import { createControls, drawControls } from "./controls.js"
import { cosinesPlot, drawCosineNames, drawCosines } from "./cosines.js"
import { element, write } from "./elements.js"
import { addTool } from "./figures.js"
import { FORMULAS } from "./formulas.js"
import { cellGestures, contrastGestures, cosineGestures, profileGestures } from "./heads_gestures.js"
import { HEADS_TABLES } from "./heads_tables.js"
import { cellsWords, contrastWords, extremesWords, profileWords, rowWords, similarityWords } from "./heads_words.js"
import { HEADS_EXPLANATIONS } from "./heads_words.js"
import { sliceErrors } from "./lookup.js"
import { cellsPlot, drawCellNames, drawPartCells } from "./part_cells.js"
import { drawLosses, drawProfile, profilePlot } from "./profile.js"
import { createReadout, drawReadout, numbersAt } from "./readout.js"
import { comparedIn, cosinesAt, mostAlike, wholeTable } from "./similarity.js"
import { cellErrors, energyShares, extremes } from "./slices.js"
import { restored, sceneOf, stateOf } from "./state.js"

const texts = (name) => ({
  explain: HEADS_EXPLANATIONS[name],
  formula: FORMULAS[name],
  table: HEADS_TABLES[name],
  role: "application",
})

const FIGURES = {
  profile: {
    title: "Energy and error of every head",
    labels: ["Energy and error of every head: arrow keys choose one"],
    plot: (layer, _, width, height, scale) => profilePlot(layer, width, height, scale),
    standing: ({ group }) => `${group}`,
    base: drawProfile,
    over: drawLosses,
    gestures: (node, _, view, act) => profileGestures(node, view, act),
    ...texts("profile"),
  },
  cells: {
    title: "Error of every part of every head",
    labels: ["Error of every part of every head: arrow keys choose a head"],
    plot: (layer, _, width, height, scale) => cellsPlot(layer, width, height, scale),
    standing: ({ group }) => `${group}`,
    base: drawCellNames,
    over: drawPartCells,
    gestures: (node, _, view, act) => cellGestures(node, view, act),
    ...texts("cells"),
  },
  similarity: {
    title: "How alike the cores are",
    labels: ["Similarity of the cores: arrow keys choose a head"],
    plot: (layer, _, width, height, scale) => cosinesPlot(layer, width, height, scale),
    standing: ({ group, alike }, { compared }) => `${group} ${alike && compared.order}`,
    base: drawCosineNames,
    over: drawCosines,
    gestures: (node, _, view, act) => cosineGestures(node, view, act),
    ...texts("similarity"),
  },
  contrast: {
    title: "Cores of the smallest and the largest error",
    labels: ["Cores of up to three heads: arrow keys choose a head"],
    plot: (layer, _, width, height, scale) => contrastPlot(layer, width, height, scale),
    standing: ({ used }, { rows }) => `${used} ${rows.map(({ group }) => group)}`,
    base: drawContrast,
    over: drawContrastNames,
    gestures: (node, _, view, act) => contrastGestures(node, view, act),
    ...texts("contrast"),
  },
}

export const HEADS = {
  name: "heads",
  figures: FIGURES,
  pieces: (act) => ({ controls: createControls(act), readout: createReadout() }),
  acts: (board) => ({
    ...rankActs(board),
    alike: (alike) => board.set({ ...board.state, alike }, { isDone: true }),
  }),
  stateOf: (layer, scene, before) => ({ ...stateOf(layer, scene, before), alike: scene.alike }),
  sceneOf: (state) => ({ ...sceneOf(state), alike: state.alike }),
  restored,
  numbers: headNumbers,

  draw(board) {
    const { data: layer, state, theme, numbers } = board
    drawReadout(board.pieces.readout, layer, state, numbers, theme, extremesWords(layer.unit, numbers))
    drawControls(board.pieces.controls, layer, state, theme)
    const shares = energyShares(layer)
    board.writeCaptions({
      profile: profileWords(layer.unit, shares, extremes(shares).most),
      cells: cellsWords(layer, numbers.cells, extremes(numbers.cells)),
      similarity: similarityWords(layer, numbers.compared, numbers.compared.pair),
      contrast: contrastWords(layer.unit, numbers.rows),
    })
    drawTools(board)
  },
}

/** What the figures show at the present ranks; from the server where it knows it better. */
export function headNumbers(layer, state, { exact, order }) {
  const numbers = numbersAt(layer, state, exact)
  const looked = cellErrors(layer, state.used)
  const { least, most } = extremes(numbers.groups)
  const rows = contrastRows({ least, most }, state.group, layer.shape[3])
  return {
    ...numbers,
    cells: numbers.isKnown ? exact.cells : Array.from(looked.errors),
    cellsExact: numbers.isKnown || looked.isExact,
    least,
    most,
    pins: state.pins.map((pin) => ({ groups: Array.from(sliceErrors(layer, pin).groups) })),
    rows: rows.map((row) => ({ ...row, words: rowWords(layer.unit, row, numbers.groups[row.group]) })),
    compared: compared(layer, state, numbers, exact, order),
  }
}

/** The cosines at the present ranks; `isOld` where only those of the ranks before are known. */
function compared(layer, state, { isKnown }, exact, order) {
  const { count } = comparedIn(layer)
  const told = exact?.cosines?.length ? wholeTable(exact.cosines, count) : null
  const cosines = (isKnown && told) || cosinesAt(layer, state.used) || told
  const isOld = !isKnown && !cosinesAt(layer, state.used)
  const entries = state.used.reduce((product, rank) => product * rank, 1)
  return { cosines, isOld, order, chance: 1 / Math.sqrt(entries), pair: cosines ? mostAlike(cosines) : null }
}

/** The two controls that stand above figures: the chosen head, and the order of the similarities. */
function drawTools(board) {
  const { data: layer, state, act, figures } = board
  const { unit } = layer
  board.heads ??= addTool(
    figures.profile,
    element("select", { "aria-label": unit, onchange: () => act.group(Number(board.heads.value)) }),
  )
  if (!board.alike) {
    board.alike = element("input", { type: "checkbox", onchange: () => act.alike(board.alike.checked) })
    board.alikeLabel = addTool(figures.similarity, element("label", {}, board.alike, "by similarity"))
  }
  const count = layer.shape[3]
  if (board.headsOf !== `${unit} ${count}`) {
    board.headsOf = `${unit} ${count}`
    const options = Array.from({ length: count }, (_, group) => element("option", { value: group }))
    options.forEach((option, group) => write(option, `${unit} ${group}`))
    board.heads.replaceChildren(...options)
  }
  if (Number(board.heads.value) !== state.group) board.heads.value = state.group
  board.alike.checked = state.alike
  board.alikeLabel.hidden = comparedIn(layer).isOfQueries
}
