// The live figure of the Layers screen: the least error of every layer at a ratio that one drags.

import { FORMULAS } from "./formulas.js"
import { chanceAt, drawLayerCurves, drawLayerErrors, layerErrorsPlot, layerErrorUnder } from "./layer_errors.js"
import { layerHint, layersExplanation, ratioHint, ratioWords } from "./layers_words.js"
import { drag, onWheel } from "./pointer.js"
import { createStops, createWarning, drawStops, drawWarning, nearestStop, stopActs } from "./stops.js"

export const LAYERS = {
  name: "layers",
  figures: {
    layerErrors: {
      title: "Error of every layer",
      labels: ["Error of every layer: arrow keys left and right move the ratio, up and down choose a layer"],
      role: "application",
      plot: (data, _, width, height, scale) => layerErrorsPlot(data, width, height, scale),
      standing: ({ layer }) => `${layer}`,
      base: drawLayerCurves,
      over: drawLayerErrors,
      gestures: (node, _, view, act) => layerGestures(node, view, act),
      explain: layersExplanation,
      formula: FORMULAS.layerErrors,
      table: errorsTable,
    },
  },
  pieces: (act) => ({ stops: createStops("Smaller by at least", act), warning: createWarning() }),
  acts: (board) => ({
    ...stopActs(board, ({ ratios }) => ratios),
    layer: (layer) => board.set({ ...board.state, layer }, { isDone: true }),
  }),
  stateOf: ({ ratios }, { ratio, layer }, before) => ({
    place: nearestStop(ratios, ratio),
    layer,
    lit: before?.lit ?? null,
    ratios,
  }),
  /** The state on the data of more layers, while a hand holds it. */
  carried: ({ ratios }, state) => ({ ...state, place: nearestStop(ratios, state.ratios[state.place]), ratios }),
  sceneOf: ({ ratios, place, layer }) => ({ fixed_ratio: ratios[place], layer }),
  restored: ({ ratios }, state, scene) => ({
    ...state,
    place: nearestStop(ratios, scene.fixed_ratio),
    layer: scene.layer,
  }),
  numbers: ratioNumbers,

  draw(board) {
    const { data, state, numbers, pieces } = board
    const words = ratioWords(numbers.ratio, data.numbers, numbers.errors, numbers.chance)
    drawStops(pieces.stops, data.ratios, state.place, words)
    drawWarning(pieces.warning, data.gone[state.place])
    board.writeCaptions({ layerErrors: words })
  },
}

/** The errors of all layers, and of noise, at the chosen ratio. */
export function ratioNumbers(data, { place }) {
  const { ratios, numbers, arrays } = data
  return {
    ratio: ratios[place],
    errors: numbers.map((_, row) => arrays.errors[row * ratios.length + place]),
    chance: chanceAt(data, place),
  }
}

/** The best ranks of a layer, by its row, at a stop. */
export function ranksOf({ ratios, arrays }, row, place) {
  const start = 3 * (row * ratios.length + place)
  return Array.from(arrays.ranks.subarray(start, start + 3))
}

function layerGestures(node, view, act) {
  let isHeld = false
  const choose = (px) => {
    const { layer: data, plot } = view()
    const ratio = plot.ratio.invert(Math.min(Math.max(px, plot.left.left), plot.left.right))
    act.stop(nearestStop(data.ratios, ratio), {})
  }
  drag(node, {
    begin(px) {
      const { layer: data, plot } = view()
      const found = layerErrorUnder(data, plot, px)
      isHeld = found?.ratio !== undefined
      if (found?.row !== undefined) act.layer(data.numbers[found.row])
      if (!isHeld) return
      act.grab()
      choose(px)
    },
    move: (px) => isHeld && choose(px),
    end: (isCancelled) => isHeld && act.release(isCancelled),
    hover(px) {
      const { layer: data, plot, numbers } = view()
      const found = layerErrorUnder(data, plot, px)
      node.style.cursor = !found ? "default" : found.row === undefined ? "ew-resize" : "pointer"
      act.light(found?.row === undefined ? null : { row: found.row })
      act.hint("layerErrors", found && hintAt(data, act.state(), numbers, found))
    },
    leave() {
      act.light(null)
      act.hint("layerErrors", null)
    },
  })
  node.onkeydown = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (!step) return act.key(event)
    event.preventDefault()
    event.stopPropagation()
    const { numbers } = view().layer
    const row = Math.max(numbers.indexOf(act.state().layer), 0) + step
    act.layer(numbers[(row + numbers.length) % numbers.length])
  }
  onWheel(node, act.wheel)
}

function hintAt(data, { place, layer }, numbers, { row, ratio }) {
  if (row !== undefined) return layerHint(data.numbers[row], numbers.errors[row], ranksOf(data, row, place))
  const stop = nearestStop(data.ratios, ratio)
  const chosen = data.numbers.indexOf(layer)
  const error = chosen < 0 ? 0 : data.arrays.errors[chosen * data.ratios.length + stop]
  return ratioHint(data.ratios[stop], chosen < 0 ? null : layer, error)
}

/** All layers and draws of noise at all ratios. */
function errorsTable(data) {
  const { ratios, numbers, arrays } = data
  const rows = numbers.flatMap((layer, row) =>
    ratios.map((ratio, place) => {
      const error = arrays.errors[row * ratios.length + place]
      return [layer, ratio, error, ...ranksOf(data, row, place)]
    }),
  )
  const noise = Array.from({ length: arrays.chance.shape[0] }, (_, draw) =>
    ratios.map((ratio, place) => [`noise ${draw}`, ratio, arrays.chance[draw * ratios.length + place], "", "", ""]),
  )
  return [
    ["layer", "ratio", "relative error", "R1", "R2", "R3"],
    [...rows, ...noise.flat()],
  ]
}
