// What remains of a hold, corrected by the server each time it speaks.
//
// Owns: deadlines on this machine's monotonic clock, the text of what remains.
// Leaves to others: ending a hold, which only the server does.
//
//   U11. The deadline is the moment of the answer plus its ttlMs: the visitor's own clock, which
//        may be wrong, is never compared with the server's.
//   U12. The display never promises more than remains: it rounds down.

/** `now` is a monotonic clock in milliseconds. */
export const deadlineOf = (ttlMs: number, now: number): number => now + Math.max(0, ttlMs)

export const remainingMs = (deadline: number, now: number): number => Math.max(0, deadline - now)

/** `4:07`, or `0:00` when nothing remains. */
export function countdownText(ms: number): string {
  const seconds = Math.floor(ms / 1000) // U12
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** For a screen reader, which is told rarely. */
function countdownSpoken(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes >= 1) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} left`
  return `${seconds} seconds left`
}

/** The moments worth saying aloud: each full minute, then 30 and 10 seconds. */
export function announcementOf(ms: number): string | undefined {
  const seconds = Math.floor(ms / 1000)
  const isWorthIt = seconds > 0 && (seconds % 60 === 0 || seconds === 30 || seconds === 10)
  return isWorthIt ? countdownSpoken(ms) : undefined
}
