// The broker of a simulated cluster as its conformance suite states it, and a Journal of each process on it.
//
//   send -> (lost? late?) -> leader: id known? position right? room? -> stored -> (answer lost?) -> process
//
// Owns: what the broker answers, or keeps silent about. Leaves to others: what follows from an answer
// (allocator/journal/sender.ts, the real one).
//
//   BR1. A frame is stored right behind the position it expects, or not at all (10071); alone (R1) the
//        position is checked before the id, with replicas (R3) a resend answers `duplicate`.
//   BR2. What is full refuses (10077) and keeps what it has. Without a leader nothing is answered;
//        after a change of leader it may be unsure of its own tail (10164).
//   BR3. A send that was given up may still arrive, after its resend and after its process's death.
//   BR4. A read may be stale: it may lack the newest frames, it never shows others.

import type { MemoryFrames } from '../../../allocator/journal/memory.ts'
import { FrameSender, type SendAnswer, type Tail } from '../../../allocator/journal/sender.ts'
import { Fault } from '../../../shared/faults.ts'
import type { FrameNumber, ShardNumber } from '../../../shared/ids.ts'
import type { AppendOutcome, EncodedFrame, Journal, JournalHead } from '../../../shared/ports.ts'
import { check } from '../audit-error.ts'
import type { Random } from '../random.ts'
import type { Agenda } from './agenda.ts'
import type { SimNetwork } from './sim-network.ts'
import type { SimNode } from './sim-node.ts'

const SILENCE_MS = 1_000
const GIVE_UP_MS = 30_000
const PAUSE_FIRST_MS = 10
const PAUSE_MAX_MS = 500

export interface BrokerTemper {
  /** probability of each thing that may become of a send */
  sendFaults: number
  staleReads: number
}

export interface BrokerParts {
  readonly agenda: Agenda
  readonly random: Random
  readonly network: SimNetwork
  readonly frames: MemoryFrames
  readonly temper: BrokerTemper
  readonly fault: (name: string) => void
}

export class SimBroker {
  readonly parts: BrokerParts
  readonly #isReplicated: boolean
  #leaderlessUntilMs = 0
  #unsureUntilMs = 0
  #fullUntilMs = 0

  constructor(parts: BrokerParts) {
    this.parts = parts
    this.#isReplicated = parts.random.chance(0.5)
  }

  /** BR2 */
  changeLeader(forMs: number): void {
    this.#leaderlessUntilMs = this.parts.agenda.nowMs + forMs
    this.#unsureUntilMs = this.#leaderlessUntilMs + 20
  }

  fill(forMs: number): void {
    this.#fullUntilMs = this.parts.agenda.nowMs + forMs
  }

  calm(): void {
    this.#leaderlessUntilMs = 0
    this.#unsureUntilMs = 0
    this.#fullUntilMs = 0
  }

  get isSilent(): boolean {
    return this.parts.agenda.nowMs < this.#leaderlessUntilMs
  }

  /** A frame arrives; undefined: silence. */
  receive(frame: EncodedFrame, isOfTheDead: boolean): SendAnswer | undefined {
    const { frames, fault, agenda, random } = this.parts
    if (this.isSilent) {
      fault('leaderless')
      return undefined
    }
    const standing = frames.framesOf(frame.shard)[frame.number - 1]
    const isKnown = standing !== undefined && Buffer.compare(standing.hash, frame.hash) === 0
    if (this.#isReplicated && isKnown) {
      return { kind: 'acked', position: frame.number, isDuplicate: true }
    }
    if (frame.number !== frames.framesOf(frame.shard).length + 1) {
      fault(isOfTheDead ? 'ghost-rejected' : isKnown ? 'resend-rejected' : 'rejected')
      return { kind: 'rejected', reason: '10071 wrong last sequence' }
    }
    if (agenda.nowMs < this.#unsureUntilMs && random.chance(0.5)) {
      fault('unsure-of-tail')
      return { kind: 'rejected', reason: '10164 wrong last sequence' }
    }
    if (agenda.nowMs < this.#fullUntilMs) {
      fault('store-full')
      return { kind: 'unknown', reason: '10077 maximum bytes exceeded' }
    }
    const stored = frames.store(frame)
    check(stored === 'stored', 'E1', `frame ${frame.number} stands where it breaks the chain`)
    if (isOfTheDead) fault('ghost-stored')
    return { kind: 'acked', position: frame.number, isDuplicate: false }
  }

  /** What stands from there on, perhaps without the newest. BR4 */
  read(shard: ShardNumber, from: number): readonly EncodedFrame[] {
    const { frames, random, temper, fault } = this.parts
    const standing = frames.framesOf(shard)
    if (standing.length === 0 || !random.chance(temper.staleReads)) return standing.slice(from - 1)
    fault('stale-read')
    return standing.slice(0, -random.between(1, 2)).slice(from - 1)
  }
}

/** The Journal of one process: the real sender of frames, on the simulated broker. */
export class SimJournal implements Journal {
  readonly #broker: SimBroker
  readonly #node: SimNode
  readonly #sender: FrameSender
  readonly #begunAtMs = new Map<ShardNumber, number>()

  constructor(broker: SimBroker, node: SimNode) {
    this.#broker = broker
    this.#node = node
    this.#sender = new FrameSender({
      send: frame => this.#send(frame),
      frameBefore: frame => this.#attempt(() => this.#standing(frame.shard, frame.number - 1)),
      standingAt: (shard, number) => this.#ask(() => this.#standing(shard, number)),
      wait: (frame, reason, attempt) => this.#wait(frame, reason, attempt),
    })
  }

  append(frame: EncodedFrame): Promise<AppendOutcome> {
    this.#begunAtMs.set(frame.shard, this.#broker.parts.agenda.nowMs)
    return this.#sender.append(frame)
  }

  async *read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    yield* await this.#attempt(() => this.#broker.read(shard, Math.max(from, 1)))
  }

  async head(shard: ShardNumber): Promise<JournalHead | undefined> {
    const head = await this.#attempt(() => this.#broker.read(shard, 1).at(-1))
    if (head !== undefined) this.#sender.note(shard, head)
    return head
  }

  async close(): Promise<void> {}

  #standing(shard: ShardNumber, number: number): Tail | undefined {
    return this.#broker.read(shard, number)[0]
  }

  #send(frame: EncodedFrame): Promise<SendAnswer> {
    const { agenda, random, network, temper, fault } = this.#broker.parts
    const node = this.#node
    return new Promise(resolve => {
      const end = node.after(SILENCE_MS, () => resolve({ kind: 'unknown', reason: 'silence' }))
      const answer = (said: SendAnswer): void => {
        end()
        resolve(said)
      }
      if (!network.isConnected(node)) return
      const fate = random.chance(temper.sendFaults)
        ? (random.pick(['send-lost', 'ack-lost', 'send-late'] as const) ?? 'acked')
        : 'acked'
      if (fate !== 'acked') fault(fate)
      if (fate === 'send-lost') return
      const afterMs = fate === 'send-late' ? random.between(200, 3_000) : random.below(3)
      agenda.after(afterMs, () => {
        const said = this.#broker.receive(frame, !node.isAlive)
        if (said === undefined || fate === 'ack-lost' || !network.isConnected(node)) return
        agenda.after(random.below(3), () => node.run(() => answer(said)))
      })
    })
  }

  async #wait({ shard }: EncodedFrame, reason: string, attempt: number): Promise<void> {
    const { agenda } = this.#broker.parts
    if (agenda.nowMs - (this.#begunAtMs.get(shard) ?? 0) > GIVE_UP_MS) throw unavailable(reason)
    await this.#pause(attempt)
  }

  /** Asks once; rejects when nobody answers. */
  #ask<Answer>(work: () => Answer): Promise<Answer> {
    const { agenda, random, network } = this.#broker.parts
    const node = this.#node
    return new Promise((resolve, reject) => {
      const end = node.after(SILENCE_MS, () => reject(unavailable('silence')))
      if (!network.isConnected(node)) return
      agenda.after(random.below(3), () => {
        if (this.#broker.isSilent || !network.isConnected(node)) return
        const answer = work()
        agenda.after(random.below(3), () =>
          node.run(() => {
            end()
            resolve(answer)
          }),
        )
      })
    })
  }

  /** Asks until somebody answers. */
  async #attempt<Answer>(work: () => Answer): Promise<Answer> {
    const { agenda } = this.#broker.parts
    const begunAtMs = agenda.nowMs
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ask(work)
      } catch (cause) {
        if (agenda.nowMs - begunAtMs > GIVE_UP_MS) throw cause
        await this.#pause(attempt)
      }
    }
  }

  #pause(attempt: number): Promise<void> {
    const ms = Math.min(PAUSE_FIRST_MS * 2 ** attempt, PAUSE_MAX_MS)
    return new Promise(resolve => this.#node.after(ms, resolve))
  }
}

function unavailable(reason: string): Fault {
  return new Fault('journal-unavailable', `The simulated broker did not answer: ${reason}.`)
}
