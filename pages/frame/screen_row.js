// The row of screens: real links, so that a screen can be opened in a new tab, copied and reached with the keyboard.

const element = (name, text, attributes = {}) => {
  const made = document.createElement(name)
  if (text) made.textContent = text
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

// The address holds the scene, and follows every change of it without this component being drawn anew.
const addressOf = (screen) => screen.path + (screen.holdsScene ? window.location.search : "")

const isPlainClick = (event) =>
  event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)

const linkTo = (screen, text, open) => {
  const link = element("a", text, { href: addressOf(screen), title: screen.answers })
  for (const moment of ["pointerover", "pointerdown", "focus", "contextmenu"])
    link.addEventListener(moment, () => { link.href = addressOf(screen) })
  link.addEventListener("click", (event) => {
    if (!isPlainClick(event)) return
    event.preventDefault()
    if (!screen.current) open(screen.name)
  })
  return link
}

const tab = (screen, open) => {
  const item = element("li")
  const link = linkTo(screen, screen.title, open)
  link.dataset.name = screen.name
  if (screen.current) link.setAttribute("aria-current", "page")
  item.append(link)
  return item
}

const group = (section, open) => {
  const list = element("ul", "", { "aria-label": section.title })
  list.append(...section.screens.map((screen) => tab(screen, open)))
  return list
}

export default function ({ data, parentElement, setTriggerValue }) {
  const open = (name) => setTriggerValue("screen", name)
  const row = parentElement.querySelector("nav")
  const focused = parentElement.activeElement?.dataset.name
  const name = linkTo(data.sections[0].screens[0], data.app, open)
  name.className = "app"
  row.replaceChildren(name, ...data.sections.map((section) => group(section, open)))
  if (focused) row.querySelector(`[data-name="${focused}"]`)?.focus()
  // On a narrow window the row scrolls.
  const current = row.querySelector("[aria-current]")
  if (current) row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2
  const header = parentElement.querySelector("header")
  header.hidden = !data.heading
  header.querySelector("h1").textContent = data.heading?.title ?? ""
  header.querySelector("p").textContent = data.heading?.answers ?? ""
}
