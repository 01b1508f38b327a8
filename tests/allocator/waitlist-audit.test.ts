// Random days at the desk with crashes in between, judged by the simulation's auditor.

import { test } from 'node:test'
import fc from 'fast-check'
import { asSeatIndexes, type BookingId, idOf } from '../../shared/ids.ts'
import type { Layout } from '../../shared/layout.ts'
import { Auditor } from '../simulation/auditor.ts'
import { hallOf, rowOf } from '../support/halls.ts'
import { Desk, SHOW } from './waitlist-desk.ts'

const halls = [
  rowOf(8),
  hallOf({ rows: 2, seatsPerRow: 6, aisleEvery: 3 }),
  hallOf({ rows: 3, seatsPerRow: 4, categories: 3 }),
  hallOf({ rows: 2, seatsPerRow: 6, categories: 2, accessiblePerSection: 1 }),
]

const moves = fc.array(
  fc.record({
    kind: fc.constantFrom(
      ...['hold', 'hold', 'hold', 'release', 'release', 'release', 'join', 'join', 'join'],
      ...[
        'leave',
        'decline',
        'decline',
        'book',
        'time',
        'time',
        'block',
        'unblock',
        'tidy',
        'crash',
      ],
    ),
    who: fc.nat(25),
    seat: fc.nat(40),
    count: fc.integer({ min: 1, max: 4 }),
    slack: fc.nat(2),
    categories: fc.constantFrom(0, 0, 1, 2, 3),
    together: fc.constantFrom(true, true, false),
    accessible: fc.constantFrom(false, false, false, false, true),
    isSameFrame: fc.boolean(),
  }),
  { maxLength: 150, size: 'max' },
)

type Move = typeof moves extends fc.Arbitrary<(infer One)[]> ? One : never

class Day {
  readonly desk: Desk
  readonly #layout: Layout
  #holdCount = 0
  #entryCount = 0
  #bookingCount = 0

  constructor(layout: Layout) {
    this.#layout = layout
    this.desk = new Desk(layout, { holdTtlMs: 60_000, barrierMaxMs: 90_000 })
    for (let seat = 0; seat < layout.seats.length; seat += 1) this.#hold([seat])
  }

  play(move: Move): void {
    const { desk } = this
    const { kind, who, count, seat, slack, isSameFrame } = move
    desk.isFrameOpen = isSameFrame && kind !== 'time'
    if (!desk.isFrameOpen) desk.now += 7
    const seatCount = this.#layout.seats.length
    const seats = Array.from({ length: count }, (_, step) => (seat + step) % seatCount)
    if (kind === 'hold') this.#hold(seats)
    if (kind === 'release') desk.release(`h${(who * 7 + seat) % this.#holdCount}`)
    if (kind === 'join') {
      this.#entryCount += 1
      const { categories, together, accessible } = move
      const wish = { party: count, minParty: Math.max(1, count - slack), categories }
      const entry = desk.entryOf(`e${this.#entryCount}`)
      desk.join(`w${who}`, { ...wish, together, accessible, entry })
    }
    const entry = desk.show.waitlist?.findCustomer(desk.customerOf(`w${who}`)) ?? -1
    if (entry >= 0) this.#move(kind, who, entry)
    if (kind === 'time') desk.passTime((seat + 1) * 1_500)
    if (kind === 'block') this.#house('block-seats', seats)
    if (kind === 'unblock') this.#house('unblock-seats', seats)
    if (kind === 'tidy') desk.show.seats.rest()
    if (kind === 'crash') desk.crash()
  }

  #move(kind: string, who: number, place: number): void {
    const { desk } = this
    const { waitlist } = desk.show
    if (waitlist === undefined) return
    const customer = desk.customerOf(`w${who}`)
    const asked = { show: SHOW, customer, isBoxOffice: false, entry: waitlist.entryAt(place) }
    if (kind === 'leave') desk.send({ kind: 'leave-waitlist', ...asked })
    if (kind === 'decline') desk.send({ kind: 'decline-offer', ...asked })
    if (kind !== 'book' || waitlist.isWaiting(place)) return
    const hold = waitlist.offerHoldAt(place)
    this.#bookingCount += 1
    const booking = idOf<BookingId>(SHOW, 3, 0, this.#bookingCount)
    desk.send({ kind: 'book-hold', show: SHOW, customer, isBoxOffice: true, hold, booking })
  }

  #hold(seats: readonly number[]): void {
    if (this.desk.hold(`h${this.#holdCount}`, ...seats).startsWith('selecting')) {
      this.#holdCount += 1
    }
  }

  #house(kind: 'block-seats' | 'unblock-seats', seats: readonly number[]): void {
    this.desk.send({ kind, show: SHOW, seats: asSeatIndexes(seats), reason: 'house' })
  }

  audit(): void {
    const auditor = new Auditor(() => this.#layout)
    for (const [index, frame] of this.desk.frames.entries()) {
      auditor.observe({ number: index + 1, ...frame })
    }
  }
}

test('L1 L2 L3 L4 L7 L9 T1 a random day with crashes passes the auditor and replays alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: halls.length - 1 }), moves, (hall, list) => {
      const day = new Day(halls[hall] as Layout)
      for (const move of list) day.play(move)
      day.audit()
      day.desk.crash()
    }),
    { includeErrorInReport: true, numRuns: Number(process.env.WAITLIST_DAYS ?? 60) },
  )
})
