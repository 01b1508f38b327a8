// A seat's mark and its words, from what the desk knows at this moment.
//
// Owns: which of several truths about a seat is shown.
// Leaves to others: drawing the mark (seat-picker/), knowing (stores/show-desk.ts).

import type { LayoutSeat, Show } from '../api/types.ts'
import { moneyText } from '../lib/format.ts'
import { MARK_WORDS, type Mark } from '../seat-picker/marks.ts'
import { seatsHeld } from '../stores/holdings.ts'
import type { ShowDesk } from '../stores/show-desk.ts'

const MARK_OF_STATE: readonly Mark[] = ['free', 'held', 'sold', 'blocked']

export class SeatWords {
  #desk: ShowDesk
  #categories: ReadonlyMap<string, string>
  #held: ReadonlySet<number> = new Set()
  #heldOf: unknown

  constructor(show: Show, desk: ShowDesk) {
    this.#desk = desk
    this.#categories = new Map(
      show.categories.map(({ id, name, price }) => [id, `${name}, ${moneyText(price)}`]),
    )
  }

  markOf(index: number): Mark {
    const { draft, conflicts, booked, holdings } = this.#desk.state.get()
    if (this.#heldOf !== holdings) {
      this.#heldOf = holdings
      this.#held = seatsHeld(holdings)
    }
    if (booked.has(index)) return 'booked'
    if (conflicts.has(index)) return 'conflict'
    const isHeld = this.#held.has(index)
    if (draft.has(index)) return isHeld ? 'mine' : 'picked'
    if (isHeld) return 'held'
    return MARK_OF_STATE[this.#desk.stateOf(index) ?? 3] ?? 'blocked'
  }

  describe(seat: LayoutSeat | undefined): string {
    if (seat === undefined) return ''
    const mark = this.markOf(seat.index)
    const isDropped = mark === 'held' && this.#held.has(seat.index)
    return [
      `${seat.section}, row ${seat.row}, seat ${seat.number}`,
      this.#categories.get(seat.category),
      KIND_WORDS[seat.kind],
      isDropped ? 'held for you, to be dropped' : MARK_WORDS[mark],
    ]
      .filter(Boolean)
      .join(' · ')
  }
}

const KIND_WORDS: Readonly<Record<LayoutSeat['kind'], string>> = {
  standard: '',
  accessible: 'wheelchair place',
  companion: 'companion seat',
}
