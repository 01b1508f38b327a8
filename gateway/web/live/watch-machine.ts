// How current a watched show is, as a state machine without I/O or clock.
//
// Owns: connecting, catching up, live, stale; which message applies; when to ask again.
// Leaves to others: seat states (seat-states.ts), sockets (connection.ts), words (components/).
//
//          opened             map
//   connecting ──▶ catching-up ──▶ live ──(gap, lagged, head ahead)──▶ catching-up
//                       ▲            │ closed, silence
//                       └── opened ── stale
//
//   U4. A delta applies only when its `from` is the version shown; older ones are dropped, a hole
//       asks again with (epoch, version).
//   U5. "Live" is said only while heads arrive; silence or a closed socket turns it into "stale".
//   U6. A head ahead of the shown version means catching up, at once; when the delta does not
//       follow within the grace the show is watched again.

export type Position = { readonly epoch: number; readonly version: number }

export type WatchStatus = 'connecting' | 'catching-up' | 'live' | 'stale'

export type Watch = {
  readonly status: WatchStatus
  readonly position: Position | undefined
  /** when anything about this show was last heard; what is shown is as of then */
  readonly heardAt: number
  readonly behindSince: number | undefined
  readonly askedAt: number
}

export type WatchEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'map'; readonly epoch: number; readonly version: number }
  | {
      readonly kind: 'delta'
      readonly epoch: number
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'head'; readonly epoch: number; readonly version: number }
  | { readonly kind: 'lagged' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'tick' }

/** `apply`: take the message in. `ask`: watch again from the position. `reconnect`: give up on it. */
export type WatchEffect = 'none' | 'apply' | 'ask' | 'reconnect'

export type WatchStep = { readonly watch: Watch; readonly effect: WatchEffect }

/** Heads come at least every 5 s. */
export const STALE_AFTER_MS = 8_000
export const RECONNECT_AFTER_MS = 13_000
export const BEHIND_GRACE_MS = 400
export const ASK_AGAIN_AFTER_MS = 5_000

export const newWatch = (now: number): Watch => ({
  status: 'connecting',
  position: undefined,
  heardAt: now,
  behindSince: undefined,
  askedAt: now,
})

export function stepWatch(watch: Watch, event: WatchEvent, now: number): WatchStep {
  switch (event.kind) {
    case 'opened':
      return ask(watch, now)
    case 'map':
      return stepMap(watch, event, now)
    case 'delta':
      return stepDelta(watch, event, now)
    case 'head':
      return stepHead(watch, event, now)
    case 'lagged':
      return ask({ ...watch, heardAt: now }, now)
    case 'closed':
      return { watch: lost(watch), effect: 'none' }
    case 'tick':
      return stepTick(watch, now)
    default:
      return unreachable(event)
  }
}

/** A map older than what is shown (an answer that was overtaken) is not taken in. */
function stepMap(watch: Watch, map: Position, now: number): WatchStep {
  const { position } = watch
  if (position === undefined || map.epoch > position.epoch) {
    return { watch: shown(watch, map, now), effect: 'apply' }
  }
  if (map.epoch < position.epoch) return { watch: { ...watch, heardAt: now }, effect: 'none' }
  const isOlder = map.version < position.version
  return {
    watch: shown(watch, isOlder ? position : map, now),
    effect: isOlder ? 'none' : 'apply',
  }
}

function stepDelta(
  watch: Watch,
  event: Extract<WatchEvent, { kind: 'delta' }>,
  now: number,
): WatchStep {
  const { position } = watch
  const heard = { ...watch, heardAt: now }
  if (position === undefined) return { watch: heard, effect: 'none' }
  const isNext = event.epoch === position.epoch && event.from === position.version
  if (!isNext) {
    const isOld = event.epoch === position.epoch && event.to <= position.version
    return isOld || isAsking(watch) ? { watch: heard, effect: 'none' } : ask(heard, now) // U4
  }
  const next = { epoch: event.epoch, version: event.to }
  // A delta may overtake the answer to a watch; that answer, not the delta, ends catching up.
  if (isAsking(watch)) return { watch: { ...heard, position: next }, effect: 'apply' }
  return { watch: shown(heard, next, now), effect: 'apply' }
}

function stepHead(watch: Watch, head: Position, now: number): WatchStep {
  const { position } = watch
  const heard = { ...watch, heardAt: now }
  if (position === undefined) return { watch: heard, effect: 'none' }
  if (isAsking(watch) || head.epoch < position.epoch) return { watch: heard, effect: 'none' }
  if (head.epoch > position.epoch) return ask(heard, now)
  if (head.version <= position.version) {
    return { watch: shown(heard, position, now), effect: 'none' }
  }
  const behindSince = watch.behindSince ?? now
  return { watch: { ...heard, status: 'catching-up', behindSince }, effect: 'none' } // U6
}

function stepTick(watch: Watch, now: number): WatchStep {
  if (watch.status === 'connecting') return { watch, effect: 'none' }
  const silentMs = now - watch.heardAt
  if (watch.status === 'live' && silentMs > STALE_AFTER_MS) {
    return { watch: lost(watch), effect: 'none' } // U5
  }
  if (watch.status === 'stale') {
    const isDue = silentMs > RECONNECT_AFTER_MS
    return { watch, effect: isDue ? 'reconnect' : 'none' }
  }
  const { behindSince } = watch
  const isBehind = behindSince !== undefined && now - behindSince > BEHIND_GRACE_MS
  const isUnanswered = isAsking(watch) && now - watch.askedAt > ASK_AGAIN_AFTER_MS
  if (isUnanswered && silentMs > STALE_AFTER_MS) {
    return { watch: lost(watch), effect: 'reconnect' }
  }
  return isBehind || isUnanswered ? ask(watch, now) : { watch, effect: 'none' }
}

/** A watch was sent and its answer has not come. */
const isAsking = (watch: Watch): boolean =>
  watch.status === 'catching-up' && watch.behindSince === undefined

function ask(watch: Watch, now: number): WatchStep {
  const asked: Watch = { ...watch, status: 'catching-up', behindSince: undefined, askedAt: now }
  return { watch: asked, effect: 'ask' }
}

const shown = (watch: Watch, position: Position, now: number): Watch => ({
  ...watch,
  status: 'live',
  position: { epoch: position.epoch, version: position.version },
  heardAt: now,
  behindSince: undefined,
})

const lost = (watch: Watch): Watch => ({
  ...watch,
  status: watch.position === undefined ? 'connecting' : 'stale',
  behindSince: undefined,
})

function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}
