// The shapes that travel between the browser and the gateway.
//
// Owns: what this application reads from answers; fields it does not read are left out.
// Leaves to others: the contract itself (the zod schemas and /openapi.json).

export type Money = { readonly amount: number; readonly currency: string }

export type City = {
  readonly id: string
  readonly name: string
  readonly country: string
  readonly timeZone: string
}

export type Cinema = { readonly id: string; readonly name: string }

export type Movie = {
  readonly id: string
  readonly title: string
  readonly synopsis?: string | undefined
  readonly durationMinutes?: number | undefined
  readonly language?: string | undefined
  readonly certificate?: string | undefined
  readonly genres?: readonly string[] | undefined
}

type ShowStatus = 'scheduled' | 'on-sale' | 'closed' | 'cancelled'

/** A show as lists tell it. */
export type ShowSummary = {
  readonly id: string
  readonly startsAt: string
  readonly status: ShowStatus
  readonly auditorium: { readonly id: string; readonly name: string }
}

export type CinemaWithShows = Cinema & { readonly shows: readonly ShowSummary[] }

export type Category = { readonly id: string; readonly name: string; readonly price: Money }

type SeatCounts = {
  readonly free: number
  readonly reserved: number
  readonly held: number
  readonly sold: number
  readonly blocked: number
}

export type Show = {
  readonly id: string
  readonly movie: Movie
  readonly cinema: Cinema
  readonly auditorium: { readonly id: string; readonly name: string }
  readonly layoutId: string
  readonly startsAt: string
  readonly timeZone: string
  readonly salesOpenAt: string
  readonly salesCloseAt: string
  readonly status: ShowStatus
  readonly policy: { readonly seatsMax: number }
  readonly categories: readonly Category[]
  readonly counts: SeatCounts
}

type SeatKind = 'standard' | 'accessible' | 'companion'

export type LayoutSeat = {
  readonly index: number
  readonly label: string
  readonly section: string
  readonly row: string
  readonly number: string
  readonly category: string
  readonly segment: number
  readonly x: number
  readonly y: number
  readonly kind: SeatKind
}

export type Layout = {
  readonly id: string
  readonly seats: readonly LayoutSeat[]
  readonly sections: readonly string[]
  readonly width: number
  readonly height: number
  readonly focus: { readonly x: number; readonly y: number }
}

export type HoldPhase = 'selecting' | 'paying' | 'settling' | 'booked' | 'released' | 'expired'

type HoldSeat = {
  readonly index: number
  readonly label: string
  readonly category: string
  readonly price: Money
}

export type Hold = {
  readonly id: string
  readonly showId: string
  readonly phase: HoldPhase
  readonly seats: readonly HoldSeat[]
  readonly amount: Money
  readonly expiresAt: string
  readonly ttlMs: number
  readonly extensionsLeft: number
  readonly origin: 'direct' | 'offer'
  readonly bookingId?: string | undefined
  readonly epoch: number
  readonly sequence: number
}

type EntryState = 'waiting' | 'offered' | 'served' | 'lapsed' | 'left'

export type Entry = {
  readonly id: string
  readonly showId: string
  readonly state: EntryState
  readonly party: number
  readonly ahead: number
  readonly hold?: Hold | undefined
}

export type Booking = {
  readonly id: string
  readonly showId: string
  readonly status: 'pending' | 'confirmed' | 'partly-cancelled' | 'cancelled'
  readonly seats: readonly { readonly index: number; readonly label: string }[]
  readonly amount: Money
  readonly createdAt: string
}

export type BestAsk = {
  readonly count: number
  readonly categories?: readonly string[] | undefined
  readonly together?: boolean | undefined
  readonly accessible?: boolean | undefined
}

export type SeatsAsk = { readonly seats: readonly number[] } | { readonly best: BestAsk }

export type WaitAsk = {
  readonly party: number
  readonly minParty?: number | undefined
  readonly categories?: readonly string[] | undefined
  readonly together?: boolean | undefined
  readonly accessible?: boolean | undefined
}

export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | null }

export type Session = {
  readonly token: string
  readonly customerId: string
  readonly expiresAt: string
}
