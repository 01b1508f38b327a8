// The body of a request: read within its limits, then understood as JSON.
//
// Owns: size and time limits of bodies, media type, UTF-8 and JSON.
// Leaves to others: what the JSON means (http/route.ts).
//
//   B1. Nothing over the limit is kept; it is let run past, so that the client can read the answer.
//   B2. A body that is not complete at its deadline is answered, whatever trickles in (slow bodies).
//   B3. Chunks are copied at once: uWS takes its memory back after the callback.

import { type Problem, problemOf } from './problems.ts'
import type { HttpResponse } from './uws.ts'

export type BodyOutcome =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly problem: Problem; readonly isLast: boolean }

interface Reading {
  readonly deadline: number
  expire(): void
}

const SWEEP_EVERY_MS = 250
const PASSED_BYTES_MAX = 64 * 1024 * 1024
const EMPTY = Buffer.alloc(0)

/** Reads bodies; one timer looks after the deadlines of all of them. */
export class BodyReader {
  readonly #readings = new Set<Reading>()
  readonly #sweeper: NodeJS.Timeout

  constructor() {
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_EVERY_MS).unref()
  }

  /** Must be called in the request's own turn. Calls back once, unless the client goes away. */
  read(
    res: HttpResponse,
    limits: { readonly bytesMax: number; readonly withinMs: number },
    onBody: (outcome: BodyOutcome) => void,
  ): () => void {
    let bytes: Buffer = EMPTY
    let length = 0
    const finish = (outcome: BodyOutcome): void => {
      if (this.#readings.delete(reading)) onBody(outcome)
    }
    const reading: Reading = {
      deadline: performance.now() + limits.withinMs,
      expire: () => finish(SLOW),
    }
    this.#readings.add(reading)
    res.onData((chunk, isLast) => {
      length += chunk.byteLength
      if (length <= limits.bytesMax) bytes = appended(bytes, chunk, length)
      else if (length > PASSED_BYTES_MAX) finish(tooLarge(limits.bytesMax, true))
      if (isLast && length > limits.bytesMax)
        finish(tooLarge(limits.bytesMax, false)) // B1
      else if (isLast) finish({ kind: 'read', bytes: bytes.subarray(0, length) })
    })
    return () => this.#readings.delete(reading)
  }

  stop(): void {
    clearInterval(this.#sweeper)
  }

  #sweep(): void {
    const now = performance.now()
    for (const reading of this.#readings) {
      if (reading.deadline > now) continue
      reading.expire() // B2
    }
  }
}

/** B3: grows by doubling, so that a body in many small chunks costs no more than in a few. */
function appended(bytes: Buffer, chunk: ArrayBuffer, length: number): Buffer {
  const start = length - chunk.byteLength
  let target = bytes
  if (length > target.length) {
    target = Buffer.allocUnsafe(Math.max(length, bytes.length * 2))
    bytes.copy(target, 0, 0, start)
  }
  target.set(new Uint8Array(chunk), start)
  return target
}

const SLOW: BodyOutcome = {
  kind: 'refused',
  problem: problemOf('bad-json', 'The body did not arrive in time: send it without pauses.'),
  isLast: true,
}

function tooLarge(bytesMax: number, isLast: boolean): BodyOutcome {
  const limit = bytesMax >= 1 << 20 ? `${bytesMax >> 20} MiB` : `${bytesMax >> 10} KiB`
  const detail = `The body is over the limit of ${limit}.`
  return { kind: 'refused', problem: problemOf('body-too-large', detail), isLast }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a body, or undefined when it is not UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

const JSON_MEDIA = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i

export function isJsonMedia(contentType: string, contentEncoding: string): boolean {
  const isPlain = contentEncoding === '' || contentEncoding === 'identity'
  return isPlain && JSON_MEDIA.test(contentType)
}
