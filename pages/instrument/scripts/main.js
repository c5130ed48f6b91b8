// The components share this page-wide store: one brings data, for example the bytes of a layer; another shows a scene.

import { readBlob } from "./blob.js"
import { Board } from "./board.js"
import { COMPARE } from "./compare.js"
import { DECOMPOSE } from "./decompose.js"
import { HEADS } from "./heads.js"
import { LAYERS } from "./layers.js"
import { SCAN } from "./scan.js"

const KINDS = Object.fromEntries([DECOMPOSE, HEADS, LAYERS, COMPARE, SCAN].map((kind) => [kind.name, kind]))
/** The most bytes of data that stay, beside the newest. pages/instrument/sent.py counts in the same way. */
const MOST_BYTES = 96 * 2 ** 20
/** Milliseconds after which data that have not come are asked for. */
const PATIENCE = 1500

function createStore() {
  const known = new Map()
  const places = new Map()
  return {
    frames: [],
    /** Take the bytes of some data; those before stay for a while, for going back and forth. */
    add(bytes) {
      const data = readBlob(bytes)
      if (known.has(data.key)) return
      known.set(data.key, { data, size: bytes.byteLength })
      let size = [...known.values()].reduce((sum, each) => sum + each.size, 0)
      for (const [key, each] of known) {
        if (size <= MOST_BYTES || key === data.key) break
        known.delete(key)
        size -= each.size
      }
      for (const place of places.values()) this.draw(place)
    },
    /** Draw a scene in an element, now or as soon as its data have come. */
    render({ parentElement, data, setTriggerValue }) {
      const root = parentElement.querySelector(".root")
      const place = places.get(parentElement) ?? { root }
      places.set(parentElement, place)
      place.scene = data
      place.send = (scene) => setTriggerValue("released", scene)
      this.draw(place)
      return () => this.remove(parentElement)
    },
    /** Where the ring stands in its landscape, in CSS pixels. */
    ring() {
      const { plots, state } = [...places.values()].find((place) => place.board).board
      const [plot] = plots.landscape
      return [plot.x(state.used[0]), plot.y(state.used[1])]
    },
    remove(parentElement) {
      const place = places.get(parentElement)
      clearTimeout(place?.waiting)
      place?.board?.remove()
      places.delete(parentElement)
    },
    draw(place) {
      const { kind, key } = place.scene
      clearTimeout(place.waiting)
      if (!known.has(key)) {
        // The server may believe that they are here: ask once.
        if (place.missing !== key) place.waiting = setTimeout(() => this.ask(place, key), PATIENCE)
        return
      }
      place.board ??= new Board(place.root, KINDS[kind], (scene) => place.send(scene), this.frames)
      place.board.show(known.get(key).data, place.scene)
    },
    ask(place, key) {
      place.missing = key
      place.send({ missing: key })
    },
  }
}

const NAME = Symbol.for("TensorLLM Explorer: live figures")
const WAITING = Symbol.for("TensorLLM Explorer: waiting for the live figures")
const DATA = Symbol.for("TensorLLM Explorer: data waiting for the live figures")

/** The page's store; on its first use, whatever waited for it is drawn. */
export function liveStore() {
  if (!globalThis[NAME]) {
    globalThis[NAME] = createStore()
    for (const bytes of globalThis[DATA] ?? []) globalThis[NAME].add(bytes)
    for (const component of globalThis[WAITING]?.values() ?? []) globalThis[NAME].render(component)
  }
  return globalThis[NAME]
}
