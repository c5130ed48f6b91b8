// How alike the cores of the heads (or groups) are at any ranks: the cosine of every two.
// The rules are those of tensorllm_core/linalg/core_similarity.py.

const MOST_PRODUCTS = 2e6

/** What is compared in a layer: its groups; of a layer with a single one its query heads. */
export function comparedIn(layer) {
  const groups = layer.shape[3]
  if (groups > 1) return { unit: layer.unit, count: groups, isOfQueries: false }
  const queries = layer.parts.filter((part) => part[0] === "Q").length
  return { unit: "query head", count: queries, isOfQueries: true }
}

/** Whether the browser has the whole core, and compares it at these ranks within some milliseconds. */
export function isQuick(layer, [r1, r2, r3]) {
  const { core_rows: rows, core_columns: columns } = layer.arrays
  // On a coarser grid every cell stands for several entries.
  if (rows.length < rows.at(-1) || columns.length < columns.at(-1)) return false
  const groups = layer.shape[3]
  const pairs = groups > 1 ? (groups * (groups + 1)) / 2 : ((r3 * (r3 + 1)) / 2) * groups
  return r1 * r2 * (groups > 1 ? r3 : 1) * pairs <= MOST_PRODUCTS
}

const known = new WeakMap()

/** The cosines at these ranks, row by row; null where that would take too long. */
export function cosinesAt(layer, ranks) {
  if (!isQuick(layer, ranks) || comparedIn(layer).count < 2) return null
  const key = String(ranks)
  if (known.get(layer)?.key !== key) {
    const products = layer.shape[3] > 1 ? productsOfGroups(layer, ranks) : productsOfQueries(layer, ranks)
    known.set(layer, { key, cosines: cosinesOf(products) })
  }
  return known.get(layer).cosines
}

/** Products of the cores of every two groups. */
function productsOfGroups(layer, ranks) {
  const { product, groups } = leadingBlocks(layer, ranks)
  return symmetric(groups, (g, h) => {
    let sum = 0
    for (let c = 0; c < ranks[2]; c++) sum += product(c, g, c, h)
    return sum
  })
}

/** Products of the compressed weights of every two query heads, which follow from those of the slices of the core. */
function productsOfQueries(layer, ranks) {
  const { product, groups } = leadingBlocks(layer, ranks)
  const r3 = ranks[2]
  const slices = symmetric(r3, (c, d) => {
    let sum = 0
    for (let g = 0; g < groups; g++) sum += product(c, g, d, g)
    return sum
  })
  const { u3 } = layer.arrays
  const stride = u3.shape[1]
  const queries = layer.parts.flatMap((part, place) => (part[0] === "Q" ? [place] : []))
  return symmetric(queries.length, (p, q) => {
    let sum = 0
    for (let c = 0; c < r3; c++)
      for (let d = 0; d < r3; d++)
        sum += u3[queries[p] * stride + c] * slices[c * r3 + d] * u3[queries[q] * stride + d]
    return sum
  })
}

/** The leading blocks of all slices side by side, and `product`: that of slice c of group g and slice d of group h. */
function leadingBlocks(layer, [r1, r2, r3]) {
  const { core, core_rows: rows, core_columns: columns } = layer.arrays
  const [k1, k2] = [rows.length, columns.length]
  const groups = layer.shape[3]
  const size = r1 * r2
  // Blocks that lie far apart, at powers of two, would drive each other out of the processor's cache.
  const blocks = new Float32Array(r3 * groups * size)
  for (let block = 0; block < r3 * groups; block++) {
    let target = block * size
    for (let i = 0; i < r1; i++) {
      const row = (block * k1 + i) * k2
      for (let j = 0; j < r2; j++) blocks[target++] = core[row + j]
    }
  }
  const product = (c, g, d, h) => productOf(blocks, (c * groups + g) * size, (d * groups + h) * size, size)
  return { product, groups }
}

function productOf(blocks, first, second, size) {
  let sum = 0
  for (let place = 0; place < size; place++) sum += blocks[first + place] * blocks[second + place]
  return sum
}

function symmetric(count, product) {
  const table = new Float64Array(count * count)
  for (let row = 0; row < count; row++) {
    for (let column = 0; column <= row; column++) {
      table[row * count + column] = table[column * count + row] = product(row, column)
    }
  }
  return table
}

function cosinesOf(products) {
  const count = Math.sqrt(products.length)
  const scale = Array.from({ length: count }, (_, place) => {
    const norm = Math.sqrt(products[place * count + place])
    return norm > 0 ? 1 / norm : 0
  })
  return products.map((product, place) =>
    Math.min(Math.max(product * scale[Math.floor(place / count)] * scale[place % count], -1), 1),
  )
}

/** The two places whose cosine is largest in magnitude. */
export function mostAlike(cosines) {
  const count = Math.sqrt(cosines.length)
  let best = [0, 1]
  let most = -1
  for (let one = 0; one < count; one++) {
    for (let other = one + 1; other < count; other++) {
      const magnitude = Math.abs(cosines[one * count + other])
      if (magnitude > most) [most, best] = [magnitude, [one, other]]
    }
  }
  return best
}

/** A list of the entries above the diagonal, row by row, as a whole table with ones on the diagonal. */
export function wholeTable(above, count) {
  const table = new Float64Array(count * count).fill(1)
  let place = 0
  for (let row = 0; row < count; row++) {
    for (let column = row + 1; column < count; column++) {
      table[row * count + column] = table[column * count + row] = above[place++]
    }
  }
  return table
}
