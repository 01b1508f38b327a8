// Everything that the routes lean on, gathered once by the composition root.
//
// Owns: the list of parts. Leaves to others: what they are (each in its file), who makes them (main.ts).

import type { Catalogue } from '../shared/catalogue.ts'
import type { Query, Request } from '../shared/commands.ts'
import type { ShowNumber } from '../shared/ids.ts'
import type { Log } from '../shared/log.ts'
import type {
  BookingStore,
  EndedStore,
  LayoutImporter,
  RepeatStore,
  ReportStore,
} from '../shared/stores.ts'
import type { Reply, SeatCounts } from '../shared/views.ts'
import type { Admission } from './admission.ts'
import type { Auth } from './auth.ts'
import type { Directory } from './directory.ts'
import type { LayoutFiles } from './layout-files.ts'
import type { TtlCache } from './ttl-cache.ts'

/** A Show's published seats as this gateway knows them (feed.ts). */
export interface SeatsView {
  readonly epoch: number
  readonly version: number
  readonly seatCount: number
  readonly counts: SeatCounts
  /** 2 bits a seat */
  readonly states: Uint8Array
}

export interface SeatsReader {
  /** the fault or refusal when the show's owner gives none */
  useAsync(show: ShowNumber): Promise<SeatsView | Reply>
}

export interface Asker {
  askAsync(request: Request | Query, origin?: number): Promise<Reply>
}

export interface House {
  readonly auth: Auth
  readonly admission: Admission
  readonly directory: Directory
  readonly router: Asker
  readonly seats: SeatsReader
  readonly catalogue: Catalogue
  /** what was read of the catalogue within the last second */
  readonly reads: TtlCache
  readonly layoutFiles: LayoutFiles
  readonly bookings: BookingStore
  readonly ended: EndedStore
  readonly layouts: LayoutImporter
  readonly repeats: RepeatStore
  readonly reports: ReportStore
  readonly log: Log
  /** origins besides the own one whose pages may ask */
  readonly origins: readonly string[]
  /** a Bug ends the process (service.ts) */
  fail(error: unknown): void
}
