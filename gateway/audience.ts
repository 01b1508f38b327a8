// Which sockets belong to which customer, and telling them what is theirs alone.
//
// Owns: customer -> listeners, the pushes `hold` and `offer`.
// Leaves to others: how a listener sends (session.ts), what changed (the shard's personal news).
//
//   F7. A personal event goes to the sockets of that customer and to nobody else; the socket whose
//       reply already tells it is passed over.

import { type CustomerId, type Instant, sameId } from '../shared/ids.ts'
import type { EntryView, HoldView, PersonalNews } from '../shared/views.ts'
import type { Directory, ShowCard } from './directory.ts'
import { entryJsonOf, holdJsonOf } from './translate.ts'

/** One socket of a customer. */
export interface Listener {
  /** the `origin` of its requests */
  readonly number: number
  /** a whole message as text */
  tell(text: string): void
}

interface Seat {
  readonly customer: CustomerId
  readonly listeners: Listener[]
}

export class Audience {
  readonly #directory: Directory
  readonly #nowOf: () => Instant
  /** by lane d of the customer: small integers make the cheapest keys */
  readonly #seats = new Map<number, Seat[]>()

  constructor(directory: Directory, nowOf: () => Instant) {
    this.#directory = directory
    this.#nowOf = nowOf
  }

  enter(customer: CustomerId, listener: Listener): void {
    const seats = this.#seats.get(customer.d) ?? []
    if (seats.length === 0) this.#seats.set(customer.d, seats)
    const seat = seats.find(known => sameId(known.customer, customer))
    if (seat === undefined) seats.push({ customer, listeners: [listener] })
    else seat.listeners.push(listener)
  }

  leave(customer: CustomerId, listener: Listener): void {
    const seats = this.#seats.get(customer.d)
    const seat = seats?.find(known => sameId(known.customer, customer))
    if (seats === undefined || seat === undefined) return
    const at = seat.listeners.indexOf(listener)
    if (at !== -1) seat.listeners.splice(at, 1)
    if (seat.listeners.length > 0) return
    seats.splice(seats.indexOf(seat), 1)
    if (seats.length === 0) this.#seats.delete(customer.d)
  }

  personal(news: readonly PersonalNews[]): void {
    for (const item of news) {
      const listeners = this.#listenersOf(item.customer)
      if (listeners === undefined) continue
      // Most news are those of a socket's own request: nothing is encoded for them.
      if (listeners.length === 1 && listeners[0]?.number === item.origin) continue
      this.#tell(item)
    }
  }

  #listenersOf(customer: CustomerId): readonly Listener[] | undefined {
    const seats = this.#seats.get(customer.d)
    if (seats === undefined) return undefined
    for (const seat of seats) if (sameId(seat.customer, customer)) return seat.listeners
    return undefined
  }

  #tell(item: PersonalNews): void {
    const show = item.hold?.show ?? item.entry?.show
    if (show === undefined) return
    const card = this.#directory.peek(show)
    if (card !== undefined) {
      this.#say(item, card)
      return
    }
    this.#directory.load(show).then(
      loaded => loaded !== undefined && this.#say(item, loaded),
      () => undefined, // without the catalogue the push is lost; the next watch tells it again
    )
  }

  #say(item: PersonalNews, card: ShowCard): void {
    const now = this.#nowOf()
    const hold = item.hold === undefined ? undefined : holdTextOf(item.hold, card, now)
    const entry = item.entry === undefined ? undefined : offerTextOf(item.entry, card, now)
    for (const listener of this.#listenersOf(item.customer) ?? []) {
      if (listener.number === item.origin) continue
      if (hold !== undefined) listener.tell(hold)
      if (entry !== undefined) listener.tell(entry)
    }
  }
}

export function holdTextOf(hold: HoldView, card: ShowCard, now: Instant): string {
  return `{"ev":"hold","hold":${holdJsonOf(hold, card, now)}}`
}

export function offerTextOf(entry: EntryView, card: ShowCard, now: Instant): string {
  return `{"ev":"offer","entry":${entryJsonOf(entry, card, now)}}`
}
