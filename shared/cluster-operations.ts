// What an operator asks of a cluster: judged, refused with a sentence, or carried out.
//
// Owns: single moves, cordons, drains; everything an operator may ask, in one place.
// Leaves to others: membership, stores and who serves (handed in), plans and runs (rebalance-desk.ts).
//
//   N1. A wish that cannot be granted is a refusal with a sentence, and nothing has changed.
//   N2. One rebalance at a time; a single move is refused while its shard is on its way.
//   N3. A node is drained only while another one can take what it has.

import { changeStored } from './cas-store.ts'
import {
  allocatorOf,
  type ClusterView,
  liveAllocators,
  type Member,
  memberOf,
  membersOf,
  nodeRowOf,
  receiverOf,
  shardRowOf,
} from './cluster-view.ts'
import { asShardNumber, type NodeId } from './ids.ts'
import {
  type ApplyAsk,
  done,
  type MoveAsk,
  type Moved,
  type NodeRow,
  type Operations,
  type Outcome,
  PARALLEL_DEFAULT,
  type RebalanceStatus,
  refused,
  type ShardDetail,
  type ShardRow,
} from './operations.ts'
import { emptyTable, nextTable, rescueTable, withCordon } from './placement-table.ts'
import { type MoverParts, PlannedMover } from './planned-move.ts'
import { RebalanceDesk, UNDER_WAY } from './rebalance-desk.ts'
import { isActive, type RebalancePlan, type RebalanceRun } from './rebalance-plan.ts'
import { RebalanceDriver, type RunParts } from './rebalance-run.ts'

const LOOK_AGAIN_MS = 100

export interface ClusterParts
  extends Omit<RunParts, 'moveShard'>,
    Pick<MoverParts, 'tables' | 'whenServed'> {
  /** every process that was heard of, this one too */
  readonly members: () => readonly Member[]
  /** every shard with the owner that serves it; owner '' while nobody does */
  readonly shards: () => readonly ShardRow[]
  /** names of the figures that `metric` knows */
  readonly metricNames: readonly string[]
  /** the gateway sends its sockets elsewhere; false when it does not say in time that it has done so */
  readonly drainGateway: (node: NodeId) => Promise<boolean>
}

export class ClusterOperations implements Operations {
  readonly #parts: ClusterParts
  readonly #mover: PlannedMover
  readonly #driver: RebalanceDriver
  readonly #desk: RebalanceDesk

  constructor(parts: ClusterParts) {
    this.#parts = parts
    const isLive = (node: NodeId): boolean =>
      liveAllocators(parts.members()).some(item => item.node === node)
    this.#mover = new PlannedMover({ ...parts, isLive })
    this.#driver = new RebalanceDriver({ ...parts, moveShard: move => this.#mover.move(move) })
    const objectionTo = async (node: NodeId): Promise<string | undefined> => {
      const receiver = receiverOf(await this.#view(), node)
      return 'kind' in receiver ? receiver.sentence : undefined
    }
    this.#desk = new RebalanceDesk({ ...parts, driver: this.#driver, objectionTo })
  }

  /** To be called about once a second: goes on with a run whose applier died. */
  check(): Promise<void> {
    return this.#driver.check()
  }

  /** A run under way goes on in another process. */
  stop(): Promise<void> {
    return this.#driver.stop()
  }

  async nodes(): Promise<readonly NodeRow[]> {
    const view = await this.#view()
    return membersOf(view).map(member => nodeRowOf(view, member))
  }

  async shards(): Promise<readonly ShardRow[]> {
    return this.#parts.shards()
  }

  async shard(shard: number): Promise<Outcome<ShardDetail>> {
    const view = await this.#view()
    const row = shardRowOf(view, shard)
    if ('kind' in row) return row
    const assigned = view.table.assignments[shard]
    const pin = view.table.pins.get(asShardNumber(shard))
    const goesTo = isActive(view.run)
      ? view.run.moves.find(
          move => move.shard === shard && (move.state === 'waiting' || move.state === 'moving'),
        )?.to
      : undefined
    return done({
      ...row,
      ...(assigned !== undefined && { assigned }),
      ...(pin !== undefined && { pin }),
      ...(goesTo !== undefined && { goesTo }),
      tableVersion: view.table.version,
    })
  }

  async move({ shard: number, to, isPinned }: MoveAsk): Promise<Outcome<Moved>> {
    const view = await this.#view()
    const row = shardRowOf(view, number)
    if ('kind' in row) return row
    const receiver = receiverOf(view, to)
    if ('kind' in receiver) return receiver
    const shard = asShardNumber(number)
    const from = view.table.assignments[shard]
    if (from === undefined) return refused('conflict', `Nobody owns shard ${shard} at present.`)
    if (row.owner !== from || goesSomewhere(view.run, shard)) {
      return refused('conflict', `Shard ${shard} is on its way already: wait until it is served.`) // N2
    }
    const end = await this.#mover.move({ shard, from, to: receiver.id, isPinned })
    if (end.kind !== 'moved') return refused('conflict', `Shard ${shard}: ${end.detail}`)
    return done({ shard, from, to: receiver.id, pauseMs: end.pauseMs })
  }

  cordon(node: string): Promise<Outcome<NodeRow>> {
    return this.#withCordon(node, true)
  }

  uncordon(node: string): Promise<Outcome<NodeRow>> {
    return this.#withCordon(node, false)
  }

  async drain(node: string): Promise<Outcome<NodeRow>> {
    const view = await this.#view()
    const member = memberOf(view, node)
    if ('kind' in member) return member
    if (member.state === 'lost') return refused('conflict', `${node} is not alive.`)
    if (member.role === 'ledger') {
      return refused('conflict', `${node} is a ledger: stop it, another one goes on.`)
    }
    if (!hasStandIn(view, member)) return refused('conflict', lastSentence(member)) // N3
    return member.role === 'gateway'
      ? this.#drainGateway(member.id)
      : this.#drainAllocator(view, member)
  }

  async planRebalance(): Promise<Outcome<RebalancePlan>> {
    const { table, members } = await this.#view()
    const live = liveAllocators(members)
    if (live.length === 0) return refused('conflict', 'No allocator is alive.')
    return done(await this.#desk.plan('balance', table, nextTable(table, live)))
  }

  async applyRebalance(ask: ApplyAsk): Promise<Outcome<RebalanceRun>> {
    return this.#desk.apply(ask, (await this.#view()).table)
  }

  async rebalanceStatus(): Promise<RebalanceStatus> {
    const { plan, run } = await this.#desk.record()
    return { plan, run }
  }

  cancelRebalance(): Promise<Outcome<RebalanceRun>> {
    return this.#desk.cancel()
  }

  async rollbackRebalance(): Promise<Outcome<RebalanceRun>> {
    return this.#desk.rollback((await this.#view()).table)
  }

  async #view(): Promise<ClusterView> {
    const [stored, { run }] = await Promise.all([this.#parts.tables.read(), this.#desk.record()])
    const table = stored.value ?? emptyTable()
    return { members: this.#parts.members(), shards: this.#parts.shards(), table, run }
  }

  async #withCordon(node: string, isCordoned: boolean): Promise<Outcome<NodeRow>> {
    const member = allocatorOf(await this.#view(), node)
    if ('kind' in member) return member
    await changeStored(this.#parts.tables, table =>
      withCordon(table ?? emptyTable(), member.id, isCordoned),
    )
    return done(nodeRowOf(await this.#view(), member))
  }

  async #drainGateway(node: NodeId): Promise<Outcome<NodeRow>> {
    const isDrained = await this.#parts.drainGateway(node)
    if (!isDrained) return refused('conflict', `${node} did not say in time that it is drained.`)
    const view = await this.#view()
    const member = memberOf(view, node)
    return 'kind' in member ? member : done(nodeRowOf(view, member))
  }

  /** Cordoned first, so that nothing comes in while its shards go out. */
  async #drainAllocator({ run }: ClusterView, member: Member): Promise<Outcome<NodeRow>> {
    if (isActive(run)) return UNDER_WAY
    const cordoned = await this.#withCordon(member.id, true)
    if (cordoned.kind !== 'done') return cordoned
    const { table, members } = await this.#view()
    const others = liveAllocators(members).filter(item => item.node !== member.id)
    const plan = await this.#desk.plan('drain', table, rescueTable(table, others))
    const ask = { version: plan.version, parallel: PARALLEL_DEFAULT, pauseIf: [] }
    const begun = await this.#desk.apply(ask, table)
    if (begun.kind !== 'done') return begun
    const ended = await this.#whenEnded(plan.version)
    const view = await this.#view()
    const left = view.table.assignments.filter(owner => owner === member.id).length
    if (left === 0) return done(nodeRowOf(view, member))
    const detail = ended?.detail === undefined ? '' : ` ${ended.detail}`
    return refused('conflict', `${member.id} is cordoned but still has ${left} shards.${detail}`)
  }

  /** The run as it ended, here or in a process that took it over. */
  async #whenEnded(version: number): Promise<RebalanceRun | undefined> {
    for (;;) {
      const { run } = await this.#desk.record()
      if (run?.version !== version || !isActive(run)) return run
      await this.#parts.sleep(LOOK_AGAIN_MS)
    }
  }
}

function goesSomewhere(run: RebalanceRun | undefined, shard: number): boolean {
  return isActive(run) && run.moves.some(move => move.shard === shard && move.state === 'moving')
}

/** Somebody of the same role who can take over. N3 */
function hasStandIn({ members, table }: ClusterView, { id, role }: Member): boolean {
  return members.some(
    other =>
      other.id !== id &&
      other.role === role &&
      other.state === 'alive' &&
      !table.cordoned.has(other.id),
  )
}

function lastSentence({ id, role }: Member): string {
  const what = role === 'gateway' ? 'that serves' : 'that can own shards'
  return `${id} is the last ${role} ${what}: start another one first.`
}
