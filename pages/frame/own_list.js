// The visitor's own scene list, in the storage of their browser: {change, list}. The higher number of changes is newer.

const KEY = "TensorLLM Explorer: own scenes"

const read = () => {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY))
    return Number.isInteger(stored?.change) && stored.list ? stored : null
  } catch {
    return null
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const sync = () => {
    const stored = read()
    if (stored && stored.change > data.change)
      setTriggerValue("stored", { change: stored.change, text: JSON.stringify(stored.list) })
    else if (data.change > (stored?.change ?? 0)) {
      try {
        localStorage.setItem(KEY, JSON.stringify({ change: data.change, list: JSON.parse(data.text) }))
      } catch {
        // A browser that keeps nothing: the list lasts as long as the tab.
      }
    }
  }
  parentElement.ends?.abort()
  const ends = (parentElement.ends = new AbortController())
  // Another tab has recorded a scene.
  window.addEventListener("storage", (event) => event.key === KEY && sync(), { signal: ends.signal })
  sync()
  return () => ends.abort()
}
