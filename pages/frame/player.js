// Plays a scene list: its keys, its line with the title, the cover of a scene, and the speaker's window. What must
// outlive the change of a screen stands in one place of the window, as Streamlit may mount this component anew.

const CHANNEL = "TensorLLM Explorer: show"
const LONGEST_SCENE = 600000
const STEADY = 250

const kept = (globalThis[Symbol.for(CHANNEL)] ??= { show: "", at: 0, revealed: new Set(), isOver: false, ends: null })

// Who has the focus and uses these keys itself: fields, sliders, tabs, the handles of the live figures.
const USES_KEYS = [
  "input:not([type=checkbox], [type=button])", "textarea", "select", "[contenteditable=true]", "canvas[tabindex]",
  ...["slider", "spinbutton", "combobox", "listbox", "option", "menu", "menuitem", "tab", "radio", "application", "grid"]
    .map((role) => `[role=${role}]`),
].join()
const USES_SPACE = "button, a, summary, input, [role=button]"

const isUsedBy = (event, selector) => event.composedPath().some((node) => node.matches?.(selector))

const focused = () => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element
}

// "next", "previous", "reveal", "end", or nothing for a key that is not the player's.
const actOf = (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return null
  if (event.key === "Escape") return document.fullscreenElement || isUsedBy(event, USES_KEYS) ? null : "end"
  if (isUsedBy(event, USES_KEYS)) return null
  if (event.key === "ArrowRight" || event.key === "PageDown") return "next"
  if (event.key === "ArrowLeft" || event.key === "PageUp") return "previous"
  if (event.key === "r" || event.key === "R") return "reveal"
  return event.key === " " && !isUsedBy(event, USES_SPACE) ? "reveal" : null
}

const isCovered = (data, at) => Boolean(data.scenes[at - 1]?.covered) && !kept.revealed.has(at)

const draw = (root, data) => {
  const part = (name) => root.querySelector(`[data-part="${name}"]`)
  const scene = data.scenes[kept.at - 1]
  part("place").textContent = `${kept.at} / ${data.scenes.length}`
  // The title of a covered scene may be its answer.
  part("title").textContent = isCovered(data, kept.at) ? "" : scene.title
  part("said").textContent = kept.isOver ? "The list is over. Escape ends it." : ""
  part("back").disabled = kept.at <= 1 && !kept.isOver
  const cover = root.querySelector(".cover")
  cover.hidden = !isCovered(data, kept.at) || data.rehearse
  part("question").textContent = scene.covered
}

const stateFor = (data) => ({
  kind: "scene",
  list: data.title,
  at: kept.at,
  count: data.scenes.length,
  scene: data.scenes[kept.at - 1],
  next: data.scenes[kept.at]?.title ?? null,
  isCovered: isCovered(data, kept.at),
  isOver: kept.isOver,
})

const stands = () =>
  document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning" &&
  !document.querySelector('[data-testid="stSkeleton"], [data-testid="stProgress"], [data-stale="true"]')

// The time from a moment until the screen stands still, in milliseconds: of the first frame of a steady while.
const untilItStands = (since) =>
  new Promise((resolve) => {
    let first = null
    const look = (now) => {
      first = stands() ? (first ?? now) : null
      if ((first !== null && now - first > STEADY) || now - since > LONGEST_SCENE) resolve((first ?? now) - since)
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })

export default function ({ data, parentElement, setTriggerValue }) {
  kept.ends?.abort()
  const ends = (kept.ends = new AbortController())
  const { signal } = ends
  const channel = new BroadcastChannel(CHANNEL)
  signal.addEventListener("abort", () => channel.close())
  if (kept.show !== data.show) Object.assign(kept, { show: data.show, revealed: new Set(), times: null })
  if (kept.server !== data.at || kept.at === 0 || kept.at > data.scenes.length) kept.isOver = false
  Object.assign(kept, { at: data.at, server: data.at })
  const last = data.scenes.length

  const say = () => {
    draw(parentElement, data)
    channel.postMessage(stateFor(data))
  }

  const go = (at) => {
    kept.at = at
    kept.isOver = false
    focused()?.blur?.()
    say()
    setTriggerValue("go", at)
  }

  const act = {
    next() {
      if (isCovered(data, kept.at)) act.reveal()
      else if (kept.at < last) go(kept.at + 1)
      else {
        kept.isOver = true
        say()
      }
    },
    previous() {
      if (kept.isOver) {
        kept.isOver = false
        say()
      } else if (kept.at > 1) go(kept.at - 1)
    },
    reveal() {
      kept.revealed.add(kept.at)
      say()
    },
    end() {
      Object.assign(kept, { at: 0, server: 0, revealed: new Set(), isOver: false, times: null })
      channel.postMessage({ kind: "end" })
      setTriggerValue("go", "end")
    },
  }

  const rehearse = async () => {
    // The first scene comes last: only then it too is reached from another one.
    kept.times ??= Array(last).fill(null)
    const order = [...Array(last).keys()].map((place) => ((place + 1) % last) + 1)
    const to = order.find((at) => kept.times[at - 1] === null)
    if (to === undefined || (to === data.at && last === 1)) {
      const times = kept.times.map((time) => time ?? 0)
      kept.times = null
      setTriggerValue("rehearsed", times)
      return
    }
    await untilItStands(performance.now())
    if (signal.aborted) return
    const since = performance.now()
    setTriggerValue("go", to)
    kept.since = { at: to, since }
  }

  const measure = async () => {
    if (kept.since?.at === data.at) {
      const { at, since } = kept.since
      const took = await untilItStands(since)
      if (signal.aborted) return
      kept.times[at - 1] = Math.round(took)
      kept.since = null
    }
    await rehearse()
  }

  const part = (name) => parentElement.querySelector(`[data-part="${name}"]`)
  part("back").onclick = act.previous
  part("on").onclick = act.next
  part("reveal").onclick = act.reveal
  channel.onmessage = ({ data: message }) => {
    if (message?.kind === "hello") channel.postMessage(stateFor(data))
    if (message?.kind === "act" && Object.hasOwn(act, message.act)) act[message.act]()
  }
  window.addEventListener("keydown", (event) => {
    const name = actOf(event)
    if (name === null) return
    event.preventDefault()
    act[name]()
  }, { signal })
  say()
  if (data.rehearse) measure()
  return () => ends.abort()
}
