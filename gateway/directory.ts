// What a gateway must know of a Show to speak about its seats: names, labels, categories, prices.
//
// Owns: a bounded memory of ShowCards and LayoutCards, loaded once however many ask.
// Leaves to others: where they come from (DirectorySource), what is free (feed.ts).
//
//   C1. `peek` answers at once or not at all; `load` reads each card once for all who wait.
//   C2. `forget` makes a write visible at once: a load that began before it is not remembered.

import type { LayoutNumber, ShowNumber } from '../shared/ids.ts'
import type { ShowTerms } from '../shared/policy.ts'

/** The part that all Shows of one Layout share; arrays are indexed by SeatIndex. */
export interface LayoutCard {
  readonly number: LayoutNumber
  readonly publicId: string
  readonly seatCount: number
  readonly labels: readonly string[]
  /** category index by seat */
  readonly categoryOf: Uint8Array
  readonly categories: readonly { readonly id: string; readonly name: string }[]
}

export interface ShowCard {
  readonly number: ShowNumber
  readonly publicId: string
  readonly layout: LayoutCard
  readonly terms: ShowTerms
  /** cancelled by the house; every other status follows from the times */
  readonly isCancelled: boolean
}

/** The catalogue as the directory needs it; undefined when there is no such row. */
export interface DirectorySource {
  readShow(show: ShowNumber): Promise<Omit<ShowCard, 'layout'> | undefined>
  readLayout(layout: LayoutNumber): Promise<LayoutCard | undefined>
}

const SHOW_CARDS_MAX = 20_000
const LAYOUT_CARDS_MAX = 256

export class Directory {
  readonly #shows: CardMemory<ShowNumber, ShowCard>
  readonly #layouts: CardMemory<LayoutNumber, LayoutCard>

  constructor(source: DirectorySource) {
    this.#layouts = new CardMemory(LAYOUT_CARDS_MAX, layout => source.readLayout(layout))
    this.#shows = new CardMemory(SHOW_CARDS_MAX, async show => {
      const row = await source.readShow(show)
      const layout = row && (await this.#layouts.load(row.terms.layout))
      return layout && { ...row, layout }
    })
  }

  peek(show: ShowNumber): ShowCard | undefined {
    return this.#shows.peek(show)
  }

  load(show: ShowNumber): Promise<ShowCard | undefined> {
    return this.#shows.load(show)
  }

  layout(layout: LayoutNumber): Promise<LayoutCard | undefined> {
    return this.#layouts.load(layout)
  }

  /** After a write to that Show. C2 */
  forget(show: ShowNumber): void {
    this.#shows.forget(show)
  }
}

/** Keeps the most recently used cards; a card that does not exist is asked for again. */
class CardMemory<Key, Card> {
  readonly #cards = new Map<Key, Card>()
  readonly #loading = new Map<Key, Promise<Card | undefined>>()
  readonly #countMax: number
  readonly #read: (key: Key) => Promise<Card | undefined>

  constructor(countMax: number, read: (key: Key) => Promise<Card | undefined>) {
    this.#countMax = countMax
    this.#read = read
  }

  peek(key: Key): Card | undefined {
    return this.#cards.get(key)
  }

  async load(key: Key): Promise<Card | undefined> {
    const known = this.#cards.get(key)
    if (known !== undefined) return this.#used(key, known)
    const running = this.#loading.get(key)
    if (running !== undefined) return running // C1
    const loading = this.#read(key)
    this.#loading.set(key, loading)
    try {
      const card = await loading
      if (card !== undefined && this.#loading.get(key) === loading) this.#used(key, card)
      return card
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
    }
  }

  forget(key: Key): void {
    this.#cards.delete(key)
    this.#loading.delete(key) // C2
  }

  #used(key: Key, card: Card): Card {
    this.#cards.delete(key)
    this.#cards.set(key, card)
    if (this.#cards.size > this.#countMax) {
      const oldest = this.#cards.keys().next()
      if (oldest.done !== true) this.#cards.delete(oldest.value)
    }
    return card
  }
}
