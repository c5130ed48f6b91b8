// The first time that a word of the glossary stands on the screen, it is underlined, and explained when the pointer
// rests on it. Nothing in the page is changed for that: the browser draws highlights over ranges of text.

const NAME = "glossary"
const SECONDS_TO_SETTLE = 0.5
const SECONDS_TO_REST = 0.15
const NOT_IN = "button, a, nav, select, option, input, textarea, code, pre, svg, .katex, [role=tooltip], [role=tab], [role=slider]"

const style = new CSSStyleSheet()
style.replaceSync(`::highlight(${NAME}) { text-decoration: underline dotted 1px; text-underline-offset: 3px; }`)

const patternOf = (word) => new RegExp(`\\b${word.replaceAll(" ", "\\s+")}s?\\b`, /[A-Z]/.test(word) ? "" : "i")

/** Text nodes of a root and of the components in it, in the order in which they stand. */
function* textsIn(root) {
  if (root instanceof ShadowRoot && !root.adoptedStyleSheets.includes(style)) root.adoptedStyleSheets.push(style)
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (node.shadowRoot) yield* textsIn(node.shadowRoot)
    else if (node.nodeType === Node.TEXT_NODE && node.data.trim()) yield node
}

const isShown = (node) => node.parentElement?.checkVisibility() && !node.parentElement.closest(NOT_IN)

/** Ranges of the first place of each word, with the word. */
const placesIn = (root, words) => {
  const patterns = new Map(words.map((word) => [word, patternOf(word)]))
  const places = []
  for (const node of textsIn(root)) {
    if (!patterns.size) break
    const found = [...patterns].map(([word, pattern]) => [word, pattern.exec(node.data)]).filter(([, match]) => match)
    if (!found.length || !isShown(node)) continue
    for (const [word, match] of found) {
      const range = new Range()
      range.setStart(node, match.index)
      range.setEnd(node, match.index + match[0].length)
      places.push({ word, range })
      patterns.delete(word)
    }
  }
  return places
}

const isInside = (box, x, y) => x >= box.left && x <= box.right && y >= box.top - 2 && y <= box.bottom + 2

const place = (tip, box) => {
  const { width, height } = tip.getBoundingClientRect()
  const left = Math.min(Math.max(8, box.left), innerWidth - width - 8)
  const above = box.top - height - 6
  tip.style.left = `${left}px`
  tip.style.top = `${above > 8 ? above : box.bottom + 6}px`
}

export default function ({ data, parentElement }) {
  if (!globalThis.CSS?.highlights) return
  if (!document.adoptedStyleSheets.includes(style)) document.adoptedStyleSheets.push(style)
  const tip = parentElement.querySelector("[role=tooltip]")
  const watched = new AbortController()
  let places = []
  let shown = null
  let timer = 0
  let resting = 0

  const hide = () => {
    shown = null
    tip.hidePopover()
  }
  const scan = () => {
    const root = document.querySelector('[data-testid="stMain"]')
    places = root ? placesIn(root, Object.keys(data)) : []
    CSS.highlights.set(NAME, new Highlight(...places.map(({ range }) => range)))
  }
  const settle = () => {
    clearTimeout(timer)
    timer = setTimeout(scan, 1000 * SECONDS_TO_SETTLE)
  }
  const tell = (x, y) => {
    for (const { word, range } of places)
      for (const box of range.getClientRects())
        if (isInside(box, x, y)) {
          if (shown === word) return
          shown = word
          tip.textContent = data[word]
          tip.showPopover()
          return place(tip, box)
        }
    if (shown) hide()
  }
  const move = (event) => {
    clearTimeout(resting)
    // Whoever drags is not reading.
    if (!event.buttons) resting = setTimeout(() => tell(event.clientX, event.clientY), 1000 * SECONDS_TO_REST)
  }

  const listen = (name, react) => addEventListener(name, react, { capture: true, passive: true, signal: watched.signal })
  listen("pointermove", move)
  listen("click", (event) => tell(event.clientX, event.clientY))
  listen("pointerdown", () => shown && hide())
  listen("scroll", () => shown && hide())
  listen("keydown", (event) => event.key === "Escape" && shown && hide())
  const observer = new MutationObserver(settle)
  observer.observe(document.body, { childList: true, characterData: true, subtree: true })
  settle()
  return () => {
    watched.abort()
    observer.disconnect()
    clearTimeout(timer)
    clearTimeout(resting)
    CSS.highlights.delete(NAME)
  }
}
