// The network of a simulated cluster: what happens to messages between its processes.
//
//   sender -> (cut? lost?) -> one channel per pair, in order -> receiver's loop
//
// Owns: delay, loss, duplicates, cuts, slow pairs. Leaves to others: when these begin (cluster-acts.ts).
//
//   NW1. From one process to another messages keep their order, unless they are lost.
//   NW2. Channels of different pairs overtake each other.
//   NW3. A broken connection loses everything until it is back; its process may notice late.

import { MemoryNetwork, type MemoryPlace, type Passage } from '../../../shared/memory-transport.ts'
import type { Random } from '../random.ts'
import type { Agenda } from './agenda.ts'
import type { SimNode } from './sim-node.ts'

export interface NetworkTemper {
  /** probability that a message is lost, comes twice, is late */
  lost: number
  twice: number
  late: number
}

export interface NetworkParts {
  readonly agenda: Agenda
  readonly random: Random
  readonly temper: NetworkTemper
  readonly fault: (name: string) => void
  /** every message that arrives: `passage.arrive()` gives it to the receiver */
  readonly onArrival: (passage: Passage) => void
  readonly onLost: (passage: Passage) => void
}

interface Channel {
  lastAtMs: number
  /** what arrives at that moment, while it can still be added to */
  pending: Passage[] | undefined
}

const LATE_MS_MAX = 300

export class SimNetwork {
  readonly #parts: NetworkParts
  readonly #memory: MemoryNetwork
  readonly #nodes = new Map<string, SimNode>()
  readonly #channels = new Map<string, Channel>()
  /** NW3: the connection is broken, whether its process knows or not */
  readonly #broken = new Set<string>()
  /** pairs that do not hear each other, as `from>to` */
  readonly #parted = new Set<string>()

  constructor(parts: NetworkParts) {
    this.#parts = parts
    this.#memory = new MemoryNetwork(passage => this.#carry(passage))
  }

  join(node: SimNode): MemoryPlace {
    this.#nodes.set(node.name, node)
    return this.#memory.at(node.name)
  }

  isConnected(node: SimNode): boolean {
    return node.isAlive && !this.#broken.has(node.name)
  }

  /** NW3 */
  cut(node: SimNode, noticedAfterMs: number, forMs: number): void {
    const { agenda } = this.#parts
    if (this.#broken.has(node.name)) return
    this.#broken.add(node.name)
    const place = this.#memory.at(node.name)
    const noticeMs = Math.min(noticedAfterMs, forMs)
    agenda.after(noticeMs, () => {
      if (this.#broken.has(node.name)) place.cut()
    })
    agenda.after(forMs + 1, () => this.heal(node))
  }

  heal(node: SimNode): void {
    if (!this.#broken.delete(node.name)) return
    const place = this.#memory.at(node.name)
    place.cut()
    node.run(() => place.heal())
  }

  part(from: SimNode, to: SimNode, forMs: number): void {
    const pair = `${from.name}>${to.name}`
    this.#parted.add(pair)
    this.#parts.agenda.after(forMs, () => this.#parted.delete(pair))
  }

  healAll(): void {
    this.#parted.clear()
    for (const node of this.#nodes.values()) this.heal(node)
  }

  #carry(passage: Passage): void {
    const { random, temper, fault, onLost } = this.#parts
    const sender = this.#nodes.get(passage.from)
    const receiver = this.#nodes.get(passage.to)
    if (sender?.isAlive !== true || receiver?.isAlive !== true) return
    if (this.#broken.has(passage.from) || this.#broken.has(passage.to)) {
      fault('cut-lost')
      return onLost(passage)
    }
    if (this.#parted.has(`${passage.from}>${passage.to}`)) {
      fault('parted-lost')
      return onLost(passage)
    }
    if (random.chance(temper.lost) && passage.from !== passage.to) {
      fault('message-lost')
      return onLost(passage)
    }
    this.#queue(passage, receiver)
    if (!random.chance(temper.twice)) return
    fault('message-twice')
    this.#queue(passage, receiver)
  }

  /** NW1 */
  #queue(passage: Passage, receiver: SimNode): void {
    const { agenda, random, temper, fault } = this.#parts
    const pair = `${passage.from}>${passage.to}`
    const channel = this.#channels.get(pair) ?? { lastAtMs: 0, pending: undefined }
    this.#channels.set(pair, channel)
    let delayMs = random.below(3)
    if (random.chance(temper.late)) {
      fault('message-late')
      delayMs = random.between(10, LATE_MS_MAX)
    }
    const atMs = Math.max(channel.lastAtMs, agenda.nowMs + delayMs)
    if (channel.pending !== undefined && channel.lastAtMs === atMs) {
      channel.pending.push(passage)
      return
    }
    const arriving = [passage]
    channel.lastAtMs = atMs
    channel.pending = arriving
    agenda.at(atMs, () => {
      if (channel.pending === arriving) channel.pending = undefined
      for (const one of arriving) receiver.run(() => this.#arrive(one, receiver))
    })
  }

  #arrive(passage: Passage, receiver: SimNode): void {
    if (this.#broken.has(receiver.name)) return this.#parts.onLost(passage)
    this.#parts.onArrival(passage)
  }
}
