// A screen's live figures as a whole: a board holds the state, draws at most once a frame, and tells the server when
// the hand rests. What is special to a screen is its `kind`:
//
// - `name`, `figures` (see figures.js), `pieces(act)`: the elements beside the figures, each with its `node`;
// - `acts(board)`: what a visitor may do;
// - `stateOf(data, scene, before)`, `sceneOf(state)`, `restored(data, state, scene)`: between states and scenes;
// - `carried(data, state)`, where there is one: the state on new data of the same screen;
// - `numbers(data, state, scene)`: what every figure needs in a frame;
// - `draw(board)`: writes the pieces and the captions.

import { createAbout, drawAbout } from "./about.js"
import { element, write } from "./elements.js"
import { createFigures, drawFigures, plotsFor, pngOf, standing, svgOf } from "./figures.js"
import { csvOf } from "./numbers.js"
import { themeOf } from "./theme.js"

const REST = 180
const MOST_FRAMES = 1200
const AROUND = 194
const AROUND_PRESENTED = 136

/**
 * The board in an element. `send` tells the server a scene; `frames` gets the milliseconds of every drawing.
 */
export class Board {
  constructor(root, kind, send, frames) {
    this.root = root
    this.kind = kind
    this.send = send
    this.frames = frames
    this.data = null
    this.state = null
    this.sent = 0
    this.history = []
    this.hints = {}
    this.drawnBefore = {}
    this.build()
  }

  build() {
    this.act = { ...commonActs(this), ...this.kind.acts(this) }
    this.pieces = this.kind.pieces(this.act)
    this.figures = createFigures(this.kind.figures, this.act, (name, panel) => ({
      layer: this.data,
      plot: this.plots[name][panel],
      numbers: this.numbers,
    }))
    this.about = createAbout(this.act)
    const nodes = [...Object.values(this.pieces), ...Object.values(this.figures), this.about].map(
      ({ node }) => node,
    )
    this.node = element("div", { className: `instrument ${this.kind.name}` }, ...nodes)
    this.node.onkeydown = (event) => event.key === "Escape" && this.takeBack() && event.stopPropagation()
    this.root.replaceChildren(this.node)
    this.watcher = new ResizeObserver(() => this.schedule({ isResized: true }))
    this.watcher.observe(this.node)
    for (const { ground } of Object.values(this.figures)) this.watcher.observe(ground)
    this.onWindow = () => this.schedule({ isResized: true })
    window.addEventListener("resize", this.onWindow)
  }

  /** Draw these data from now on, in the scene that the server tells. */
  show(data, scene) {
    const isNew = data !== this.data || !this.state
    // The server's count goes on from the boards before this one.
    if (!this.state) this.sent = scene.echo
    const isOwn = scene.echo >= this.sent
    this.data = data
    this.scene = scene
    const scale = this.theme?.scale
    this.theme = themeOf(scene, this.root)
    // What the visitor does at this moment counts for more than an answer to what they did before.
    if (isNew && this.grabbed && this.kind.carried) {
      this.state = this.kind.carried(data, this.state)
    } else if (isNew || (isOwn && !this.grabbed && !this.resting)) {
      this.state = this.kind.stateOf(data, scene, this.state)
      this.settledScene = JSON.stringify(this.kind.sceneOf(this.state))
    }
    if (isNew) this.history = []
    this.node.classList.toggle("presented", scene.isPresented)
    if (scene.isPresented && this.opened) this.openAbout(this.opened)
    this.paintVariables(scene)
    this.root.dataset.layer = data.key
    this.root.dataset.echo = scene.echo
    this.schedule({ isResized: isNew || scale !== this.theme.scale })
  }

  /** Colours and type of the scene, for the style sheet. */
  paintVariables({ look, scale }) {
    const [mode1, mode2, mode3] = look.modes
    for (const [name, value] of Object.entries({
      scale,
      mode1,
      mode2,
      mode3,
      warning: look.warning,
      better: mode3,
    })) {
      this.root.style.setProperty(`--${name}`, value)
    }
  }

  set(state, { isDone = false, isKey = false, isTyped = false } = {}) {
    if (!this.data) return
    this.state = state
    this.schedule({})
    clearTimeout(this.resting)
    this.resting = null
    if (isDone) this.commit()
    else if (isKey || isTyped) this.commitSoon()
  }

  commitSoon() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => this.commit(), REST)
  }

  /** Tell the server, unless it knows already. */
  commit() {
    clearTimeout(this.resting)
    this.resting = null
    if (this.grabbed) return
    const scene = this.kind.sceneOf(this.state)
    const text = JSON.stringify(scene)
    if (text === this.settledScene) return
    if (this.settledScene) this.history.push(this.settledScene)
    this.settledScene = text
    this.sent += 1
    this.send({ ...scene, key: this.data.key, echo: this.sent })
  }

  /** Escape: what is in the hand goes back to where it was; else the last change is taken back. */
  takeBack() {
    if (this.grabbed) {
      this.act.release(true)
      return true
    }
    const before = this.history.pop()
    if (!before) return false
    this.set(this.kind.restored(this.data, this.state, JSON.parse(before)))
    this.settledScene = null
    this.commit()
    return true
  }

  /** Light what is pointed at, in every figure; null for nothing. */
  light(lit) {
    if (JSON.stringify(lit) === JSON.stringify(this.state.lit)) return
    this.state = { ...this.state, lit }
    this.schedule({})
  }

  hint(name, words) {
    this.hints = { ...this.hints, [name]: words }
    this.schedule({})
  }

  openAbout(name) {
    this.opened = this.opened === name ? null : name
    this.node.classList.toggle("explained", Boolean(this.opened))
    this.schedule({ isResized: true })
  }

  schedule({ isResized = false }) {
    this.isResized = this.isResized || isResized
    if (this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      if (this.data && this.root.isConnected) this.draw()
    })
  }

  draw() {
    const started = performance.now()
    const { data, theme, kind } = this
    theme.density = Math.min(window.devicePixelRatio || 1, 2)
    this.numbers = kind.numbers(data, this.state, this.scene)
    if (this.isResized || !this.plots) {
      this.isResized = false
      drawAbout(this.about, this.opened, kind.figures[this.opened], data)
      this.fitHeight()
      this.plots = plotsFor(this.figures, kind.figures, data, theme.scale)
    }
    kind.draw(this)
    const after = standing(this)
    drawFigures(this, after)
    this.drawnBefore = after
    this.frames.push(performance.now() - started)
    if (this.frames.length > MOST_FRAMES) this.frames.shift()
  }

  /** Presented, the figures fill the window; else they have room for their axes, and more in a taller window. */
  fitHeight() {
    // Not what stands above at this moment: that may still be coming, and the figures must not depend on it.
    const around = this.node.classList.contains("presented") ? AROUND_PRESENTED : AROUND
    const room = Math.max(window.innerHeight - around, 430 * this.theme.scale)
    this.node.style.setProperty("--room", `${Math.round(room)}px`)
  }

  /** Write what stands above each figure, unless the pointer is on it and has words of its own. */
  writeCaptions(captions) {
    for (const [name, words] of Object.entries(captions)) {
      const { caption } = this.figures[name]
      if (write(caption, this.hints[name] ?? words)) caption.title = caption.textContent
    }
  }

  remove() {
    this.watcher.disconnect()
    window.removeEventListener("resize", this.onWindow)
    clearTimeout(this.resting)
  }
}

/** What a visitor may do on every board. */
function commonActs(board) {
  const drawn = (name) =>
    svgOf(board.kind.figures[name], board.data, board.plots[name], board.state, board.theme, board.numbers)
  return {
    state: () => board.state,
    set: (state, settings) => board.set(state, settings),
    grab: () => {
      board.grabbed = board.state
      // What was pointed at is no longer what is shown.
      board.hints = {}
    },
    release: (isCancelled) => {
      const from = board.grabbed
      board.grabbed = null
      board.set({ ...(isCancelled && from ? from : board.state), heldRatio: null }, { isDone: true })
    },
    commit: () => board.commit(),
    light: (lit) => board.light(lit),
    hint: (name, words) => board.hint(name, words),
    about: (name) => board.openAbout(name),
    close: () => board.openAbout(null),
    picture: drawn,
    pixels: (name, then) => pngOf(drawn(name), then),
    numbers: (name) => csvOf(board.kind.figures[name], board.data, board.state, board.numbers),
  }
}
