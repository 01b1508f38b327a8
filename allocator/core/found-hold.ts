// A hold that a command names: whose it is, and whether it is over.
//
// Owns: who may touch a hold, and the words for holds that are past it.
// Leaves to others: what else speaks against a command (decide-*.ts).

import type { CustomerId, HoldId, Instant, ShowNumber } from '../../shared/ids.ts'
import type { Refusal } from '../../shared/refusals.ts'
import { refused } from './outcome.ts'
import type { Show } from './show.ts'
import type { ShardState } from './state.ts'

export interface FoundHold {
  readonly show: Show
  readonly slot: number
}

interface Naming {
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly hold: HoldId
}

/** Also the answer for somebody else's hold. */
export const NO_HOLD: Refusal = refused('not-found', 'You have no such hold.')

/** The customer's own hold of that Show, live or ended. */
export function findHold(state: ShardState, naming: Naming): FoundHold | undefined {
  const found = findAnyHold(state, naming)
  return found !== undefined && state.holds.isOf(found.slot, naming.customer) ? found : undefined
}

/** Whoever it belongs to: for the box office, which reads and books any hold by id. */
export function findAnyHold(
  state: ShardState,
  naming: Pick<Naming, 'show' | 'hold'>,
): FoundHold | undefined {
  const show = state.showOf(naming.show)
  const slot = show === undefined ? -1 : state.holds.find(naming.hold)
  if (show === undefined || slot < 0 || state.holds.showIndexOf(slot) !== show.index)
    return undefined
  return { show, slot }
}

/** It has ended, or its deadline has come (H3). */
export function refusalOfEnd(
  state: ShardState,
  { slot }: FoundHold,
  now: Instant,
): Refusal | undefined {
  const { holds } = state
  if (!holds.isLive(slot)) {
    const detail = `This hold has ended: it is ${holds.phaseOf(slot)}. Make a new one.`
    return refused('hold-expired', detail)
  }
  if (!holds.canExpire(slot) || now < holds.expiresAtOf(slot)) return undefined
  return refused('hold-expired', 'This hold has expired: hold the seats again.')
}

/** H4 */
export function refusalOfSettling(state: ShardState, slot: number): Refusal | undefined {
  if (state.holds.phaseOf(slot) !== 'settling') return undefined
  return refused('hold-settling', 'The seats of this hold are being booked right now: wait for it.')
}
