// Small helpers for the page's elements.

/** An element with attributes, properties (`on...`, `textContent`) and children. */
export function element(tag, values = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith("on") || name === "textContent" || name === "className") made[name] = value
    else if (value === true) made.setAttribute(name, "")
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

/** Set a text only if it differs, for writing the same text again costs a layout; returns whether it does. */
export function write(node, text) {
  if (node.textContent === text) return false
  node.textContent = text
  return true
}

/** Give a canvas this size in CSS pixels; returns whether it changed. */
export function resize(canvas, width, height, density) {
  const [wide, tall] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))]
  if (canvas.width === wide && canvas.height === tall) return false
  canvas.width = wide
  canvas.height = tall
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  return true
}

/** Clear a canvas, and let lengths be CSS pixels. */
export function cleared(canvas, density) {
  const context = canvas.getContext("2d")
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.setTransform(density, 0, 0, density, 0, 0)
  return context
}

/** Save a file that was made in the page. */
export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  const link = element("a", { href: address, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10000)
}
