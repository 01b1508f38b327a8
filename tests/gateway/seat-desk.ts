// The owner of one show as a gateway sees it: a Link that decides holds of named seats in arrival order.
//
// Owns: seats, versions, holds, frames and their news, with a plain array and maps.
// Leaves to others: every rule beyond "a seat is held by one" (the real core has its own tests).
//
//   Nothing leaves before `turn`: then news, replies and personal news go out in the order of a
//   writer's turn. News may be lost or held back on the way, as a network would.

import type { CustomerCommand, Request } from '../../shared/commands.ts'
import {
  asEpoch,
  asFrameNumber,
  asIncarnation,
  asInstant,
  asSequence,
  type HoldId,
  idTextOf,
  type ShowNumber,
} from '../../shared/ids.ts'
import { shardOf } from '../../shared/placement.ts'
import { DEFAULT_POLICY, type ShowTerms } from '../../shared/policy.ts'
import type { FeedSink, Link } from '../../shared/ports.ts'
import type {
  FrameNews,
  HoldView,
  PersonalNews,
  Reply,
  SeatCounts,
  ShowNews,
  ShowView,
} from '../../shared/views.ts'

interface Waiting {
  readonly request: Request
  readonly origin: number
  readonly onReply: (reply: Reply) => void
}

const REMEMBERED_SEATS_MAX = 100

export const DESK_NOW = asInstant(1_800_000_000_000)

export function termsOf(seatCount: number): ShowTerms {
  return {
    layout: 1 as ShowTerms['layout'],
    layoutDigest: '0'.repeat(64),
    policy: DEFAULT_POLICY,
    prices: [1_250],
    currency: 'INR',
    startsAt: asInstant(DESK_NOW + 3_600_000 + seatCount),
    salesOpenAt: asInstant(DESK_NOW - 1),
    salesCloseAt: asInstant(DESK_NOW + 3_600_000),
  }
}

export class SeatDesk implements Link {
  readonly show: ShowNumber
  readonly states: Uint8Array
  /** the map of every version of a small show, packed as text: what a client may ever show */
  readonly history = new Map<string, string>()
  incarnation = 1
  version = 0
  isSilent = false
  readonly #sink: FeedSink
  readonly #holds = new Map<string, HoldView>()
  #waiting: Waiting[] = []
  #changes: number[] = []
  #frame = 0
  #sequence = 0

  constructor(show: ShowNumber, seatCount: number, sink: FeedSink) {
    this.show = show
    this.states = new Uint8Array(seatCount)
    this.#sink = sink
    this.#remember()
  }

  get packed(): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.states.length / 4))
    this.states.forEach((state, seat) => {
      bytes[seat >>> 2] = (bytes[seat >>> 2] as number) | (state << ((seat & 3) << 1))
    })
    return bytes
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    if (!this.isSilent) this.#waiting.push({ request, origin, onReply })
  }

  /** One published change that nobody asked for here (another gateway's customer). */
  set(seat: number, state: number): void {
    if (this.states[seat] === state) return
    this.states[seat] = state
    this.version += 1
    this.#changes.push((seat << 2) | state)
    this.#remember()
  }

  /** The journal was restored: another incarnation, possibly fewer changes. */
  restore(): void {
    this.turn()
    this.incarnation += 1
    this.version = Math.max(0, this.version - 1)
    this.states.fill(0)
    this.#remember()
  }

  /** The hold has ended and left the shard's memory. */
  forget(id: HoldId): HoldView {
    const hold = this.#holds.get(idTextOf(id))
    if (hold === undefined) throw new Error('the desk never had that hold')
    this.#holds.delete(idTextOf(id))
    return hold
  }

  /** Decides what waits and hands everything over; `deliver` may lose or keep the news. */
  turn(deliver: (news: FrameNews) => void = news => this.#sink.seats(news)): void {
    const personal: PersonalNews[] = []
    const waiting = this.#waiting
    this.#waiting = []
    const replies = waiting.map(({ request, origin }) => this.#decide(request, origin, personal))
    const news = this.#news()
    if (news !== undefined) deliver(news)
    for (const [index, { onReply }] of waiting.entries()) onReply(replies[index] as Reply)
    if (personal.length > 0) this.#sink.personal(personal)
    this.#sink.turnEnded()
  }

  #news(): FrameNews | undefined {
    if (this.#changes.length === 0) return undefined
    const changes = Int32Array.from(this.#changes)
    this.#changes = []
    const previousFrame = asFrameNumber(this.#frame)
    this.#frame += 1
    const show: ShowNews = {
      show: this.show,
      from: this.version - changes.length,
      to: this.version,
      changes,
      counts: this.#counts(),
      status: 'on-sale',
    }
    return {
      shard: shardOf(this.show),
      incarnation: asIncarnation(this.incarnation),
      epoch: asEpoch(1),
      frame: asFrameNumber(this.#frame),
      previousFrame,
      now: DESK_NOW,
      shows: [show],
    }
  }

  #decide(request: Request, origin: number, personal: PersonalNews[]): Reply {
    const now = DESK_NOW
    switch (request.kind) {
      case 'read-show':
        return request.show === this.show
          ? { kind: 'show', view: this.#view(), now }
          : notFound('There is no such show.')
      case 'read-customer': {
        const holds = [...this.#holds.values()].filter(
          hold => hold.phase === 'selecting' && sameText(hold.customer, request.customer),
        )
        return { kind: 'customer', holds, now }
      }
      case 'hold-seats':
      case 'release-hold': {
        const reply = this.#holdOrRelease(request)
        if (reply.kind === 'hold') {
          personal.push({ customer: reply.hold.customer, origin, hold: reply.hold })
        }
        return reply
      }
      default:
        return notFound(`The desk knows no ${request.kind}.`)
    }
  }

  #holdOrRelease(
    command: Extract<CustomerCommand, { kind: 'hold-seats' | 'release-hold' }>,
  ): Reply {
    if (command.kind === 'release-hold') {
      const known = this.#holds.get(idTextOf(command.hold))
      if (known === undefined) return notFound('There is no such hold.')
      for (const seat of known.seats) this.set(seat, 0)
      return this.#keep({ ...known, phase: 'released' })
    }
    const taken = command.seats.filter(seat => this.states[seat] !== 0)
    if (taken.length > 0) {
      const conflicts = taken.map(seat => ({ seat, state: 'held' as const }))
      return { kind: 'refused', code: 'seat-taken', detail: 'At least one is taken.', conflicts }
    }
    for (const seat of command.seats) this.set(seat, 1)
    return this.#keep({
      id: command.hold,
      show: this.show,
      customer: command.customer,
      phase: 'selecting',
      seats: command.seats,
      prices: command.seats.map(() => 1_250),
      createdAt: DESK_NOW,
      expiresAt: asInstant(DESK_NOW + 300_000),
      extensionsLeft: 1,
      origin: 'direct',
      incarnation: asIncarnation(this.incarnation),
      sequence: asSequence(0),
    })
  }

  #keep(hold: HoldView): Reply {
    this.#sequence += 1
    const kept = { ...hold, sequence: asSequence(this.#sequence) }
    this.#holds.set(idTextOf(hold.id as HoldId), kept)
    return { kind: 'hold', hold: kept, isReplay: false, now: DESK_NOW }
  }

  #view(): ShowView {
    return {
      show: this.show,
      terms: termsOf(this.states.length),
      status: 'on-sale',
      incarnation: asIncarnation(this.incarnation),
      version: this.version,
      counts: this.#counts(),
      states: this.packed,
    }
  }

  #counts(): SeatCounts {
    const of = (state: number) => this.states.filter(known => known === state).length
    return { free: of(0), reserved: 0, held: of(1), sold: of(2), blocked: of(3) }
  }

  #remember(): void {
    if (this.states.length > REMEMBERED_SEATS_MAX) return
    this.history.set(
      `${this.incarnation}:${this.version}`,
      Buffer.from(this.packed).toString('hex'),
    )
  }
}

function sameText(left: HoldView['customer'], right: HoldView['customer']): boolean {
  return idTextOf(left) === idTextOf(right)
}

function notFound(detail: string): Reply {
  return { kind: 'refused', code: 'not-found', detail }
}
