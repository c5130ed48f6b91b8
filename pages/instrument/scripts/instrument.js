// The instrument as a whole: it holds the state, draws at most once a frame, and tells the server when the hand
// rests.

import { actionsOf } from "./actions.js"
import { createAbout, drawAbout } from "./about.js"
import { createControls, drawControls } from "./controls.js"
import { viewsOf } from "./cores.js"
import { element, write } from "./elements.js"
import { createFigures, drawFigures, plotsFor, standing, TITLES } from "./figures.js"
import { errorText } from "./format.js"
import { coreGestures, landscapeGestures, spectrumGestures, wheelSteps } from "./gestures.js"
import { createReadout, drawReadout, numbersAt } from "./readout.js"
import { changed, sceneOf, stateOf, withRank } from "./state.js"
import { themeOf } from "./theme.js"

const REST = 180
const MOST_FRAMES = 1200
const AROUND = 194
const AROUND_PRESENTED = 136

/**
 * The instrument in an element. `send` tells the server a scene; `frames` gets the milliseconds of every drawing.
 */
export class Instrument {
  constructor(root, send, frames) {
    this.root = root
    this.send = send
    this.frames = frames
    this.layer = null
    this.state = null
    this.sent = 0
    this.history = []
    this.drawnBefore = {}
    this.wheels = [0, 1, 2].map(wheelSteps)
    this.build()
  }

  build() {
    const act = actionsOf(this)
    this.controls = createControls(act)
    this.readout = createReadout()
    this.about = createAbout(act)
    this.figures = createFigures((name) => act.about(name))
    const { landscape, spectra, cores } = this.figures
    this.views = element("select", {
      "aria-label": "Slice of the core",
      onchange: () => act.view(this.views.value),
    })
    cores.tools.append(this.views)
    this.range = element("button", { type: "button", className: "quiet", onclick: act.absolute })
    landscape.tools.append(this.range)
    this.board = element(
      "div",
      { className: "instrument" },
      this.controls.node,
      this.readout.node,
      landscape.node,
      spectra.node,
      cores.node,
      this.about.node,
    )
    this.board.onkeydown = (event) => event.key === "Escape" && this.takeBack() && event.stopPropagation()
    landscapeGestures(landscape.over, () => ({ layer: this.layer, plot: this.plots.landscape }), act)
    spectra.panels.forEach(({ over }, mode) =>
      spectrumGestures(over, mode, () => ({ layer: this.layer, plots: this.plots.spectra }), act),
    )
    coreGestures(cores.over, () => ({ layer: this.layer, plot: this.plots.cores }), act)
    this.root.replaceChildren(this.board)
    this.watcher = new ResizeObserver(() => this.schedule({ isResized: true }))
    this.watcher.observe(this.board)
    this.onWindow = () => this.schedule({ isResized: true })
    window.addEventListener("resize", this.onWindow)
  }

  /** Draw this layer from now on, in the scene that the server tells. */
  show(layer, scene) {
    const isNew = layer !== this.layer || !this.state
    const isOwn = scene.echo >= this.sent
    this.layer = layer
    this.exact = scene.exact
    this.theme = themeOf(scene, this.root)
    // What the visitor does at this moment counts for more than an answer to what they did before.
    if (isNew || (isOwn && !this.grabbed && !this.resting)) {
      this.state = { ...stateOf(layer, scene), lit: this.state?.lit ?? null }
      this.settledScene = JSON.stringify(sceneOf(this.state))
    }
    if (isNew) this.history = []
    this.board.classList.toggle("presented", scene.isPresented)
    this.paintVariables(scene)
    this.root.dataset.layer = layer.layer
    this.root.dataset.echo = scene.echo
    this.schedule({ isResized: isNew })
  }

  /** Colours and type of the scene, for the style sheet. */
  paintVariables({ look, scale }) {
    const [mode1, mode2, mode3] = look.modes
    for (const [name, value] of Object.entries({ scale, mode1, mode2, mode3, warning: look.warning })) {
      this.root.style.setProperty(`--${name}`, value)
    }
  }

  set(state, { isDone = false, isKey = false, isTyped = false } = {}) {
    if (!this.layer) return
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
    const scene = JSON.stringify(sceneOf(this.state))
    if (scene === this.settledScene) return
    if (this.settledScene) this.history.push(this.settledScene)
    this.settledScene = scene
    this.sent += 1
    this.send({ ...sceneOf(this.state), layer: this.layer.layer, echo: this.sent })
  }

  /** Escape: what is in the hand goes back to where it was; else the last change is taken back. */
  takeBack() {
    if (this.grabbed) {
      const from = this.grabbed
      this.grabbed = null
      this.set({ ...from, heldRatio: null }, { isDone: true })
      return true
    }
    const before = this.history.pop()
    if (!before) return false
    const { ranks, ...values } = JSON.parse(before)
    const state = changed(this.layer, this.state, { ...values, chosen: ranks ?? [...this.layer.suggestion] })
    this.set({ ...state, isSuggested: ranks === null })
    this.settledScene = null
    this.commit()
    return true
  }

  wheel(mode, event) {
    event.preventDefault()
    const steps = this.wheels[mode](event)
    if (!steps) return
    this.set(withRank(this.layer, this.state, mode, this.state.used[mode] + steps), { isKey: true })
  }

  /** Light a direction: of one mode, or (from a cell of the cores) of modes 1 and 2. */
  light(mode, place, second) {
    const lit = place === undefined ? null : []
    if (lit) lit[mode] = place
    if (lit && second !== undefined) lit[1] = second
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
    this.board.classList.toggle("explained", Boolean(this.opened))
    this.schedule({ isResized: true })
  }

  schedule({ isResized = false }) {
    this.isResized = this.isResized || isResized
    if (this.frame) return
    this.frame = requestAnimationFrame(() => {
      this.frame = null
      if (this.layer && this.root.isConnected) this.draw()
    })
  }

  draw() {
    const started = performance.now()
    const { layer, state, theme } = this
    theme.density = Math.min(window.devicePixelRatio || 1, 2)
    if (this.isResized || !this.plots) {
      this.isResized = false
      drawAbout(this.about, this.opened, this.opened ? TITLES[this.opened] : "", layer)
      this.fitHeight()
      this.plots = plotsFor(this.figures, layer, theme.scale)
    }
    const numbers = numbersAt(layer, state, this.exact)
    drawReadout(this.readout, layer, state, numbers, theme)
    drawControls(this.controls, layer, state, theme)
    const after = standing(state, this.plots, { ...theme, key: `${theme.key} ${layer.layer}` })
    drawFigures(this.figures, layer, this.plots, state, theme, this.drawnBefore, after)
    this.drawnBefore = after
    this.writeCaptions(numbers)
    this.frames.push(performance.now() - started)
    if (this.frames.length > MOST_FRAMES) this.frames.shift()
  }

  /** Presented, the figures fill the window; else they have room for their axes, and more in a taller window. */
  fitHeight() {
    // Not what stands above at this moment: that may still be coming, and the figures must not depend on it.
    const around = this.board.classList.contains("presented") ? AROUND_PRESENTED : AROUND
    const room = Math.max(window.innerHeight - around, 430 * this.theme.scale)
    this.board.style.setProperty("--room", `${Math.round(room)}px`)
  }

  writeCaptions(numbers) {
    const { layer, state, hints = {} } = this
    const captions = {
      landscape:
        hints.landscape ?? `Error ${errorText(numbers.error, 2)} at the ring. Orange: the best ranks of each size`,
      spectra: hints.spectra ?? "What the kept directions of each mode hold of the energy",
      cores: hints.cores ?? `The core of every ${layer.unit}, on one colour scale`,
    }
    for (const [name, words] of Object.entries(captions)) write(this.figures[name].caption, words)
    this.figures.spectra.panels.forEach(({ over }, mode) => {
      over.setAttribute("aria-valuenow", state.used[mode])
      over.setAttribute("aria-valuemin", 1)
      over.setAttribute("aria-valuemax", layer.limits[mode])
    })
    write(this.range, state.isAbsolute ? "Colours: 0 to 1" : "Colours: what occurs")
    const names = viewsOf(layer, state.used)
    if (this.viewNames !== String(names)) {
      this.viewNames = String(names)
      this.views.replaceChildren(
        ...names.map((name) =>
          element("option", { value: name, textContent: /^\d/.test(name) ? `slice ${name}` : `part ${name}` }),
        ),
      )
    }
    if (this.views.value !== state.view) this.views.value = state.view
  }

  remove() {
    this.watcher.disconnect()
    window.removeEventListener("resize", this.onWindow)
    clearTimeout(this.resting)
  }
}
