// The clocks of this machine; everything else gets a Clock handed in.

import type { Clock } from './ports.ts'

export const systemClock: Clock = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})
