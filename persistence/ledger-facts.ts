// Facts about whole Shows, carried out over that Show's rows (rare, so plain statements).

import { unreachable } from '../shared/assert.ts'
import type { ShowFact } from './ledger-rows.ts'

interface Plain {
  readonly text: string
  readonly values: readonly unknown[]
}

const JOURNALED = `insert into show_journaled (show, terms, status, sequence)
  values ($1, $2, 'open', $3)
  on conflict (show) do update set terms = excluded.terms, sequence = excluded.sequence`

const STATUS = 'update show_journaled set status = $2, sequence = $3 where show = $1'

/** Found through the row log, which is indexed by show; the hold table is not. */
const RELEASE_HOLDS = `update hold set phase = 'released', ended_at = $2, sequence = $3
  where id in (
    select hold from transition where show = $1 and kind in ('seats-held', 'waiter-offered')
  ) and phase in ('selecting', 'paying')`

const END_WAITING = `update waitlist_entry set state = 'left', ended_at = $2, sequence = $3
  where show = $1 and state = 'waiting'`

/** An offer that is settling finishes (L8), and its entry with it. */
const END_ALL = `update waitlist_entry set state = 'left', ended_at = $2, sequence = $3
  where show = $1 and state in ('waiting', 'offered') and not exists (
    select from hold where hold.id = waitlist_entry.hold and hold.phase = 'settling')`

/** What to run, in order. */
export function statementsOf(fact: ShowFact): readonly Plain[] {
  const { show, place } = fact
  const at = new Date(place.at)
  switch (fact.kind) {
    case 'opened':
    case 'changed':
      return [{ text: JOURNALED, values: [show, JSON.stringify(fact.terms), place.sequence] }]
    case 'closed':
      return [
        { text: STATUS, values: [show, 'closed', place.sequence] },
        { text: END_WAITING, values: [show, at, place.sequence] },
      ]
    case 'cancelled':
      return [
        { text: STATUS, values: [show, 'cancelled', place.sequence] },
        { text: 'update show set is_cancelled = true where number = $1', values: [show] },
        { text: RELEASE_HOLDS, values: [show, at, place.sequence] },
        { text: END_ALL, values: [show, at, place.sequence] },
      ]
    default:
      return unreachable(fact)
  }
}
