// Holds that are asked once each, and what must be true of them afterwards.
//
// Owns: which seat of which hall is asked next, what was acknowledged, the check against the seat maps.
// Leaves to others: when it is asked (load.ts), halls (halls.ts).

import type { Hall } from './halls.ts'
import type { House } from './house.ts'
import type { LoadResult, Workload } from './load.ts'
import { CLEAN, type Verdict } from './report.ts'

/** Every seat of every hall once, in a seeded shuffle. */
export class HoldWorkload implements Workload {
  readonly halls: readonly Hall[]
  /** acknowledged: hall * 2^20 + seat */
  readonly acknowledged: number[] = []
  /** answered that nobody knows: the seat may be held or not */
  unknownCount = 0
  readonly #asked: number[] = []
  readonly #order: Uint32Array
  #next = 0

  constructor(halls: readonly Hall[], seed: number) {
    this.halls = halls
    this.#order = new Uint32Array(halls.reduce((sum, hall) => sum + hall.seatCount, 0))
    let at = 0
    for (const [index, hall] of halls.entries()) {
      for (let seat = 0; seat < hall.seatCount; seat += 1)
        this.#order[at++] = index * 2 ** 20 + seat
    }
    shuffle(this.#order, seed)
  }

  next(): string | undefined {
    const place = this.#order[this.#next]
    if (place === undefined) return undefined
    const key = this.#next++
    this.#asked.push(place)
    const showId = this.halls[place >>> 20]?.showId ?? ''
    return `"op":"hold","showId":"${showId}","key":"k${key}","seats":[${place & 0xfffff}]}`
  }

  answered(ticket: number, isOk: boolean, text: string): void {
    const place = this.#asked[ticket]
    if (isOk && place !== undefined) this.acknowledged.push(place)
    if (!isOk && text.includes('"outcome-unknown"')) this.unknownCount += 1
  }

  /** Where the ticket's seat is. */
  hallOf(ticket: number): number {
    return (this.#asked[ticket] ?? 0) >>> 20
  }
}

function shuffle(items: Uint32Array, seed: number): void {
  let state = seed >>> 0 || 1
  for (let at = items.length - 1; at > 0; at -= 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const other = (state >>> 0) % (at + 1)
    const kept = items[at] as number
    items[at] = items[other] as number
    items[other] = kept
  }
}

/** Every acknowledged hold is on the seat map, and nobody holds what was not asked. */
export async function judgeHolds(
  house: House,
  workload: HoldWorkload,
  result: LoadResult,
): Promise<Verdict> {
  const perHall = new Map<number, number[]>()
  for (const place of workload.acknowledged) {
    const seats = perHall.get(place >>> 20) ?? []
    seats.push(place & 0xfffff)
    perHall.set(place >>> 20, seats)
  }
  let lostAcks = 0
  let oversold = 0
  for (const [index, seats] of perHall) {
    const hall = workload.halls[index] as Hall
    const view = await house.call<{ states: string; counts: { held: number } }>(
      'GET',
      `/v1/shows/${hall.showId}/seats`,
    )
    const states = Buffer.from(view.states, 'base64')
    const isHeld = (seat: number): boolean =>
      (((states[seat >>> 2] ?? 0) >>> (2 * (seat & 3))) & 3) === 1
    lostAcks += seats.filter(seat => !isHeld(seat)).length
    oversold += seats.length - new Set(seats).size
    const surplus = view.counts.held - seats.length
    const open = result.unanswered + workload.unknownCount
    if (surplus > open) oversold += surplus - open
  }
  return { ...CLEAN, generatorValid: result.lateShare < 0.01, lostAcks, oversold }
}
