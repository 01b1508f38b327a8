// What a judge of one answer looks at: the request, the Shard as the auditor knows it, and when it was.
//
// Owns: questions about the frame just told: what could have been true at some instant of it.
// Leaves to others: the verdicts (witness.ts, refusal-judge.ts).

import type { Request } from '../../shared/commands.ts'
import { type Id, idTextOf } from '../../shared/ids.ts'
import type { AuditedHold, HoldVersion } from './audited-hold.ts'
import type { AuditedWaiter } from './audited-line.ts'
import type { AuditedShow } from './audited-show.ts'
import { type Auditor, REMEMBERED_MS } from './auditor.ts'

export class Scene {
  readonly request: Request
  readonly auditor: Auditor
  readonly show: AuditedShow | undefined
  /** the shard time of the decision lies from here .. */
  readonly from: number
  /** .. to here */
  readonly until: number
  /** how far the Ledger had told its cursor */
  readonly ledgerFrame: number

  constructor(facts: {
    readonly request: Request
    readonly auditor: Auditor
    readonly until: number
    readonly ledgerFrame: number
  }) {
    this.request = facts.request
    this.auditor = facts.auditor
    this.show = facts.auditor.shows.get(facts.request.show)
    this.from = facts.auditor.time
    this.until = facts.until
    this.ledgerFrame = facts.ledgerFrame
  }

  hold(id: Id | undefined): AuditedHold | undefined {
    return id === undefined ? undefined : this.show?.holds.get(idTextOf(id))
  }

  waiter(id: Id): AuditedWaiter | undefined {
    return this.show?.line.known(idTextOf(id))
  }

  /** Every version of the hold that was the newest at some instant of this frame. */
  versionsDuring(hold: AuditedHold): readonly HoldVersion[] {
    const first = hold.versions.findLastIndex(one => one.sequence <= this.auditor.sequenceBefore)
    return hold.versions.slice(Math.max(first, 0))
  }

  /** Whether it began in this frame: before that nobody knew it. */
  isNew(thing: { readonly versions: readonly { readonly sequence: number }[] }): boolean {
    return (thing.versions[0]?.sequence ?? 0) > this.auditor.sequenceBefore
  }

  /** Long enough over, and passed by the Ledger, that the Shard may know it no more (H10). */
  mayBeForgotten(thing: {
    readonly endedAt: number | undefined
    readonly versions: readonly { readonly sequence: number }[]
  }): boolean {
    if (thing.endedAt === undefined || this.until - thing.endedAt < REMEMBERED_MS) return false
    const last = thing.versions.at(-1)?.sequence ?? 0
    return this.auditor.frameOf(last) <= this.ledgerFrame
  }

  /** Free at every instant of this frame. */
  isFreeThroughout = (seat: number): boolean =>
    this.show?.seats.ownersDuring(seat).every(owner => owner.kind === 'free') === true

  /** Not blocked at any instant of this frame. */
  isSellableThroughout = (seat: number): boolean =>
    this.show?.seats.ownersDuring(seat).every(owner => owner.kind !== 'blocked') === true
}
