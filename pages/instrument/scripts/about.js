// The explanation of a figure, which opens beside it: words, formula, and the figure and its numbers as files.

import { element, download } from "./elements.js"

const FORMULAS = {
  landscape:
    "<math display='block'><mi>error</mi><msup><mo></mo><mn>2</mn></msup><mo>=</mo><mn>1</mn><mo>−</mo><mfrac><mrow>" +
    "<munder><mo>∑</mo><mrow><mi>a</mi><mo>≤</mo><msub><mi>R</mi><mn>1</mn></msub><mo>,</mo><mi>b</mi><mo>≤</mo>" +
    "<msub><mi>R</mi><mn>2</mn></msub><mo>,</mo><mi>c</mi><mo>≤</mo><msub><mi>R</mi><mn>3</mn></msub></mrow></munder>" +
    "<msubsup><mi>G</mi><mrow><mi>a</mi><mi>b</mi><mi>c</mi><mi>g</mi></mrow><mn>2</mn></msubsup></mrow>" +
    "<msup><mrow><mo>‖</mo><mi>W</mi><mo>‖</mo></mrow><mn>2</mn></msup></mfrac></math>",
  spectra:
    "<math display='block'><msub><mi>W</mi><mrow><mo>(</mo><mi>n</mi><mo>)</mo></mrow></msub><mo>=</mo>" +
    "<msub><mi>U</mi><mi>n</mi></msub><msub><mi>Σ</mi><mi>n</mi></msub><msubsup><mi>V</mi><mi>n</mi><mi>T</mi></msubsup></math>",
  cores:
    "<math display='block'><msub><mi>W</mi><mi>g</mi></msub><mo>≈</mo><msub><mi>G</mi><mi>g</mi></msub>" +
    "<msub><mo>×</mo><mn>1</mn></msub><msub><mi>U</mi><mn>1</mn></msub><msub><mo>×</mo><mn>2</mn></msub>" +
    "<msub><mi>U</mi><mn>2</mn></msub><msub><mo>×</mo><mn>3</mn></msub><msub><mi>U</mi><mn>3</mn></msub></math>",
}

const WORDS = {
  landscape: (layer) => [
    "Each cell is the relative error at one R1 (across) and R2 (up), for the R3 that is chosen at the right. The error is " +
      "the norm of what is lost, divided by the norm of the weights: 0 is lossless, 1 is nothing left.",
    "Thin lines join equal errors. Dotted lines join ranks that make the layer equally many times smaller; right of the " +
      "thick one, break-even, core and factors need more numbers than the layer itself.",
    "Orange dots are the best ranks: no others with this R3 are both smaller and more accurate. The ring is yours.",
    `Hatched ranks are impossible: a mode cannot have more directions than the other two ranks times the ${layer.unit}s.`,
    "Drag the ring, or a dotted line to keep its ratio. Hold Shift to stay on the best ranks. Arrow keys move by 1, with " +
      "Shift by 8, Page keys halve or double, Escape takes back.",
  ],
  spectra: (layer) => [
    "The line shows the singular values of the tensor, unfolded along one mode into a matrix with this mode as its rows. " +
      "The shaded area (right axis) is the share of the energy, the sum of squared weights, that the first directions hold.",
    "The mark is your rank: what is left of it is kept. Drag it, or turn the wheel over it.",
    "The dashed line is the noise floor: the largest singular value that white noise of the same strength would have. " +
      `It lies at ranks (${layer.noise.ranks.join(", ")}). It uses no data, so it is only a hint.`,
  ],
  cores: (layer) => [
    `All ${layer.unit}s share the same directions. They differ only in their cores: R1 rows and R2 columns of numbers each.`,
    "Slice 1 is the strongest combination of Q, K, V and O; a letter is the core of that part alone.",
    "The colour is the signed root of the entry, from the largest of the whole layer down to zero, so that small entries " +
      "are seen too. It stays the same while you drag.",
    "Where a pixel has room for several entries, it shows the strongest.",
  ],
}

/** The panel; `act.close` closes it, `act.picture` gives the figure as svg or png, `act.numbers` its numbers as CSV. */
export function createAbout(act) {
  const node = element("aside", { className: "about", hidden: true, "aria-label": "About the figure" })
  return { node, shown: null, act }
}

/** Show the explanation of a figure, or none. */
export function drawAbout(about, figure, title, layer) {
  about.node.hidden = !figure
  if (!figure) {
    about.shown = null
    return
  }
  const key = `${figure} ${layer.layer}`
  if (about.shown === key) return
  about.shown = key
  const formula = element("div", { className: "formula" })
  formula.innerHTML = FORMULAS[figure]
  const file = (words, action) => element("button", { type: "button", className: "quiet", textContent: words, onclick: action })
  about.node.replaceChildren(
    element("button", { type: "button", className: "close", "aria-label": "Close the explanation", textContent: "×", onclick: about.act.close }),
    element("h3", { textContent: title }),
    ...WORDS[figure](layer).map((words) => element("p", { textContent: words })),
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
