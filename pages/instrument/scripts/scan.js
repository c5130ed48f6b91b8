// The live figure of the rank scan on the Reasoning screen: the focus moves along the ranks that were scanned.

import { element, write } from "./elements.js"
import { FORMULAS } from "./formulas.js"
import { drag, onWheel } from "./pointer.js"
import { drawScan, drawScanCurves, scanPlot } from "./scan_plot.js"
import { createStops, createWarning, drawStops, drawWarning, nearestStop, stopActs } from "./stops.js"

export const SCAN = {
  name: "scan",
  figures: {
    scan: {
      title: "Accuracy and loss over compression",
      labels: ["Accuracy and loss over compression: arrow keys move along the ranks scanned"],
      role: "application",
      plot: (data, _, width, height, scale) => scanPlot(data, width, height, scale),
      standing: ({ now }) => `${now}`,
      base: drawScanCurves,
      over: drawScan,
      gestures: (node, _, view, act) => scanGestures(node, view, act),
      explain: () => [
        "Each point is the model at one compression ratio, with the ranks of the smallest reconstruction error: the " +
          "accuracy with its 95% interval, and below the loss of the right answer. A cross: next to nothing is left " +
          "of a whole part. The dashed lines are the unedited model.",
        "Drag the line, or click, to move along the points. The best of many points is partly luck. So choose a " +
          "point on validation questions, and report its result on test questions, which had no part in the choice.",
      ],
      formula: FORMULAS.scan,
      table: scanTable,
    },
  },
  pieces: (act) => ({
    stops: createStops("Times smaller, as scanned", act),
    best: { node: element("p", { className: "sentence best" }) },
    warning: createWarning(),
  }),
  acts: (board) => stopActs(board, ({ ratios }) => ratios),
  stateOf: ({ ratios }, { ratio, now }) => ({ place: nearestStop(ratios, ratio), now, ratios }),
  /** The state on the answers to more questions, while a hand holds it. */
  carried: ({ ratios }, state) => ({ ...state, place: nearestStop(ratios, state.ratios[state.place]), ratios }),
  sceneOf: ({ ratios, place }) => ({ scan_ratio: ratios[place] }),
  restored: ({ ratios }, state, scene) => ({ ...state, place: nearestStop(ratios, scene.scan_ratio) }),
  numbers: ({ points }, { place }) => points[place],

  draw(board) {
    const { data, state, numbers, pieces } = board
    drawStops(pieces.stops, data.ratios, state.place, numbers.words)
    write(pieces.best.node, data.best)
    drawWarning(pieces.warning, numbers.gone)
    board.writeCaptions({ scan: numbers.words })
  },
}

function scanGestures(node, view, act) {
  const stopAt = (px) => {
    const { layer: data, plot } = view()
    return nearestStop(data.ratios, plot.ratio.invert(Math.min(Math.max(px, plot.box.left), plot.box.right)))
  }
  drag(node, {
    begin(px) {
      act.grab()
      act.stop(stopAt(px), {})
    },
    move: (px) => act.stop(stopAt(px), {}),
    end: (isCancelled) => act.release(isCancelled),
    hover(px) {
      node.style.cursor = "ew-resize"
      act.hint("scan", view().layer.points[stopAt(px)].words)
    },
    leave: () => act.hint("scan", null),
  })
  node.onkeydown = act.key
  onWheel(node, act.wheel)
}

function scanTable({ ratios, points }) {
  const rows = points.map(({ ranks, accuracy, low, high, loss }, place) => {
    return [ratios[place], `"${ranks}"`, accuracy, low, high, loss]
  })
  return [["ratio", "ranks", "accuracy", "low", "high", "loss"], rows]
}
