// What becomes of a socket that reads slower than its shows change (F4).
//
// Owns: noticing, putting aside, the time it gets. Leaves to others: what it missed (session-watch.ts).
//
//   F4. Over 64 KiB unread, seat messages are not queued for it any more; once it has read all of it,
//       it gets `lagged` and fresh maps. It is closed with 4008 when it does not read on in time, or
//       falls behind too often.

import type { Session } from './session.ts'
import { CLOSE } from './session-house.ts'

const READ_ON_WITHIN_MS = 5_000
const LAGS_MAX = 4
const LAGS_WITHIN_MS = 60_000

export class SlowReader {
  readonly #session: Session
  #deadline: NodeJS.Timeout | undefined
  #laggedAt: number[] = []
  #isLagging = false

  constructor(session: Session) {
    this.#session = session
  }

  get isLagging(): boolean {
    return this.#isLagging
  }

  /** Called inside uWS's delivery, where subscriptions must not change. */
  missed(): void {
    if (this.#isLagging) return
    this.#isLagging = true
    const now = performance.now()
    this.#laggedAt = this.#laggedAt.filter(at => now - at < LAGS_WITHIN_MS)
    this.#laggedAt.push(now)
    setImmediate(() => this.#setAside())
  }

  drained(): void {
    if (!this.#isLagging || this.#session.socket.getBufferedAmount() > 0) return
    this.#isLagging = false
    this.stop()
    this.#session.watches.resume()
  }

  stop(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }

  #setAside(): void {
    const session = this.#session
    if (session.isClosed || !this.#isLagging) return
    session.watches.pause()
    if (this.#laggedAt.length >= LAGS_MAX) {
      session.close(CLOSE.slow, 'too slow again and again')
      return
    }
    const late = () => session.close(CLOSE.slow, 'nothing was read')
    this.#deadline = setTimeout(late, READ_ON_WITHIN_MS).unref()
  }
}
