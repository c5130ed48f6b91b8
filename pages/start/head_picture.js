// One head's weights rebuilt from their leading directions: original, rebuilt, missing. Drawn on three small canvases,
// one pixel for each weight, which the style enlarges.

const SECONDS_A_DIRECTION = 1.3
const SECONDS_AT_THE_END = 3
const COLOURS = 256

const numbersIn = (base64) => new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer)

// `rows x columns` weights of direction `k` alone.
const layerOf = (head, left, right, k) => {
  const count = head.values.length
  const layer = new Float32Array(head.rows * head.columns)
  for (let row = 0; row < head.rows; row++)
    for (let column = 0; column < head.columns; column++)
      layer[row * head.columns + column] = head.values[k] * left[row * count + k] * right[column * count + k]
  return layer
}

const sumOf = (layers, size) => {
  const sum = new Float32Array(size)
  for (const layer of layers) for (let i = 0; i < size; i++) sum[i] += layer[i]
  return sum
}

const readHead = (head) => {
  const left = numbersIn(head.left)
  const right = numbersIn(head.right)
  const layers = head.values.map((_, k) => layerOf(head, left, right, k))
  const original = sumOf(layers, head.rows * head.columns)
  const energy = head.values.map((value) => value * value)
  const all = energy.reduce((sum, value) => sum + value, 0)
  // The share of the norm that the first `r` directions leave out: exact, since they are orthogonal.
  const errors = [...energy, 0].map((_, r) => Math.sqrt(energy.slice(r).reduce((sum, value) => sum + value, 0) / all))
  const enough = errors.findIndex((error) => error < 0.0005)
  return { layers, original, errors, enough, limit: Math.max(...original.map(Math.abs)) * 0.7 }
}

// The colour of each of 256 steps from `-limit` to `limit`, between the stops of a colour scale.
const paletteOf = (stops) => {
  const channels = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16))
  return Array.from({ length: COLOURS }, (_, step) => {
    const at = step / (COLOURS - 1)
    const next = Math.max(1, stops.findIndex(([place]) => place >= at))
    const [[from, below], [to, above]] = [stops[next - 1], stops[next]]
    const share = (at - from) / (to - from)
    return channels(below).map((value, i) => Math.round(value + share * (channels(above)[i] - value)))
  })
}

const paint = (canvas, weights, limit, palette) => {
  const context = canvas.getContext("2d")
  const image = context.createImageData(canvas.width, canvas.height)
  for (let i = 0; i < weights.length; i++) {
    const step = Math.round(((weights[i] / limit + 1) / 2) * (COLOURS - 1))
    const [red, green, blue] = palette[Math.min(Math.max(step, 0), COLOURS - 1)]
    image.data.set([red, green, blue, 255], 4 * i)
  }
  context.putImageData(image, 0, 0)
}

// Within the time of one direction it fades in, and then stands.
const rankAt = (seconds, enough) => {
  const rank = Math.min(seconds / SECONDS_A_DIRECTION, enough)
  const share = Math.min(1, (rank % 1) * 2)
  return Math.floor(rank) + share * share * (3 - 2 * share)
}

const isDark = (host) => {
  const probe = document.createElement("canvas").getContext("2d")
  probe.fillStyle = getComputedStyle(host).getPropertyValue("--st-background-color").trim() || "#ffffff"
  return parseInt(probe.fillStyle.slice(1, 3), 16) < 128
}

const pictures = new WeakMap()

const newPicture = (data, root) => {
  const head = readHead(data.head)
  const size = head.original.length
  const part = (name) => root.querySelector(`[data-part="${name}"]`)
  const [original, rebuilt, missing] = ["original", "rebuilt", "missing"].map((name) => part(name))
  const slider = part("slider")
  const button = part("play")
  const bars = data.head.values.map((value) => {
    const bar = document.createElement("i")
    bar.style.height = `${Math.max(2, (100 * value) / data.head.values[0])}%`
    return bar
  })
  part("bars").replaceChildren(...bars)
  for (const canvas of [original, rebuilt, missing]) Object.assign(canvas, { width: data.head.columns, height: data.head.rows })
  const grouped = new Intl.NumberFormat("en-GB")
  slider.max = part("directions").textContent = data.head.values.length
  part("all").textContent = grouped.format(size)
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches
  const picture = { playing: !still, seconds: SECONDS_A_DIRECTION, rank: still ? data.stillAt : 1, shown: -1 }
  let before = 0

  const draw = () => {
    const whole = Math.floor(picture.rank)
    const kept = head.layers.slice(0, whole)
    const now = sumOf(kept, size)
    const next = head.layers[whole]
    if (next) for (let i = 0; i < size; i++) now[i] += (picture.rank - whole) * next[i]
    paint(original, head.original, head.limit, picture.palette)
    paint(rebuilt, now, head.limit, picture.palette)
    paint(missing, head.original.map((value, i) => value - now[i]), head.limit, picture.palette)
    const rank = Math.round(picture.rank)
    if (rank === picture.shown) return
    picture.shown = rank
    part("rank").textContent = rank
    part("error").textContent = head.errors[rank].toFixed(2)
    part("stored").textContent = grouped.format(rank * (data.head.rows + data.head.columns))
    slider.value = rank
    slider.setAttribute("aria-valuetext", `${rank} directions, error ${head.errors[rank].toFixed(2)}`)
    bars.forEach((bar, k) => bar.classList.toggle("kept", k < rank))
  }

  const step = (now) => {
    picture.frame = requestAnimationFrame(step)
    // A hidden tab, or a slow moment, must not make the picture leap. A frame may have begun before the click.
    picture.seconds += Math.min(Math.max(now - before, 0) / 1000, 0.1)
    before = now
    if (picture.seconds > head.enough * SECONDS_A_DIRECTION + SECONDS_AT_THE_END) picture.seconds = 0
    picture.rank = rankAt(picture.seconds, head.enough)
    draw()
  }

  const play = (playing) => {
    picture.playing = playing
    cancelAnimationFrame(picture.frame)
    button.textContent = playing ? "Pause" : "Play"
    if (!playing) return
    before = performance.now()
    picture.frame = requestAnimationFrame(step)
  }

  button.onclick = () => {
    if (!picture.playing) picture.seconds = picture.rank >= head.enough ? 0 : picture.rank * SECONDS_A_DIRECTION
    play(!picture.playing)
  }
  slider.oninput = () => {
    play(false)
    picture.rank = Number(slider.value)
    draw()
  }
  return Object.assign(picture, { draw, play })
}

export default function ({ data, parentElement, setTriggerValue }) {
  const known = pictures.get(parentElement)
  const picture = known ?? newPicture(data, parentElement)
  pictures.set(parentElement, picture)
  picture.palette = paletteOf(isDark(parentElement.host ?? parentElement) ? data.scales.dark : data.scales.light)
  picture.draw()
  if (!known) {
    picture.play(picture.playing)
    performance.mark("first picture")
    setTriggerValue("drawn", true)
  }
  return () => cancelAnimationFrame(picture.frame)
}
