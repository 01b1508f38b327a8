// Proposes the next placement table when allocators come or go.
//
// Owns: when a table no longer fits, and who says so first.
// Leaves to others: how a table is made (shared/placement-table.ts), operators' wishes (shared/).
//
//   PL1. A death is answered at once, by moving only what nobody serves; a newcomer is waited for a
//        moment, for others may come with it, and then gets its share.
//   PL2. Every allocator may propose: the first by name at once, the others when it did not. Races are
//        decided by the broker; a proposal that lost is made anew from the winner's table.
//   PL3. Nobody alive means nothing to say: a table without owners helps nobody.

import type { NodeId } from '../shared/ids.ts'
import type { LiveAllocator, PlacementTable } from '../shared/placement-table.ts'
import { nextTable, rescueTable } from '../shared/placement-table.ts'
import type { Clock } from '../shared/ports.ts'
import type { Beat, Membership } from './membership.ts'
import type { PlacementWatch } from './placement-watch.ts'

const GATHERING_MS = 500
const SECOND_AFTER_MS = 400
const REST_MS = 500

export interface PlacerOptions {
  readonly membership: Membership
  readonly placement: PlacementWatch
  readonly clock: Clock
  readonly onTrouble: (sentence: string, cause: unknown) => void
}

export class Placer {
  readonly #options: PlacerOptions
  #crewKey = ''
  #crewSinceMs: number
  #misfitSinceMs: number | undefined
  #isProposing = false
  /** after a failed write */
  #restUntilMs = 0

  constructor(options: PlacerOptions) {
    this.#options = options
    this.#crewSinceMs = options.clock.monotonicMs()
  }

  /** Called whenever something changed, and by a timer. */
  look(): void {
    const { membership, placement, clock } = this.#options
    const nowMs = clock.monotonicMs()
    const live = liveAllocators(membership.beats)
    this.#noteCrew(live, nowMs)
    const table = this.#wanted(placement.table, live, nowMs)
    if (table === placement.table) {
      this.#misfitSinceMs = undefined
      return
    }
    this.#misfitSinceMs ??= nowMs
    const isFirst = live[0]?.node === membership.self
    const waitedMs = nowMs - this.#misfitSinceMs
    if (this.#isProposing || nowMs < this.#restUntilMs || !(isFirst || waitedMs > SECOND_AFTER_MS))
      return // PL2
    this.#isProposing = true
    void this.#propose(table).finally(() => {
      this.#isProposing = false
    })
  }

  #noteCrew(live: readonly LiveAllocator[], nowMs: number): void {
    const key = live.map(({ node, weight }) => `${node}=${weight}`).join()
    if (key === this.#crewKey) return
    this.#crewKey = key
    this.#crewSinceMs = nowMs
  }

  /** The table itself when it fits. PL1, PL3 */
  #wanted(table: PlacementTable, live: readonly LiveAllocator[], nowMs: number): PlacementTable {
    if (live.length === 0) return table
    const isKnown = live.every(({ node, weight }) => table.weights.get(node) === weight)
    const isGathering = nowMs - this.#crewSinceMs < GATHERING_MS
    if (!isKnown && !isGathering) return nextTable(table, live)
    if (isKnown) return rescueTable(table, live)
    const present = live.filter(({ node }) => table.weights.has(node))
    return present.length === 0 ? table : rescueTable(table, present)
  }

  async #propose(table: PlacementTable): Promise<void> {
    try {
      await this.#options.placement.propose(table)
    } catch (cause) {
      this.#misfitSinceMs = undefined
      this.#restUntilMs = this.#options.clock.monotonicMs() + REST_MS
      this.#options.onTrouble('the placement table could not be written, trying again', cause)
    }
  }
}

/** Those that take shards, by name. */
export function liveAllocators(beats: readonly Beat[]): LiveAllocator[] {
  return beats
    .filter(({ role, state }) => role === 'allocator' && state === 'serving')
    .map(({ node, weight }) => ({ node, weight }))
    .sort((left, right) => compareNodes(left.node, right.node))
}

function compareNodes(left: NodeId, right: NodeId): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}
