// The formula of each figure in MathML, which browsers set by themselves.

const sub = (name, index) => `<msub><mi>${name}</mi>${index}</msub>`
const row = (...pieces) => `<mrow>${pieces.join("")}</mrow>`
const op = (sign) => `<mo>${sign}</mo>`
const letter = (name) => `<mi>${name}</mi>`
const number = (value) => `<mn>${value}</mn>`
const math = (...pieces) => `<math display="block">${pieces.join("")}</math>`

const below = (name, mode) => [letter(name), op("≤"), sub("R", number(mode))]
const bounds = row(...below("a", 1), op(","), ...below("b", 2), op(","), ...below("c", 3))
const kept = row(
  `<munder>${op("∑")}${bounds}</munder>`,
  `<msubsup>${letter("G")}${letter("abcg")}${number(2)}</msubsup>`,
)
const norm = `<msup>${row(op("‖"), letter("W"), op("‖"))}${number(2)}</msup>`
const errorSquared = `<msup>${letter("error")}${number(2)}</msup>`
const ofMode = (name) => sub(name, letter("n"))
const unfolded = sub("W", row(op("("), letter("n"), op(")")))
const transposed = `<msubsup>${letter("V")}${letter("n")}${letter("T")}</msubsup>`
const times = (mode) => `<msub>${op("×")}${number(mode)}</msub>${sub("U", number(mode))}`

const of = (name, index) => sub(name, row(...index.map((each) => letter(each))))
const wholeLost = row(op("‖"), letter("W"), op("−"), letter("Ŵ"), op("‖"))
const wholeError = `<mfrac>${wholeLost}${row(op("‖"), letter("W"), op("‖"))}</mfrac>`
const ofAll = (name) => row(sub(name, number(1)), op(","), sub(name, number(2)), op(","), sub(name, number(3)))
const squared = (name, index) => `<msup>${row(op("‖"), of(name, index), op("‖"))}${number(2)}</msup>`
const lost = (index) => row(op("‖"), of("W", index), op("−"), of("Ŵ", index), op("‖"))
const errorOf = (index) => `<mfrac>${lost(index)}${row(op("‖"), of("W", index), op("‖"))}</mfrac>`
const dot = row(op("⟨"), of("G", ["g"]), op(","), of("G", ["h"]), op("⟩"))
const norms = row(op("‖"), of("G", ["g"]), op("‖"), op("‖"), of("G", ["h"]), op("‖"))

export const FORMULAS = {
  landscape: math(errorSquared, op("="), number(1), op("−"), `<mfrac>${kept}${norm}</mfrac>`),
  spectra: math(unfolded, op("="), ofMode("U"), ofMode("Σ"), transposed),
  profile: math(`<mfrac>${squared("W", ["g"])}${norm}</mfrac>`, op(","), errorOf(["g"])),
  cells: math(errorOf(["p", "g"])),
  similarity: math(letter("cos"), op("="), `<mfrac>${dot}${norms}</mfrac>`),
  contrast: math(of("G", ["a", "b", "c", "g"])),
  layerErrors: math(`<munder>${letter("min")}${ofAll("R")}</munder>`, wholeError),
  curves: math(
    sub("N", letter("stored")),
    op("≤"),
    `<mfrac>${sub("N", letter("attention"))}${letter("budget")}</mfrac>`,
  ),
  deltas: math(
    letter("Δ"),
    op("="),
    `<mfrac>${row(letter("fixed"), op("−"), letter("broken"))}${letter("n")}</mfrac>`,
  ),
  scan: math(
    `<munder>${letter("max")}${letter("ρ")}</munder><mspace width="0.3em"/>`,
    sub("accuracy", letter("validation")),
    row(op("("), letter("ρ"), op(")")),
  ),
  cores: math(sub("W", letter("g")), op("≈"), sub("G", letter("g")), times(1), times(2), times(3)),
}
