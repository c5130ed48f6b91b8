// The two components share this page-wide store: one brings the bytes of layers, the other draws the scene.

import { readLayer } from "./blob.js"
import { Instrument } from "./instrument.js"

const MOST_LAYERS = 6

function createStore() {
  const layers = new Map()
  const places = new Map()
  return {
    frames: [],
    /** Take the bytes of a layer; those of the layers before stay for a while, for going back and forth. */
    add(bytes) {
      const layer = readLayer(bytes)
      if (layers.has(layer.layer)) return
      layers.set(layer.layer, layer)
      if (layers.size > MOST_LAYERS) layers.delete(layers.keys().next().value)
      for (const place of places.values()) this.draw(place)
    },
    /** Draw a scene in an element, now or as soon as its layer has come. */
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
      const { plots, state } = [...places.values()].find((place) => place.instrument).instrument
      return [plots.landscape.x(state.used[0]), plots.landscape.y(state.used[1])]
    },
    remove(parentElement) {
      places.get(parentElement)?.instrument?.remove()
      places.delete(parentElement)
    },
    draw(place) {
      const layer = layers.get(place.scene.layer)
      if (!layer) return
      place.instrument ??= new Instrument(place.root, (scene) => place.send(scene), this.frames)
      place.instrument.show(layer, place.scene)
    },
  }
}

const NAME = Symbol.for("TensorLLM Explorer: instrument")
const WAITING = Symbol.for("TensorLLM Explorer: waiting for the instrument")

/** The page's store; on its first use, whatever waited for it is drawn. */
export function instrumentStore() {
  if (!globalThis[NAME]) {
    globalThis[NAME] = createStore()
    for (const component of globalThis[WAITING]?.values() ?? []) globalThis[NAME].render(component)
  }
  return globalThis[NAME]
}
