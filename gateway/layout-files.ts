// Layouts as files: immutable JSON, rendered once, kept compressed within a budget of bytes.

import type { LayoutRow } from '../shared/catalogue.ts'
import { CompressedBytes } from './compressed.ts'
import { layoutOf } from './http/render.ts'

const BYTES_MAX = 64 * 1024 * 1024

export interface LayoutFile {
  readonly etag: string
  readonly bytes: CompressedBytes
}

export class LayoutFiles {
  readonly #files = new Map<number, LayoutFile>()
  readonly #read: (layout: number) => Promise<LayoutRow | undefined>
  #byteCount = 0

  constructor(read: (layout: number) => Promise<LayoutRow | undefined>) {
    this.#read = read
  }

  async get(layout: number): Promise<LayoutFile | undefined> {
    const known = this.#files.get(layout)
    if (known !== undefined) return known
    const row = await this.#read(layout)
    if (row === undefined) return undefined
    const bytes = new CompressedBytes(Buffer.from(JSON.stringify(layoutOf(row))))
    return this.#keep(layout, { etag: `"${row.digest.slice(0, 32)}-${layout}"`, bytes })
  }

  #keep(layout: number, file: LayoutFile): LayoutFile {
    const raced = this.#files.get(layout)
    if (raced !== undefined) return raced
    this.#files.set(layout, file)
    this.#byteCount += file.bytes.plain.length
    for (const [oldest, { bytes }] of this.#files) {
      if (this.#byteCount <= BYTES_MAX || oldest === layout) break
      this.#files.delete(oldest)
      this.#byteCount -= bytes.plain.length
    }
    return file
  }
}
