// A step of the guided tour: sentences whose words set the screen, and the ways on, back and out.

const control = (piece, choose) => {
  const button = document.createElement("button")
  button.type = "button"
  button.textContent = piece.text
  button.setAttribute("aria-pressed", "false")
  button.onclick = () => {
    for (const other of button.parentElement.querySelectorAll("button")) other.setAttribute("aria-pressed", "false")
    button.setAttribute("aria-pressed", "true")
    choose(piece.control)
  }
  return button
}

export default function ({ data, parentElement, setTriggerValue }) {
  const part = (name) => parentElement.querySelector(`[data-part="${name}"]`)
  const step = `${data.number} ${data.isHere}`
  const words = part("words")
  if (words.dataset.step !== step) {
    // Not while the step stays: the chosen word stays marked, and keeps the focus.
    words.dataset.step = step
    words.replaceChildren(
      ...data.pieces.map((piece) =>
        "control" in piece ? control(piece, (chosen) => setTriggerValue("control", chosen)) : piece.text,
      ),
    )
  }
  part("title").textContent = data.title
  part("place").textContent = `step ${data.number} of ${data.count}`
  part("back").disabled = data.number === 1
  part("on").textContent = !data.isHere ? "Go there" : data.number < data.count ? "Next" : "Explore by yourself"
  part("back").onclick = () => setTriggerValue("go", data.number - 1)
  part("on").onclick = () => setTriggerValue("go", !data.isHere ? data.number : data.number < data.count ? data.number + 1 : 0)
  part("skip").onclick = () => setTriggerValue("go", 0)
}
