// The tables as the query builder sees them: camelCase of migrations/, one interface a table.

import type { ColumnType, Generated } from 'kysely'
import type { LayoutCategory } from '../shared/layout.ts'
import type { Policy, ShowTerms } from '../shared/policy.ts'

/** read as milliseconds since 1970 (pg-types.ts), written as a Date */
type Timestamp = ColumnType<number, Date, Date>
type Json<Value> = ColumnType<Value, string, string>

export interface CityTable {
  number: Generated<number>
  name: string
  country: string
  timeZone: string
  currency: string
}

export interface CinemaTable {
  number: Generated<number>
  city: number
  name: string
}

export interface AuditoriumTable {
  number: Generated<number>
  cinema: number
  name: string
}

export interface LayoutTable {
  number: Generated<number>
  auditorium: number | null
  version: number
  digest: string
  seatCount: number
  categories: Json<readonly LayoutCategory[]>
  body: Buffer
  createdAt: Generated<Timestamp>
}

export interface MovieTable {
  number: Generated<number>
  title: string
  synopsis: string | null
  durationMinutes: number | null
  language: string | null
  certificate: string | null
  genres: string[] | null
  releasedOn: string | null
  posterUrl: string | null
}

export interface ShowTable {
  number: Generated<number>
  movie: number
  auditorium: number
  layout: number
  startsAt: Timestamp
  salesOpenAt: Timestamp
  salesCloseAt: Timestamp
  policy: Json<Policy>
  prices: Json<readonly number[]>
  currency: string
  isCancelled: Generated<boolean>
  isDemo: Generated<boolean>
}

export interface ShowJournaledTable {
  show: number
  terms: Json<ShowTerms>
  status: 'open' | 'closed' | 'cancelled'
  sequence: number
}

export interface HouseTable {
  name: string
  value: Json<unknown>
  updatedAt: Generated<Timestamp>
}

export interface IdempotencyTable {
  customer: string
  route: string
  key: string
  bodyHash: string
  status: number | null
  answer: string | null
  createdAt: Generated<Timestamp>
}

export interface SnapshotPageTable {
  shard: number
  show: number
  incarnation: number
  frame: number
  sequence: number
  sha: Buffer
  bytes: Buffer
}

export interface LedgerCursorTable {
  shard: number
  frame: Generated<number>
  sequence: Generated<number>
  movedAt: Generated<Timestamp>
}

export interface TransitionTable {
  shard: number
  sequence: number
  frame: number
  at: Timestamp
  show: number
  kind: string
  hold: string | null
  entry: string | null
  booking: string | null
  customer: string | null
  seats: number[] | null
  expiresAt: Timestamp | null
  detail: Json<Record<string, unknown>> | null
}

export interface HoldTable {
  id: string
  show: number
  customer: string
  phase: 'selecting' | 'paying' | 'settling' | 'booked' | 'released' | 'expired'
  seats: number[]
  prices: number[]
  origin: 'direct' | 'offer'
  entry: string | null
  booking: string | null
  extensionCount: number
  createdAt: Timestamp
  expiresAt: Timestamp
  endedAt: Timestamp | null
  shard: number
  incarnation: number
  deadlineSequence: number
  sequence: number
}

export interface WaitlistEntryTable {
  id: string
  show: number
  customer: string
  state: 'waiting' | 'offered' | 'served' | 'lapsed' | 'left'
  party: number
  minParty: number
  categories: number
  together: boolean
  accessible: boolean
  declineCount: number
  hold: string | null
  joinedAt: Timestamp
  endedAt: Timestamp | null
  sequence: number
}

export interface BookingTable {
  id: string
  show: number
  customer: string
  hold: string
  number: number | null
  status: 'pending' | 'confirmed' | 'partly-cancelled' | 'cancelled' | 'failed'
  amount: number
  currency: string
  intent: string | null
  createdAt: Timestamp
  confirmedAt: Timestamp | null
  sequence: number
}

export interface TicketTable {
  booking: string
  show: number
  seatIndex: number
  price: number
  isLive: boolean
  diedAt: Timestamp | null
  cause: string | null
  admittedAt: Timestamp | null
}

export interface Tables {
  city: CityTable
  cinema: CinemaTable
  auditorium: AuditoriumTable
  layout: LayoutTable
  movie: MovieTable
  show: ShowTable
  showJournaled: ShowJournaledTable
  house: HouseTable
  idempotency: IdempotencyTable
  snapshotPage: SnapshotPageTable
  ledgerCursor: LedgerCursorTable
  transition: TransitionTable
  hold: HoldTable
  waitlistEntry: WaitlistEntryTable
  booking: BookingTable
  ticket: TicketTable
}
