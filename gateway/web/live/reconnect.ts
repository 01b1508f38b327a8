// When and how to come back after a connection ended.
//
// Owns: full jitter, the meaning of close codes.
// Leaves to others: timers and sockets (connection.ts).
//
//   U7. The wait is uniform in [0, min(cap, base x 2^attempt)]: a crowd that lost one server does
//       not arrive at the next one together.
//   U8. A close that says "not unchanged" is never answered by the same attempt at once.

const BASE_MS = 300
export const CAP_MS = 15_000

/** `random` is in [0, 1). */
export function waitOf(attempt: number, random: number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 20))
  return Math.floor(random * ceiling)
}

export type Return = {
  readonly atLeastMs: number
  readonly needsToken: boolean
}

export function returnAfter(code: number): Return {
  if (code === 4401) return { atLeastMs: 500, needsToken: true }
  if (code === 4429) return { atLeastMs: 10_000, needsToken: false }
  if (code === 4408) return { atLeastMs: 500, needsToken: false }
  const isOurFault = code === 1008 || code === 1009 || (code >= 4400 && code <= 4999)
  return { atLeastMs: isOurFault ? 30_000 : 0, needsToken: false } // U8
}
