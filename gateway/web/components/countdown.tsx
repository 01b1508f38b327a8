// The time that remains, counted down.
//
// Owns: a text that changes each second and is read aloud rarely.
// Leaves to others: when it ends (the server), the arithmetic (lib/countdown.ts).

import { useEffect, useState } from 'preact/hooks'
import { announcementOf, countdownText, remainingMs } from '../lib/countdown.ts'

const URGENT_MS = 60_000

export function Countdown({ deadline, label }: { deadline: number; label: string }) {
  const ms = useRemaining(deadline)
  const announcement = announcementOf(ms)
  if (ms === 0) return <p class="countdown">Time is up; waiting for the server…</p>
  return (
    <p class={`countdown ${ms < URGENT_MS ? 'is-urgent' : ''}`}>
      <span class="soft">{label}</span>{' '}
      <strong role="timer" aria-label={label}>
        {countdownText(ms)}
      </strong>
      <span class="unseen" aria-live="polite">
        {announcement}
      </span>
    </p>
  )
}

/** Redraws when the shown second changes. */
function useRemaining(deadline: number): number {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const read = (): void => setNow(performance.now())
    read()
    const timer = setInterval(read, 250)
    return () => clearInterval(timer)
  }, [deadline])
  return remainingMs(deadline, Math.max(now, 0))
}
