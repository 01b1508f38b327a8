// One planned move: the wish goes into the table, the owner hands over, the new owner serves.
//
// Owns: the change of the table and its undoing when the new owner does not come.
// Leaves to others: RELEASE and CLAIM (allocator), who serves what (whenServed is handed in).
//
//   U1. A shard that the table gives to somebody else than `from` and `to` is left alone.
//   U2. When `to` does not serve in time the table names `from` again, unless it has changed since.

import { type CasStore, changeStored } from './cas-store.ts'
import type { NodeId, ShardNumber } from './ids.ts'
import { type PlacementTable, withOwner, withPin } from './placement-table.ts'
import type { MoveEnd } from './rebalance-plan.ts'

const SERVED_MS_MAX = 5_000

export interface MoverParts {
  readonly tables: CasStore<PlacementTable>
  readonly isLive: (node: NodeId) => boolean
  /**
   * Resolves once `to` serves the shard, with the pause of its writes; at once (pause 0) when it does
   * already; with undefined when it does not within the time.
   */
  readonly whenServed: (
    shard: ShardNumber,
    to: NodeId,
    timeoutMs: number,
  ) => Promise<{ readonly pauseMs: number } | undefined>
}

export interface PlannedMove {
  readonly shard: ShardNumber
  readonly from: NodeId
  readonly to: NodeId
  /** true pins the shard to `to`, false takes a pin away; undefined leaves pins alone */
  readonly isPinned?: boolean
}

export class PlannedMover {
  readonly #parts: MoverParts

  constructor(parts: MoverParts) {
    this.#parts = parts
  }

  async move(move: PlannedMove): Promise<MoveEnd> {
    const { shard, to } = move
    if (!this.#parts.isLive(to)) return { kind: 'failed', detail: `${to} is not alive.` }
    const stranger = await this.#wish(move)
    if (stranger !== undefined) {
      return { kind: 'left-alone', detail: `By now it belongs to ${stranger}.` }
    }
    const served = await this.#parts.whenServed(shard, to, SERVED_MS_MAX)
    if (served !== undefined) return { kind: 'moved', ...served }
    const isUndone = await this.#undo(move)
    const seconds = SERVED_MS_MAX / 1_000
    const rest = isUndone ? `${move.from} keeps it.` : 'The table has changed meanwhile.'
    return { kind: 'failed', detail: `${to} did not serve it within ${seconds} s. ${rest}` }
  }

  /** Who else has the shard by now (U1); undefined when the table names `to`. */
  async #wish({ shard, from, to, isPinned }: PlannedMove): Promise<string | undefined> {
    let stranger: string | undefined
    await changeStored(this.#parts.tables, table => {
      const owner = table?.assignments[shard]
      stranger = owner === from || owner === to ? undefined : (owner ?? 'nobody')
      if (table === undefined || stranger !== undefined) return undefined
      const moved = withOwner(table, shard, to)
      const isWished = isPinned === true || (isPinned === false && moved.pins.has(shard))
      return isWished ? withPin(moved, shard, isPinned ? to : undefined) : moved
    })
    return stranger
  }

  /** U2 */
  async #undo({ shard, from, to, isPinned }: PlannedMove): Promise<boolean> {
    if (!this.#parts.isLive(from)) return false
    let isUndone = false
    await changeStored(this.#parts.tables, table => {
      isUndone = table !== undefined && table.assignments[shard] === to
      if (table === undefined || !isUndone) return undefined
      const back = withOwner(table, shard, from)
      return isPinned === true ? withPin(back, shard, undefined) : back
    })
    return isUndone
  }
}
