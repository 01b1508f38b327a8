// When each shard acknowledged a hold: the holds of a workload, seen from their shards.

import { asShowNumber, parsePublicId } from '../shared/ids.ts'
import { shardOf } from '../shared/placement.ts'
import type { HoldWorkload } from './hold-workload.ts'
import type { Workload } from './load.ts'

/** Between two instants of performance.now(). */
export interface Span {
  readonly from: number
  readonly to: number
}

export class ShardTimes implements Workload {
  readonly #workload: HoldWorkload
  readonly #shardOfHall: readonly number[]
  /** by shard, ascending */
  readonly #times = new Map<number, number[]>()

  constructor(workload: HoldWorkload) {
    this.#workload = workload
    this.#shardOfHall = workload.halls.map(({ showId }) => shardOfPublic(showId))
    for (const shard of this.#shardOfHall) this.#times.set(shard, [])
  }

  /** Those that have a show. */
  get shards(): readonly number[] {
    return [...this.#times.keys()]
  }

  get shardCount(): number {
    return this.#times.size
  }

  next(): string | undefined {
    return this.#workload.next()
  }

  answered(ticket: number, isOk: boolean, text: string): void {
    this.#workload.answered(ticket, isOk, text)
    const shard = this.#shardOfHall[this.#workload.hallOf(ticket)] as number
    if (isOk) this.#times.get(shard)?.push(performance.now())
  }

  firstAfter(shard: number, instant: number): number | undefined {
    return this.#times.get(shard)?.find(time => time > instant)
  }

  /** The largest gap of each of the other shards. */
  gapsBeside(moving: readonly number[], span: Span): readonly number[] {
    const others = this.shards.filter(shard => !moving.includes(shard))
    return others.map(shard => this.largestGap(shard, span))
  }

  /** Between two acknowledgements that both lie in the span, or from the last one to its end. */
  largestGap(shard: number, { from, to }: Span): number {
    const within = (this.#times.get(shard) ?? []).filter(time => time >= from && time <= to)
    let largest = 0
    let before = from
    for (const time of [...within, to]) {
      largest = Math.max(largest, time - before)
      before = time
    }
    return largest
  }
}

function shardOfPublic(showId: string): number {
  return shardOf(asShowNumber(parsePublicId('show', showId) ?? 0))
}
