// How current the seat map is, always visible beside it.
//
// Owns: the words and signs of connecting, catching up, live, stale.
// Leaves to others: knowing it (live/watch-machine.ts).

import { useEffect, useState } from 'preact/hooks'
import type { Watch, WatchStatus } from '../live/watch-machine.ts'

const WORDS: Readonly<Record<WatchStatus, string>> = {
  connecting: 'Connecting…',
  'catching-up': 'Catching up…',
  live: 'Live',
  stale: 'Not up to date',
}

const SIGNS: Readonly<Record<WatchStatus, string>> = {
  connecting: '○',
  'catching-up': '◐',
  live: '●',
  stale: '▲',
}

export function LiveBadge({ watch }: { watch: Watch }) {
  const { status } = watch
  return (
    <p class={`badge badge-${status}`} role="status">
      <span aria-hidden="true">{SIGNS[status]}</span> {WORDS[status]}
      {status === 'stale' ? <Age since={watch.heardAt} /> : null}
    </p>
  )
}

/** Counts for the eye only; a screen reader is told the status once. */
function Age({ since }: { since: number }) {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const seconds = Math.max(0, Math.round((now - since) / 1_000))
  return <span aria-hidden="true"> · seen {seconds} s ago</span>
}
