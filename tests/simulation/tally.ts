// How often each thing really happened in simulated worlds: a fault that never bites proves nothing.

import { REFUSALS } from '../../shared/refusals.ts'
import type { TransitionKind } from '../../shared/transitions.ts'

export class Tally {
  readonly counts = new Map<string, number>()

  add(name: string, count = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + count)
  }

  take(other: ReadonlyMap<string, number>): void {
    for (const [name, count] of other) this.add(name, count)
  }

  /** What ought to happen in many worlds and never did. */
  missing(faults: readonly string[] = FAULTS): string[] {
    return expectedNames(faults).filter(name => (this.counts.get(name) ?? 0) === 0)
  }

  /** One line per group: `fault: crash 12, ...` in order of names. */
  summary(): string {
    const groups = new Map<string, string[]>()
    for (const [name, count] of [...this.counts].sort(([left], [right]) =>
      left < right ? -1 : 1,
    )) {
      const [group, ...rest] = name.split(' ')
      const lines = groups.get(group ?? '') ?? []
      lines.push(`${rest.join(' ')} ${count}`)
      groups.set(group ?? '', lines)
    }
    return [...groups].map(([group, lines]) => `${group}: ${lines.join(', ')}`).join('\n')
  }
}

const FACTS: Readonly<Record<TransitionKind, true>> = {
  'show-opened': true,
  'show-changed': true,
  'show-cancelled': true,
  'sales-closed': true,
  'seats-blocked': true,
  'seats-unblocked': true,
  'seats-held': true,
  'hold-changed': true,
  'hold-extended': true,
  'payment-started': true,
  'hold-released': true,
  'hold-expired': true,
  'hold-settling': true,
  'settlement-failed': true,
  'hold-booked': true,
  'booking-cancelled': true,
  'waiter-joined': true,
  'waiter-offered': true,
  'waiter-left': true,
  'offer-declined': true,
  'seats-reserved': true,
  'barrier-lifted': true,
  'shard-claimed': true,
  'shard-released': true,
}

const FAULTS = [
  'ack-lost',
  'clock-back',
  'clock-forward',
  'crash',
  'crash-starting',
  'ghost',
  'ledger-crash',
  'lost-answer',
  'lost-page',
  'other-body',
  'page-refused',
  'pause',
  'repeat',
  'repeat-undecided',
  'send-late',
  'send-lost',
  'stop',
  'zombie',
  'zombie-fenced',
] as const

const OUTCOMES = [
  'hold',
  'hold-again',
  'entry',
  'entry-again',
  'customer',
  'show',
  'done',
  'outcome-unknown',
  'shard-unavailable',
] as const

/** Refusals that these worlds cannot meet: too few waiters, and a code that the gateway gives. */
const NEVER: ReadonlySet<string> = new Set(['waitlist-full', 'not-refundable'])

function expectedNames(faults: readonly string[]): string[] {
  return [
    ...Object.keys(FACTS).map(name => `fact ${name}`),
    ...faults.map(name => `fault ${name}`),
    ...OUTCOMES.map(name => `told ${name}`),
    ...REFUSALS.filter(name => !NEVER.has(name)).map(name => `refused ${name}`),
  ]
}
