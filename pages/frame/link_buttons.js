// The own list stands in the browser's storage as `own_list.js` reads it: {change, list: {title, scenes}}.

const KEY = "TensorLLM Explorer: own scenes"
const NEW_LIST = { title: "My scenes", scenes: [] }
const MOST_SCENES = 60
// Set by playing, or by this machine; the same names as in scene_list.py.
const LOOKS = ["show", "at", "rehearse", "present", "tour", "device"]

const read = () => {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY))
    if (Number.isInteger(stored?.change) && Array.isArray(stored.list?.scenes)) return stored
  } catch {
    // Not ours: a new list takes its place.
  }
  return { change: 0, list: NEW_LIST }
}

// In words what the address says: "Decompose: demo-decoder, layer 2, ranks 12, 6, 4".
const titleOf = (screen, parameters) => {
  const ranks = ["r1", "r2", "r3"].map((name) => parameters.get(name)).filter(Boolean)
  const words = [
    parameters.get("model")?.split(/[\\/]/).pop(),
    parameters.has("layer") && `layer ${parameters.get("layer")}`,
    ranks.length === 3 && `ranks ${ranks.join(", ")}`,
  ].filter(Boolean)
  return (words.length ? `${screen}: ${words.join(", ")}` : screen).slice(0, 120)
}

const sceneOfWindow = () => {
  const parameters = new URLSearchParams(window.location.search)
  for (const name of LOOKS) parameters.delete(name)
  const path = window.location.pathname.replace(/\/+$/, "").split("/").pop() || "decompose"
  const query = parameters.toString()
  return { title: titleOf(document.title.split(" · ")[0], parameters), link: query ? `${path}?${query}` : path }
}

const record = () => {
  const { change, list } = read()
  if (list.scenes.length >= MOST_SCENES) throw new RangeError("full")
  const next = { change: change + 1, list: { ...list, scenes: [...list.scenes, sceneOfWindow()] } }
  localStorage.setItem(KEY, JSON.stringify(next))
  return next.list.scenes.length
}

const answer = (button, words) => {
  const rest = button.dataset.rest
  button.textContent = words
  clearTimeout(button.waits)
  button.waits = setTimeout(() => { button.textContent = rest }, 1500)
}

export default function ({ data, parentElement }) {
  const button = (name, words) => {
    const found = parentElement.querySelector(`[data-part="${name}"]`)
    found.dataset.rest = words
    if (!found.textContent) found.textContent = words
    return found
  }
  const copy = button("copy", "Copy link")
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href)
      answer(copy, "Copied")
    } catch {
      window.prompt("Copy this link:", window.location.href)
    }
  }
  const keep = button("record", "Record")
  keep.hidden = !data.records
  keep.onclick = () => {
    try {
      answer(keep, `Scene ${record()}`)
    } catch {
      answer(keep, "No room")
    }
  }
}
