// The waitlist the slow way: one plain array in join order, every answer by looking at everybody.

import type { WaitRequest } from '../../allocator/core/waitlist-buckets.ts'
import type { CustomerId, EntryId, Instant, SeatIndex } from '../../shared/ids.ts'

export interface TwinEntry {
  readonly entry: EntryId
  readonly customer: CustomerId
  readonly request: WaitRequest
  state: 'waiting' | 'offered' | 'ended'
  hasDeclined: boolean
  isLifted: boolean
  sitsOut: boolean
  barrier: { seats: readonly SeatIndex[]; since: Instant } | undefined
}

export class WaitlistTwin {
  readonly everybody: TwinEntry[] = []

  join(joining: Pick<TwinEntry, 'entry' | 'customer' | 'request'>): void {
    this.everybody.push({
      ...joining,
      state: 'waiting',
      hasDeclined: false,
      isLifted: false,
      sitsOut: false,
      barrier: undefined,
    })
  }

  live(): TwinEntry[] {
    return this.everybody.filter(one => one.state !== 'ended')
  }

  waiting(): TwinEntry[] {
    return this.everybody.filter(one => one.state === 'waiting')
  }

  aheadOf(entry: TwinEntry): number {
    return entry.state === 'waiting' ? this.waiting().indexOf(entry) : 0
  }

  frameBegins(): void {
    for (const one of this.everybody) one.sitsOut = false
  }

  offer(entry: TwinEntry): void {
    entry.state = 'offered'
    entry.barrier = undefined
  }

  decline(entry: TwinEntry): void {
    entry.state = entry.hasDeclined ? 'ended' : 'waiting'
    entry.sitsOut = true
    entry.hasDeclined = true
  }

  end(entry: TwinEntry): void {
    entry.state = 'ended'
    entry.barrier = undefined
  }

  lift(entry: TwinEntry): void {
    entry.isLifted = true
    entry.barrier = undefined
  }

  /** The first of each shape of request that waits and does not sit out. */
  heads(isEager: boolean): EntryId[] {
    const first = new Map<string, EntryId>()
    for (const one of this.waiting()) {
      const shape = JSON.stringify(one.request)
      if (one.sitsOut || (isEager && one.isLifted) || first.has(shape)) continue
      first.set(shape, one.entry)
    }
    return [...first.values()]
  }
}
