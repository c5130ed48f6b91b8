// Presented, the figures take all the room that the words leave, and Escape leaves. F shows one figure on the whole screen.

const STEP = 0.25
const LEAST_CHANGE = 3
const MOST_FITS_A_SECOND = 8
const SECONDS_TO_REST = 0.2
const BOARD = "[class*='st-key-live-']:not(.st-key-live-data, .st-key-live-store, .st-key-live-scripts)"
const PLOT = "[class*='st-key-figure-'] [data-testid='stElementContainer']"
const FIGURES = "[class*='st-key-figure-'], figure.figure"
const TYPES = [
  ...["input:not([type=range], [type=checkbox], [type=radio])", "textarea", "select"],
  ...["[contenteditable]", "[role=combobox]", "[role=textbox]"],
].join()
const EXIT = ".st-key-leave-the-stage button"
const PLAYER = ".st-key-player"

/** How much larger the window is than the one that the figures are made for. */
const factor = () => {
  const exact = Math.min(innerWidth / 1280, innerHeight / 720)
  return Math.min(Math.max(Math.round(exact / STEP) * STEP, 0.75), 4)
}

const isShown = (element) => element.checkVisibility() && element.getBoundingClientRect().height > 0

/** Height that intervals cover together. */
const covered = (boxes) => {
  let [sum, end] = [0, -Infinity]
  for (const { top, bottom } of [...boxes].sort((one, other) => one.top - other.top)) {
    sum += Math.max(0, bottom - Math.max(top, end))
    end = Math.max(end, bottom)
  }
  return sum
}

/** Make the figures so much higher or lower that the page ends where the window does. */
const fit = () => {
  const main = document.querySelector('[data-testid="stMain"]')
  const content = contentOf(main)
  if (!content || filled()) return
  const boards = [...main.querySelectorAll(BOARD)].filter(isShown)
  const plots = [...main.querySelectorAll(PLOT)].filter((plot) => plot.querySelector(".js-plotly-plot") && isShown(plot))
  const height = covered([...boards, ...plots].map((figure) => figure.getBoundingClientRect()))
  // Captions reach beyond what holds them.
  const bottoms = [content, ...content.querySelectorAll('[data-testid="stCaptionContainer"]')].map(
    (element) => element.getBoundingClientRect().bottom,
  )
  const rest = innerHeight - 8 - (Math.max(...bottoms) + main.scrollTop)
  if (!height || Math.abs(rest) < LEAST_CHANGE) return
  const { style } = document.documentElement
  const by = Math.max((height + rest) / height, 0.4)
  const scale = (Number(style.getPropertyValue("--stage")) || 1) * by
  if (plots.length) style.setProperty("--stage", Math.min(Math.max(scale, 0.2), 8).toFixed(4))
  if (boards.length) style.setProperty("--stage-room", `${Math.floor(boards[0].getBoundingClientRect().height * by)}px`)
}

const contentOf = (main) => main?.querySelector('[data-testid="stMainBlockContainer"] > *')

let laidOver = null

/** What fills the screen: as the browser does it or, where it must not, laid over everything else. */
const filled = () => document.fullscreenElement ?? (laidOver?.isConnected ? laidOver : null)

const fill = async (figure) => {
  // A figure has no ground of its own.
  figure.style.background = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor
  try {
    await figure.requestFullscreen()
  } catch {
    laidOver = figure
    figure.popover = "manual"
    figure.showPopover()
    return
  }
  const leave = () => {
    if (document.fullscreenElement) return
    figure.style.background = ""
    document.removeEventListener("fullscreenchange", leave)
  }
  document.addEventListener("fullscreenchange", leave)
}

const takeBack = () => {
  if (document.fullscreenElement) return document.exitFullscreen()
  laidOver.hidePopover()
  laidOver.removeAttribute("popover")
  laidOver.style.background = ""
  laidOver = null
}

/** What is at a point, also in components. */
const elementAt = (x, y) => {
  let found = document.elementFromPoint(x, y)
  while (found?.shadowRoot) {
    const inner = found.shadowRoot.elementFromPoint(x, y)
    if (!inner || inner === found) break
    found = inner
  }
  return found
}

const focused = () => {
  let found = document.activeElement
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement
  return found
}

const firstFigure = () => {
  const roots = [document, ...[...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean)]
  return roots.flatMap((root) => [...root.querySelectorAll(FIGURES)]).find(isShown)
}

let before = null

export default function ({ data, setStateValue }) {
  // A new run of the screen comes before the end of the last one is told.
  before?.()
  const root = document.documentElement
  const watched = new AbortController()
  const pointer = { x: -1, y: -1 }
  let frame = 0
  let fits = []
  let told = data.factor
  // For whoever waits until the type has followed the window.
  root.dataset.stage = data.factor
  let resting = 0

  const tell = () => {
    // The type of the other figures stays as it is while one fills the screen.
    if (data.isPresented && !filled() && factor() !== told) setStateValue("factor", (told = factor()))
  }
  const schedule = () => {
    if (!data.isPresented || frame) return
    frame = requestAnimationFrame((now) => {
      frame = 0
      fits = fits.filter((before) => now - before < 1000)
      // Where words break into other lines with the height of the figures, there is no end to fitting them.
      if (fits.length < MOST_FITS_A_SECOND) {
        fits.push(now)
        fit()
      } else setTimeout(schedule, 1000)
    })
  }
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || focused()?.matches(TYPES)) return
    const isF = event.key.toLowerCase() === "f"
    if (filled() ? !isF && event.key !== "Escape" : !isF) return
    event.preventDefault()
    // Nor is it a key for who plays a list of scenes.
    event.stopImmediatePropagation()
    if (filled()) return takeBack()
    const under = elementAt(pointer.x, pointer.y)?.closest(FIGURES)
    const figure = under ?? focused()?.closest(FIGURES) ?? firstFigure()
    if (figure) fill(figure)
  }
  const leave = (event) => {
    // A list of scenes ends by itself, and a figure takes back what was done to it.
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector(PLAYER)) return
    if (!focused()?.matches(TYPES)) document.querySelector(EXIT)?.click()
  }

  const { signal } = watched
  addEventListener("pointermove", ({ clientX: x, clientY: y }) => Object.assign(pointer, { x, y }), { capture: true, signal })
  addEventListener("keydown", press, { capture: true, signal })
  addEventListener("keydown", leave, { signal })
  addEventListener("resize", () => {
    clearTimeout(resting)
    resting = setTimeout(tell, 1000 * SECONDS_TO_REST)
    schedule()
  }, { signal })
  tell()
  const sizes = new ResizeObserver(schedule)
  const changes = new MutationObserver(() => {
    // A screen that is drawn anew may have a new content.
    const content = contentOf(document.querySelector('[data-testid="stMain"]'))
    if (content) sizes.observe(content)
    schedule()
  })
  if (data.isPresented) {
    changes.observe(document.querySelector('[data-testid="stMain"]'), { childList: true, subtree: true })
    schedule()
  }
  if (!data.isPresented) for (const name of ["--stage", "--stage-room"]) root.style.removeProperty(name)
  const end = () => {
    watched.abort()
    sizes.disconnect()
    changes.disconnect()
    cancelAnimationFrame(frame)
    clearTimeout(resting)
  }
  before = end
  return end
}
