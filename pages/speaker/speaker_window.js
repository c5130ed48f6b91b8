// Follows the window that plays a list, through the browser alone: player.js says what it shows, and does what is asked.

const CHANNEL = "TensorLLM Explorer: show"
const KEYS = { ArrowRight: "next", PageDown: "next", ArrowLeft: "previous", PageUp: "previous", r: "reveal", " ": "reveal" }

const clockText = (milliseconds) => {
  const seconds = Math.floor(milliseconds / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const two = (number) => String(number).padStart(2, "0")
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export default function ({ parentElement }) {
  if (parentElement.ends) return parentElement.ends
  const part = (name) => parentElement.querySelector(`[data-part="${name}"]`)
  const channel = new BroadcastChannel(CHANNEL)
  let since = null

  const tick = () => {
    part("elapsed").textContent = clockText(since === null ? 0 : Date.now() - since)
    part("now").textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
  }

  const show = (state) => {
    since ??= Date.now()
    part("list").textContent = state.list
    part("place").textContent = `${state.at} / ${state.count}`
    part("title").textContent = state.scene.title
    part("covered").textContent = state.isCovered ? `Covered: ${state.scene.covered}` : ""
    part("note").textContent = state.scene.note ?? ""
    part("next").textContent = state.isOver ? "The list is over." : `Next: ${state.next ?? "nothing, this is the last scene"}`
    part("reveal").disabled = !state.isCovered
  }

  const ask = (act) => channel.postMessage({ kind: "act", act })
  channel.onmessage = ({ data: message }) => {
    if (message?.kind === "scene") show(message)
    if (message?.kind === "end") {
      part("list").textContent = "The list has ended"
      for (const name of ["place", "covered", "note", "next"]) part(name).textContent = ""
      part("title").textContent = "Play a list in another window of this browser"
    }
  }
  part("previous").onclick = () => ask("previous")
  part("on").onclick = () => ask("next")
  part("reveal").onclick = () => ask("reveal")
  part("reset").onclick = () => {
    since = Date.now()
    tick()
  }
  const onKey = (event) => {
    const act = KEYS[event.key]
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === " " && event.composedPath().some((node) => node.matches?.("button"))) return
    event.preventDefault()
    ask(act)
  }
  window.addEventListener("keydown", onKey)
  const timer = setInterval(tick, 500)
  tick()
  channel.postMessage({ kind: "hello" })
  parentElement.ends = () => {
    clearInterval(timer)
    window.removeEventListener("keydown", onKey)
    channel.close()
  }
  return parentElement.ends
}
