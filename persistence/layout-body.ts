// A Layout as it lies in its row: gzipped JSON, a tenth of its text, inflated off the event loop.

import { promisify } from 'node:util'
import { gunzip, gzipSync } from 'node:zlib'
import type { Layout } from '../shared/layout.ts'

const inflate = promisify(gunzip)

/** Compresses on the caller's thread: for workers, which have nobody to keep waiting. */
export function packLayoutSync(layout: Layout): Buffer {
  return gzipSync(JSON.stringify(layout), { level: 6 })
}

export async function unpackLayout(body: Uint8Array): Promise<Layout> {
  return JSON.parse((await inflate(body)).toString('utf8')) as Layout
}
