// Reads the bytes that tensorllm_core/exports/blob.py packs: a header in JSON, then arrays, each at a multiple of 8
// bytes.

const TYPES = { float64: Float64Array, float32: Float32Array, int32: Int32Array }

/** What the header says, and the arrays by name, each with its `shape`. */
export function readBlob(bytes) {
  // A typed array must start at a multiple of its item's size.
  const whole = bytes.byteOffset % 8 ? bytes.slice() : bytes
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
  const magic = String.fromCharCode(...whole.subarray(0, 4))
  if (magic !== "TLX1") throw new Error(`Expected bytes that begin with TLX1, got ${magic}`)
  const length = view.getUint32(4, true)
  const header = JSON.parse(new TextDecoder().decode(whole.subarray(8, 8 + length)))
  const arrays = {}
  for (const { name, type, shape, offset } of header.arrays) {
    const count = shape.reduce((product, side) => product * side, 1)
    const array = new TYPES[type](whole.buffer, whole.byteOffset + 8 + length + offset, count)
    array.shape = shape
    arrays[name] = array
  }
  return { ...header, arrays }
}
