// The sentences of the Compare screen that the server does not write.

import { ratioName, wholeText } from "./format.js"

/** A point of a curve; `words` is its accuracy with the interval. */
export function pointHint(title, { ratio, words, stored }) {
  return `${title} at ${ratioName(ratio)}: ${words}, ${wholeText(Math.round(stored))} entries`
}

/** A row of the differences; `points` and `nats` are the difference and the ends of its interval. */
export function rowHint({ title, points, nats }) {
  const losses = `${nats[0]} nats [${nats[1]}, ${nats[2]}]`
  return `${title}: ${points[0]} points [${points[1]}, ${points[2]}], loss ${losses}`
}

export const compareExplanations = {
  curves: [
    "Up: mean accuracy over the benchmarks, with its 95% interval. Across: entries that the edited layers store, " +
      "fewer to the right. Every method has its own ranks at each budget, those of the least error. Marks of one " +
      "budget stand slightly apart.",
    "A method that replaces feed-forward matrices is drawn at the entries that the attention would store if it saved " +
      "as many. The dashed line is the unedited model. All methods answer the same questions, so their differences " +
      "are surer than the intervals suggest: see Any two methods, below.",
    "Drag the line, or click, to move the focus to another budget that was asked.",
  ],
  deltas: [
    "How each method changes the unedited model at the budget in focus, with the 95% interval of the paired " +
      "difference. Left: accuracy, more is better. Right: loss of the right answer, less is better. The two need " +
      "not move together.",
    "Where an interval crosses zero, the questions show no difference.",
  ],
}
