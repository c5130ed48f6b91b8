// The explanation of a figure, which opens beside it: words, formula, and the figure and its numbers as files.

import { element, download } from "./elements.js"

/**
 * The panel; `act.close` closes it, `act.picture` gives the figure as svg or png, `act.numbers` its numbers as
 * CSV.
 */
export function createAbout(act) {
  const node = element("aside", { className: "about", hidden: true, "aria-label": "About the figure" })
  return { node, shown: null, act }
}

/** Show the explanation of a figure, which its description holds, or none. */
export function drawAbout(about, figure, spec, data) {
  about.node.hidden = !figure
  if (!figure) {
    about.shown = null
    return
  }
  const key = `${figure} ${data.key}`
  if (about.shown === key) return
  about.shown = key
  const formula = element("div", { className: "formula" })
  formula.innerHTML = spec.formula
  const file = (words, action) =>
    element("button", { type: "button", className: "quiet", textContent: words, onclick: action })
  about.node.replaceChildren(
    element("button", {
      type: "button",
      className: "close",
      "aria-label": "Close the explanation",
      textContent: "×",
      onclick: about.act.close,
    }),
    element("h3", { textContent: spec.title }),
    ...spec.explain(data).map((words) => element("p", { textContent: words })),
    formula,
    element(
      "div",
      { className: "buttons" },
      file("SVG", () => download(`${figure}.svg`, about.act.picture(figure), "image/svg+xml")),
      file("PNG", () => about.act.pixels(figure, (blob) => download(`${figure}.png`, blob))),
      file("CSV", () => download(`${figure}.csv`, about.act.numbers(figure), "text/csv")),
    ),
  )
}
