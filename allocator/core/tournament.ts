// The smallest of many keys, each of which may change: a tree of winners.
//
//   W1. best is O(1), bestLeaf and set are O(log n); the lowest leaf wins between equal keys.

const NO_KEY = Number.POSITIVE_INFINITY

export class Tournament {
  readonly #base: number
  /** node i has the children 2i and 2i + 1; leaf j is node base + j */
  readonly #keys: Float64Array

  constructor(leafCount: number) {
    let base = 1
    while (base < leafCount) base *= 2
    this.#base = base
    this.#keys = new Float64Array(base * 2).fill(NO_KEY)
  }

  get best(): number {
    return this.#keys[1] as number
  }

  /** Only while best is finite. */
  get bestLeaf(): number {
    const keys = this.#keys
    const best = keys[1]
    let node = 1
    while (node < this.#base) node = keys[node * 2] === best ? node * 2 : node * 2 + 1
    return node - this.#base
  }

  keyOf(leaf: number): number {
    return this.#keys[this.#base + leaf] as number
  }

  set(leaf: number, key: number): void {
    const keys = this.#keys
    let node = this.#base + leaf
    if (keys[node] === key) return
    keys[node] = key
    while (node > 1) {
      const left = keys[node & ~1] as number
      const right = keys[node | 1] as number
      const winner = Math.min(left, right)
      node >>>= 1
      if (keys[node] === winner) return
      keys[node] = winner
    }
  }

  /** Sets every leaf. O(n) */
  fill(keyOf: (leaf: number) => number, leafCount: number): void {
    const keys = this.#keys
    for (let leaf = 0; leaf < leafCount; leaf += 1) keys[this.#base + leaf] = keyOf(leaf)
    for (let node = this.#base - 1; node > 0; node -= 1) {
      keys[node] = Math.min(keys[node * 2] as number, keys[node * 2 + 1] as number)
    }
  }
}
