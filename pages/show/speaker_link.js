// Opens the speaker's window.
export default function ({ data, parentElement }) {
  parentElement.querySelector("button").onclick = () =>
    window.open(data.path, "TensorLLM Explorer speaker", "popup,width=960,height=640")
}
