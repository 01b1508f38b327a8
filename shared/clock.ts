// The clocks of this machine; everything else gets a Clock handed in.

import type { Clock } from './ports.ts'

export const systemClock: Clock = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})

/** A timer that keeps no process alive; returns how to end it. */
export function everyInterval(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms).unref()
  return () => clearInterval(timer)
}
