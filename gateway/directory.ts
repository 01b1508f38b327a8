// What a gateway must know of a Show to speak about its seats: names, labels, categories, prices.
//
// Owns: a bounded memory of ShowCards and LayoutCards, loaded once however many ask.
// Leaves to others: where they come from (DirectorySource), what is free (feed.ts).
//
//   C1. `peek` answers at once or not at all; `load` reads each card once for all who wait.
//   C2. `forget` makes a write visible at once: a load that began before it is not remembered.
//   C3. Where other gateways write too (`freshMs`), a Show's card is read again when it is that old:
//       a used one in the background at half of it, so that nobody waits.
//   C4. A card that cannot be read again is used as it is: seats are sold without the catalogue.

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
/** How long somebody waits for a newer card than the one that is known. C4 */
const NEWER_WITHIN_MS = 250

export interface DirectoryOptions {
  /** default: for ever, since every write passes here */
  readonly freshMs?: number
}

export class Directory {
  readonly #shows: CardMemory<ShowNumber, ShowCard>
  readonly #layouts: CardMemory<LayoutNumber, LayoutCard>

  constructor(source: DirectorySource, { freshMs = Infinity }: DirectoryOptions = {}) {
    this.#layouts = new CardMemory({
      countMax: LAYOUT_CARDS_MAX,
      freshMs: Infinity, // a layout never changes
      read: layout => source.readLayout(layout),
    })
    const read = async (show: ShowNumber) => {
      const row = await source.readShow(show)
      const layout = row && (await this.#layouts.load(row.terms.layout))
      return layout && { ...row, layout }
    }
    this.#shows = new CardMemory({ countMax: SHOW_CARDS_MAX, freshMs, read })
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

interface Kept<Card> {
  readonly card: Card
  /** when it began to be read */
  readAt: number
}

interface CardMemoryOptions<Key, Card> {
  readonly countMax: number
  readonly freshMs: number
  read(key: Key): Promise<Card | undefined>
}

/** Keeps the most recently used cards; a card that does not exist is asked for again. */
class CardMemory<Key, Card> {
  readonly #cards = new Map<Key, Kept<Card>>()
  readonly #loading = new Map<Key, Promise<Card | undefined>>()
  readonly #options: CardMemoryOptions<Key, Card>

  constructor(options: CardMemoryOptions<Key, Card>) {
    this.#options = options
  }

  peek(key: Key): Card | undefined {
    const kept = this.#cards.get(key)
    return kept !== undefined && this.#isFresh(key, kept) ? kept.card : undefined
  }

  async load(key: Key): Promise<Card | undefined> {
    const kept = this.#cards.get(key)
    if (kept !== undefined && this.#isFresh(key, kept)) return this.#used(key, kept)
    const loading = this.#loading.get(key) ?? this.#start(key) // C1
    return kept === undefined ? loading : newerOr(kept, loading)
  }

  forget(key: Key): void {
    this.#cards.delete(key)
    this.#loading.delete(key) // C2
  }

  /** C3 */
  #isFresh(key: Key, kept: Kept<Card>): boolean {
    const { freshMs } = this.#options
    if (freshMs === Infinity) return true
    const ageMs = performance.now() - kept.readAt
    if (ageMs > freshMs / 2 && !this.#loading.has(key)) this.#start(key).catch(() => undefined)
    return ageMs <= freshMs
  }

  async #start(key: Key): Promise<Card | undefined> {
    const readAt = performance.now()
    const loading = this.#options.read(key)
    this.#loading.set(key, loading)
    try {
      const card = await loading
      if (this.#loading.get(key) !== loading) return card // C2
      if (card === undefined) this.#cards.delete(key)
      else this.#used(key, { card, readAt })
      return card
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
    }
  }

  #used(key: Key, kept: Kept<Card>): Card {
    this.#cards.delete(key)
    this.#cards.set(key, kept)
    if (this.#cards.size > this.#options.countMax) {
      const oldest = this.#cards.keys().next()
      if (oldest.done !== true) this.#cards.delete(oldest.value)
    }
    return kept.card
  }
}

/** C4: the newer card if it comes in time, else the one that is known, which counts as new again. */
function newerOr<Card>(
  kept: Kept<Card>,
  loading: Promise<Card | undefined>,
): Promise<Card | undefined> {
  const old = (): Card => {
    kept.readAt = performance.now()
    return kept.card
  }
  return new Promise(resolve => {
    const overdue = setTimeout(() => resolve(old()), NEWER_WITHIN_MS)
    const settle = (card: Card | undefined): void => {
      clearTimeout(overdue)
      resolve(card)
    }
    loading.then(settle, () => settle(old()))
  })
}
