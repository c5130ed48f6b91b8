// Pointers and wheels, the same for all figures.

const NOTCH = 50
const TOUCHPAD_STEP = 40

/** Call `begin`, `move` and `end` with the place of the pointer in the element, for mouse, pen and touch alike. */
export function drag(node, { begin, move, end, hover, leave }) {
  let held = false
  node.onpointerdown = (event) => {
    if (event.button) return
    held = true
    node.setPointerCapture(event.pointerId)
    node.focus({ preventScroll: true })
    event.preventDefault()
    begin(...placeIn(node, event), event)
  }
  node.onpointermove = (event) =>
    held ? move(...placeIn(node, event), event) : hover(...placeIn(node, event), event)
  node.onpointerup = (event) => finish(event, false)
  node.onpointercancel = (event) => finish(event, true)
  node.onpointerleave = () => held || leave()
  function finish(event, isCancelled) {
    if (!held) return
    held = false
    end(isCancelled, event)
  }
}

/** The place of the pointer in an element, in CSS pixels. */
export function placeIn(node, event) {
  const box = node.getBoundingClientRect()
  return [event.clientX - box.left, event.clientY - box.top]
}

/** Call `turn` for a wheel over an element that has the focus; over any other, the wheel scrolls the page. */
export function onWheel(node, turn) {
  node.addEventListener("wheel", (event) => node.matches(":focus-within") && turn(event), { passive: false })
}

/** Turns the turning of a wheel into whole steps: a notch is one, and what a touchpad sends adds up. */
export function wheelSteps() {
  let turned = 0
  return (event) => {
    const delta = event.deltaY || event.deltaX
    turned = Math.abs(delta) >= NOTCH ? -Math.sign(delta) * TOUCHPAD_STEP : turned - delta
    const steps = Math.trunc(turned / TOUCHPAD_STEP)
    turned -= steps * TOUCHPAD_STEP
    return steps * (event.shiftKey ? 8 : 1)
  }
}

/** How far an arrow key steps along a row of things; 0 for another key. */
export function arrowStep(event) {
  return { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0
}
