// The court of one simulated world: what is durable goes to the auditors, what is heard to the witnesses.
//
// Owns: telling each auditor its frames in time, and which answers are about the newest frame.
// Leaves to others: the rules (auditor.ts, witness.ts, watcher.ts), what happens (world.ts).
//
//   J1. Nothing throws into the allocator: a broken rule is kept, and the world stops.
//   J2. A test may lie to the judge by `tamper`; everything it is shown passes through it.

import type { MemoryFrames } from '../../allocator/journal/memory.ts'
import type { Request } from '../../shared/commands.ts'
import { transitionsOf } from '../../shared/frame.ts'
import { idTextOf, type ShardNumber } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { LIMITS } from '../../shared/limits.ts'
import { shardOf } from '../../shared/placement.ts'
import type { Clock, EncodedFrame } from '../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'
import { AuditError, check } from './audit-error.ts'
import type { AuditedShow } from './audited-show.ts'
import { type AuditedFrame, Auditor, textOf } from './auditor.ts'
import { Scene } from './scene.ts'
import type { SimLedger } from './sim-ledger.ts'
import type { Tally } from './tally.ts'
import { Watcher } from './watcher.ts'
import { judgeOldReply, judgeReply } from './witness.ts'

/** What a test puts between the world and its judge. J2 */
export interface Tamper {
  frame?(frame: AuditedFrame, auditor: Auditor): AuditedFrame
  reply?(reply: Reply, request: Request): Reply
  news?(news: FrameNews): FrameNews | undefined
  personal?(news: readonly PersonalNews[]): readonly PersonalNews[]
}

/** Who tells: a process, or one reign of one shard in it. */
export interface Speaker {
  /** the last frame that it knows to be durable */
  durableFrame(shard: ShardNumber): number
  /** the shard time of its CLAIM */
  readonly claimTimes: ReadonlyMap<ShardNumber, number>
  /** true time: its clock began no earlier than the one, and no later than the other */
  readonly startedAtMs: number
  readonly servingAtMs: number
  /** true time at which it learned that its last frame is durable */
  readonly learnedAtMs?: number
}

export interface JudgeOptions {
  readonly shards: readonly ShardNumber[]
  readonly frames: MemoryFrames
  readonly clock: Clock
  readonly ledger: SimLedger
  readonly layoutOf: (layout: number) => Layout
  readonly tally: Tally
  readonly tamper: Tamper
  readonly note: (line: string) => void
}

export class Judge {
  readonly auditors = new Map<ShardNumber, Auditor>()
  readonly #options: JudgeOptions
  readonly #watchers = new Map<Speaker, Watcher>()
  readonly #asks = new Map<string, Request>()
  /** holds and entries whose owners have not heard yet, by shard */
  readonly #owed = new Map<ShardNumber, Set<string>>()
  failure: unknown

  constructor(options: JudgeOptions) {
    this.#options = options
    for (const shard of options.shards) {
      const auditor = new Auditor(options.layoutOf, hold => this.#asks.get(hold))
      auditor.onPassed = transition => {
        options.tally.add(`fact ${transition.kind}`)
        options.note(`${shard}/${auditor.frame} ${textOf(transition)}`)
      }
      this.auditors.set(shard, auditor)
      this.#owed.set(shard, new Set())
    }
  }

  /** J1 */
  guard(run: () => void): void {
    if (this.failure !== undefined) return
    try {
      run()
    } catch (error) {
      this.failure = error
    }
  }

  /** Tells the auditors what has become durable. */
  catchUp(): void {
    this.guard(() => {
      for (const [shard, auditor] of this.auditors) {
        const frames = this.#options.frames.framesOf(shard)
        for (const frame of frames.slice(auditor.frame)) this.#observe(frame, auditor)
      }
    })
  }

  asked(request: Request): void {
    if (request.kind !== 'hold-seats' && request.kind !== 'hold-best') return
    this.#asks.set(idTextOf(request.hold), request)
  }

  heard(process: Speaker, request: Request, told: Reply): void {
    this.catchUp()
    this.guard(() => {
      const reply = this.#options.tamper.reply?.(told, request) ?? told
      this.#count(reply)
      const scene = this.#sceneOf(process, request)
      const isLate = this.#waitsForLedger(request, reply)
      if (isLate) this.#checkConfirmed(scene, reply)
      if (isLate || !this.#isCurrent(process, shardOf(request.show))) {
        if (!isLate) this.#checkStale(process, request, reply)
        return judgeOldReply(scene, reply)
      }
      judgeReply(scene, reply)
      if (reply.kind === 'fault' || scene.show === undefined) return
      this.#watcherOf(process).checkUpToDate(request.show, scene.show)
    })
  }

  news(process: Speaker, told: FrameNews): void {
    this.catchUp()
    this.guard(() => {
      const { tamper } = this.#options
      const news = tamper.news === undefined ? told : tamper.news(told)
      if (news === undefined) return
      this.#watcherOf(process).seats(news, this.#auditorOf(news.shard))
    })
  }

  personal(process: Speaker, told: readonly PersonalNews[]): void {
    this.catchUp()
    this.guard(() => {
      const news = this.#options.tamper.personal?.(told) ?? told
      const [first] = told
      const show = (first?.hold ?? first?.entry)?.show
      check(show !== undefined, 'F7', 'personal news of nothing')
      const shard = shardOf(show)
      const auditor = this.#auditorOf(shard)
      const owed = this.#owed.get(shard) ?? new Set()
      const isCurrent = this.#isCurrent(process, shard)
      const until = this.#shardTimeMax(process, shard)
      this.#watcherOf(process).personal(news, { auditor, until, owed, isCurrent })
    })
  }

  /** What became durable is shown by what was told elsewhere, and by whom: it need not be the newest. */
  heardElsewhere(request: Request, reply: Reply): void {
    this.catchUp()
    this.guard(() => {
      const { ledger } = this.#options
      const shard = shardOf(request.show)
      const auditor = this.#auditorOf(shard)
      const ledgerFrame = ledger.cursorOf(shard)
      judgeOldReply(new Scene({ request, auditor, until: auditor.time, ledgerFrame }), reply)
    })
  }

  /** A new reign owes nobody what its predecessors did not say. */
  serving(shards: Iterable<ShardNumber> = this.#owed.keys()): void {
    this.catchUp()
    for (const shard of shards) this.#owed.get(shard)?.clear()
  }

  /** Who was to hear of it is gone with its process. */
  ended(process: Speaker, shards: Iterable<ShardNumber> = this.#owed.keys()): void {
    this.#watchers.delete(process)
    this.serving(shards)
  }

  /** Nothing is under way: everybody has heard, and what is due for `lateMs` has happened (H3). */
  checkQuiet(speakerOf: (shard: ShardNumber) => Speaker, lateMs = 0): void {
    this.catchUp()
    this.guard(() => {
      for (const [shard, auditor] of this.auditors) {
        const process = speakerOf(shard)
        const owed = this.#owed.get(shard)
        check(owed?.size === 0, 'F7', `nobody was told of ${[...(owed ?? [])].join(', ')}`)
        const sinceMs = this.#options.clock.monotonicMs() - process.servingAtMs
        const now = (process.claimTimes.get(shard) ?? 0) + sinceMs - lateMs
        for (const show of auditor.shows.values()) checkNothingDue(show, now)
      }
    })
  }

  #observe(frame: EncodedFrame, auditor: Auditor): void {
    const { number, time, epoch, firstSequence, shard } = frame
    const told: AuditedFrame = {
      number,
      time,
      epoch,
      firstSequence,
      transitions: transitionsOf(frame),
      storedAtMs: this.#options.clock.monotonicMs(),
    }
    auditor.observe(this.#options.tamper.frame?.(told, auditor) ?? told)
    const owed = told.transitions.length > 0 ? this.#owed.get(shard) : undefined
    for (const show of auditor.shows.values()) for (const id of show.changed) owed?.add(id)
  }

  #sceneOf(process: Speaker, request: Request): Scene {
    const shard = shardOf(request.show)
    const { ledger } = this.#options
    return new Scene({
      request,
      auditor: this.#auditorOf(shard),
      until: this.#shardTimeMax(process, shard),
      ledgerFrame: ledger.cursorOf(shard),
    })
  }

  /** The reign began at its CLAIM's time, not before its process: more cannot have passed since. */
  #shardTimeMax(process: Speaker, shard: ShardNumber): number {
    const auditor = this.#auditorOf(shard)
    const { clock } = this.#options
    return (
      (process.claimTimes.get(shard) ?? auditor.time) + clock.monotonicMs() - process.startedAtMs
    )
  }

  #isCurrent(process: Speaker, shard: ShardNumber): boolean {
    return process.durableFrame(shard) === this.#auditorOf(shard).frame
  }

  /**
   * E5: a "no" or an old view is at most 2 s behind a successor's first frame. What leaves with a frame
   * was decided before that was stored, however late its acknowledgement came.
   */
  #checkStale(process: Speaker, { show }: Request, reply: Reply): void {
    if (reply.kind === 'fault') return
    if (process.learnedAtMs === this.#options.clock.monotonicMs()) return
    const shard = shardOf(show)
    const next = this.#auditorOf(shard).stored[process.durableFrame(shard)]
    if (next?.atMs === undefined) throw new AuditError('W2: told what is not durable')
    const behindMs = this.#options.clock.monotonicMs() - next.atMs
    check(behindMs <= LIMITS.quietAppendMs, 'E5', `an answer ${behindMs} ms after a successor`)
  }

  #waitsForLedger({ kind }: Request, reply: Reply): boolean {
    const isOk = reply.kind === 'hold' || reply.kind === 'done'
    return isOk && (kind === 'book-hold' || kind === 'cancel-booking')
  }

  /** §2: a booking is told when the Ledger has committed it. */
  #checkConfirmed({ request }: Scene, reply: Reply): void {
    if (reply.kind !== 'hold' || reply.hold.booking === undefined) return
    check(reply.hold.phase === 'booked', 'P2', `book-hold told ${reply.hold.phase}`)
    const row = this.#options.ledger.tables.bookings.get(idTextOf(reply.hold.booking))
    const isConfirmed = row !== undefined && row.status !== 'pending'
    check(isConfirmed, 'P2', `${request.kind} told before the ledger had it`)
  }

  #count(reply: Reply): void {
    const { tally } = this.#options
    if (reply.kind === 'refused') tally.add(`refused ${reply.code}`)
    else if (reply.kind === 'fault') tally.add(`told ${reply.code}`)
    else if ('isReplay' in reply && reply.isReplay) tally.add(`told ${reply.kind}-again`)
    else tally.add(`told ${reply.kind}`)
  }

  #auditorOf(shard: ShardNumber): Auditor {
    const auditor = this.auditors.get(shard)
    check(auditor !== undefined, 'E1', `shard ${shard} is not of this world`)
    return auditor
  }

  #watcherOf(process: Speaker): Watcher {
    const known = this.#watchers.get(process)
    if (known !== undefined) return known
    const made = new Watcher()
    this.#watchers.set(process, made)
    return made
  }
}

/** H3, L8: `now` is the least that the Shard's clock can show. */
function checkNothingDue(show: AuditedShow, now: number): void {
  for (const hold of show.holds.values()) {
    const isOver = hold.canExpire && hold.expiresAt <= now
    check(!isOver, 'H3', `hold ${hold.id} should have ended ${now - hold.expiresAt} ms ago`)
  }
  const isSelling = show.status === 'open' && show.terms.salesCloseAt <= now
  check(!isSelling, 'L8', 'sales should have been closed')
}
