// The live headline and figures of the Compare screen: the budget in focus moves among those that were asked.

import { curvesPlot, drawCurveAxes, drawCurves, pointUnder, ratioAt } from "./curves.js"
import { compareExplanations, pointHint, rowHint } from "./compare_words.js"
import { deltasPlot, drawDeltaAxes, drawDeltas, rowUnder } from "./deltas.js"
import { element, write } from "./elements.js"
import { FORMULAS } from "./formulas.js"
import { ratioName } from "./format.js"
import { drag, onWheel, placeIn } from "./pointer.js"
import { createStops, drawStops, nearestStop, stopActs } from "./stops.js"

export const COMPARE = {
  name: "compare",
  figures: {
    curves: {
      title: "Accuracy against what is stored",
      labels: ["Accuracy against what is stored: arrow keys move the budget in focus"],
      role: "application",
      plot: (data, _, width, height, scale) => curvesPlot(data, width, height, scale),
      standing: ({ pinned }) => pinned?.label ?? "",
      base: drawCurveAxes,
      over: drawCurves,
      gestures: (node, _, view, act) => curveGestures(node, view, act),
      explain: () => compareExplanations.curves,
      formula: FORMULAS.curves,
      table: curvesTable,
    },
    deltas: {
      title: "Differences from the original",
      labels: ["Differences from the original at the budget in focus"],
      role: "img",
      plot: (data, _, width, height, scale) => deltasPlot(data, width, height, scale),
      standing: () => "",
      base: drawDeltaAxes,
      over: drawDeltas,
      gestures: (node, _, view, act) => deltaGestures(node, view, act),
      explain: () => compareExplanations.deltas,
      formula: FORMULAS.deltas,
      table: deltasTable,
    },
  },
  pieces: (act) => ({
    stops: createStops("Focus among the budgets asked", act),
    metrics: createMetrics(),
    words: { node: element("div", { className: "words", "aria-live": "polite" }) },
  }),
  acts: (board) => stopActs(board, ({ ratios }) => ratios),
  stateOf: ({ ratios }, { ratio, looks, pinned }, before) => ({
    place: nearestStop(ratios, ratio),
    looks,
    pinned,
    ratios,
    lit: before?.lit ?? null,
  }),
  carried: ({ ratios }, state) => ({ ...state, place: nearestStop(ratios, state.ratios[state.place]), ratios }),
  sceneOf: ({ ratios, place }) => ({ budget: ratios[place] }),
  restored: ({ ratios }, state, scene) => ({ ...state, place: nearestStop(ratios, scene.budget) }),
  numbers: (data, { place }) => ({ ratio: data.ratios[place], at: data.at[place] }),

  draw(board) {
    const { data, state, numbers, pieces, scene } = board
    drawStops(pieces.stops, data.ratios, state.place, ratioName(numbers.ratio))
    drawMetrics(pieces.metrics, numbers.at, scene.isPresented)
    drawWords(board, numbers.at)
    board.writeCaptions({ curves: numbers.at.curvesSentence, deltas: numbers.at.deltasSentence })
  },
}

function createMetrics() {
  const items = [0, 1, 2, 3].map(() => {
    const [label, value, note] = ["label", "value", "note"].map((className) => element("div", { className }))
    return { node: element("div", { className: "metric" }, label, value, note), label, value, note }
  })
  return { node: element("div", { className: "metrics" }, ...items.map(({ node }) => node)), items }
}

/** The best method, the next one, the control, and what is saved; presented, the last has no room. */
function drawMetrics({ items }, { numbers, saved }, isPresented) {
  ;[...numbers, saved].forEach(({ label, value, note, sign, help }, place) => {
    const item = items[place]
    write(item.label, label)
    write(item.value, value)
    write(item.note, note)
    item.node.title = help
    item.note.className = `note ${sign > 0 ? "better" : sign < 0 ? "worse" : ""}`
  })
  items[3].node.hidden = isPresented
}

/** The sentences, in room for the longest ones of all budgets, so that nothing moves with the focus. */
function drawWords(board, at) {
  const { node } = board.pieces.words
  if (board.wordsFor === board.plots && board.wordsOf === at) return
  if (board.wordsFor !== board.plots) {
    board.wordsFor = board.plots
    node.style.minHeight = ""
    const heights = board.data.at.map((each) => {
      writeWords(node, each)
      return node.getBoundingClientRect().height
    })
    node.style.minHeight = `${Math.ceil(Math.max(...heights))}px`
  }
  board.wordsOf = at
  writeWords(node, at)
}

function writeWords(node, { claim, against, warnings, words, notices }) {
  const line = (className, text) => element("p", { className, textContent: text })
  node.replaceChildren(
    element("p", { className: "claim" }, element("b", { textContent: claim }), ` ${against}`),
    ...warnings.map((text) => line("warning", text)),
    ...[...words, ...notices].map((text) => line("", text)),
  )
}

function curveGestures(node, view, act) {
  const choose = (px) => {
    const { layer: data, plot } = view()
    act.stop(nearestStop(data.ratios, ratioAt(plot, px)), {})
  }
  drag(node, {
    begin(px) {
      act.grab()
      choose(px)
    },
    move: choose,
    end: (isCancelled) => act.release(isCancelled),
    hover(px, py) {
      const { layer: data, plot } = view()
      const found = pointUnder(data, plot, px, py)
      node.style.cursor = "ew-resize"
      act.light(found && { name: found.curve.name })
      act.hint("curves", found && pointHint(found.curve.title, found.point))
    },
    leave() {
      act.light(null)
      act.hint("curves", null)
    },
  })
  node.onkeydown = act.key
  onWheel(node, act.wheel)
}

function deltaGestures(node, view, act) {
  node.onpointermove = (event) => {
    const { plot, numbers } = view()
    const row = rowUnder(plot, numbers.at, placeIn(node, event)[1])
    act.light(row && { name: row.name })
    act.hint("deltas", row && rowHint(row))
  }
  node.onpointerleave = () => {
    act.light(null)
    act.hint("deltas", null)
  }
}

function curvesTable(data) {
  const names = ["method", "budget", "entries stored", "accuracy", "low", "high"]
  const original = { title: "original", points: [data.baseline] }
  const rows = [...data.curves, original].flatMap(({ title, points }) =>
    points.map(({ ratio, stored, accuracy, low, high }) => [quoted(title), ratio, stored, accuracy, low, high]),
  )
  return [names, rows]
}

/** The differences at every budget at which they are known. */
function deltasTable(data) {
  const names = ["budget", "method", "accuracy change", "low", "high", "loss change", "loss low", "loss high", "p"]
  const rows = data.at.flatMap(({ ranking }, place) =>
    ranking.map(({ title, accuracy, loss, p }) => [data.ratios[place], quoted(title), ...accuracy, ...loss, p]),
  )
  return [names, rows]
}

/** A text as a field of CSV. */
function quoted(text) {
  return `"${text.replaceAll('"', '""')}"`
}
