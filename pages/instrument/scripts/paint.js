// One set of strokes for two grounds: a canvas on the screen, and an SVG text for a download.

/** Strokes on a canvas; lengths in CSS pixels. */
export class CanvasPaint {
  constructor(context, family) {
    this.context = context
    this.family = family
  }

  rect(x, y, width, height, { fill, stroke, lineWidth = 1, alpha = 1 }) {
    const { context } = this
    context.globalAlpha = alpha
    if (fill) {
      context.fillStyle = fill
      context.fillRect(x, y, width, height)
    }
    if (stroke) {
      context.strokeStyle = stroke
      context.lineWidth = lineWidth
      context.strokeRect(x, y, width, height)
    }
    context.globalAlpha = 1
  }

  /** A line through points [[x, y], ...], closed and filled if `fill` is given. */
  path(points, { stroke, fill, lineWidth = 1, dash = [], alpha = 1 }) {
    if (!points.length) return
    const { context } = this
    context.globalAlpha = alpha
    context.beginPath()
    points.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)))
    if (fill) {
      context.closePath()
      context.fillStyle = fill
      context.fill()
    }
    if (stroke) {
      context.setLineDash(dash)
      context.strokeStyle = stroke
      context.lineWidth = lineWidth
      context.stroke()
      context.setLineDash([])
    }
    context.globalAlpha = 1
  }

  circle(x, y, radius, { stroke, fill, lineWidth = 1, alpha = 1 }) {
    const { context } = this
    context.globalAlpha = alpha
    context.beginPath()
    context.arc(x, y, radius, 0, 2 * Math.PI)
    if (fill) {
      context.fillStyle = fill
      context.fill()
    }
    if (stroke) {
      context.strokeStyle = stroke
      context.lineWidth = lineWidth
      context.stroke()
    }
    context.globalAlpha = 1
  }

  /** Text; `halo` is the colour of a rim that keeps it legible on any ground; `turn` in radians. */
  text(words, x, y, { fill, size, anchor = "left", baseline = "middle", weight = 400, halo, turn = 0 }) {
    const { context } = this
    context.save()
    context.translate(x, y)
    context.rotate(turn)
    context.font = `${weight} ${size}px ${this.family}`
    context.textAlign = anchor
    context.textBaseline = baseline
    if (halo) {
      context.lineJoin = "round"
      context.strokeStyle = halo
      context.lineWidth = Math.max(3, size / 4)
      context.strokeText(words, 0, 0)
    }
    context.fillStyle = fill
    context.fillText(words, 0, 0)
    context.restore()
  }

  width(words, size, weight = 400) {
    this.context.font = `${weight} ${size}px ${this.family}`
    return this.context.measureText(words).width
  }

  /** Cells: an ImageData in device pixels, drawn unsmoothed into the rectangle. */
  image(pixels, x, y, width, height) {
    const { context } = this
    const scale = context.getTransform().a
    if (Math.round(width * scale) === pixels.width && Math.round(height * scale) === pixels.height) {
      context.putImageData(pixels, Math.round(x * scale), Math.round(y * scale))
      return
    }
    context.imageSmoothingEnabled = false
    context.drawImage(asCanvas(pixels), x, y, width, height)
  }

  clip(x, y, width, height, draw) {
    const { context } = this
    context.save()
    context.beginPath()
    context.rect(x, y, width, height)
    context.clip()
    draw()
    context.restore()
  }
}

/** The same strokes as SVG elements, in `pieces`; `number` tells this paint from others in the same picture. */
export class SvgPaint {
  constructor(width, height, family, ground, number = 0) {
    this.number = number
    this.family = family
    this.pieces = ground ? [`<rect width="${width}" height="${height}" fill="${ground}"/>`] : []
    this.clips = 0
    this.measure = document.createElement("canvas").getContext("2d")
  }

  rect(x, y, width, height, style) {
    this.pieces.push(`<rect ${attributes({ x, y, width, height })} ${strokes(style)}/>`)
  }

  path(points, style) {
    if (!points.length) return
    const data = points.map(([x, y], place) => `${place ? "L" : "M"}${short(x)} ${short(y)}`).join("")
    this.pieces.push(`<path d="${data}${style.fill ? "Z" : ""}" ${strokes(style)}/>`)
  }

  circle(x, y, radius, style) {
    this.pieces.push(`<circle ${attributes({ cx: x, cy: y, r: radius })} ${strokes(style)}/>`)
  }

  text(words, x, y, { fill, size, anchor = "left", baseline = "middle", weight = 400, halo, turn = 0 }) {
    const place = {
      x,
      y,
      fill,
      "font-size": size,
      "font-weight": weight,
      "font-family": this.family,
      "text-anchor": { left: "start", center: "middle", right: "end" }[anchor],
      "dominant-baseline": { middle: "central", top: "hanging", bottom: "auto", alphabetic: "auto" }[baseline],
    }
    if (halo) Object.assign(place, { stroke: halo, "stroke-width": Math.max(3, size / 4), "paint-order": "stroke" })
    if (turn) place.transform = `rotate(${short((turn * 180) / Math.PI)} ${short(x)} ${short(y)})`
    this.pieces.push(`<text ${attributes(place)}>${escaped(words)}</text>`)
  }

  width(words, size, weight = 400) {
    this.measure.font = `${weight} ${size}px ${this.family}`
    return this.measure.measureText(words).width
  }

  image(pixels, x, y, width, height) {
    const href = asCanvas(pixels).toDataURL("image/png")
    const place = attributes({ x, y, width, height, href, preserveAspectRatio: "none" })
    this.pieces.push(`<image ${place} style="image-rendering:pixelated"/>`)
  }

  clip(x, y, width, height, draw) {
    const name = `clip${this.number}-${++this.clips}`
    this.pieces.push(`<clipPath id="${name}"><rect ${attributes({ x, y, width, height })}/></clipPath>`)
    this.pieces.push(`<g clip-path="url(#${name})">`)
    draw()
    this.pieces.push("</g>")
  }
}

function asCanvas(pixels) {
  const canvas = document.createElement("canvas")
  canvas.width = pixels.width
  canvas.height = pixels.height
  canvas.getContext("2d").putImageData(pixels, 0, 0)
  return canvas
}

function strokes({ fill, stroke, lineWidth = 1, dash = [], alpha = 1 }) {
  const style = { fill: fill ?? "none" }
  if (stroke) Object.assign(style, { stroke, "stroke-width": lineWidth })
  if (dash.length) style["stroke-dasharray"] = dash.join(" ")
  if (alpha !== 1) style.opacity = alpha
  return attributes(style)
}

function attributes(values) {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${typeof value === "number" ? short(value) : escaped(value)}"`)
    .join(" ")
}

function short(number) {
  return String(Math.round(number * 100) / 100)
}

function escaped(text) {
  return String(text).replace(
    /[&<>"]/g,
    (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter],
  )
}
