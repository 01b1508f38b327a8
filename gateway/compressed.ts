// Bytes that never change, kept compressed: gzip and brotli are made once, when first asked for.

import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const gzipped = promisify(gzip)
const brotlied = promisify(brotliCompress)

const SMALL = 1_024
const BROTLI_QUALITY = 7

export type Coding = 'br' | 'gzip' | 'identity'

export class CompressedBytes {
  readonly plain: Uint8Array
  readonly #made = new Map<Coding, Promise<Uint8Array>>()

  constructor(plain: Uint8Array) {
    this.plain = plain
  }

  /** The smallest form that the client understands. */
  async forClient(acceptEncoding: string): Promise<{ coding: Coding; bytes: Uint8Array }> {
    const coding = this.plain.length < SMALL ? 'identity' : codingOf(acceptEncoding)
    let made = this.#made.get(coding)
    if (made === undefined) {
      made = compressed(this.plain, coding)
      this.#made.set(coding, made)
    }
    return { coding, bytes: await made }
  }
}

async function compressed(plain: Uint8Array, coding: Coding): Promise<Uint8Array> {
  if (coding === 'identity') return plain
  if (coding === 'gzip') return gzipped(plain, { level: 8 })
  return brotlied(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  })
}

function codingOf(acceptEncoding: string): Coding {
  const accepted = new Set<string>()
  for (const item of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map(part => part.trim())
    if (!parameters.some(parameter => /^q=0(\.0+)?$/.test(parameter))) accepted.add(name)
  }
  if (accepted.has('br')) return 'br'
  return accepted.has('gzip') ? 'gzip' : 'identity'
}
