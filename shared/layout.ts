// The seating plan as people and JSON see it: an immutable version of an Auditorium's arrangement (S6).
// The core works on its compiled form (seating-plan.ts).

export type SeatKind = 'standard' | 'accessible' | 'companion'

/** One Seat; its position in `Layout.seats` equals `index`. */
export interface LayoutSeat {
  readonly index: number
  /** what is printed on the ticket, e.g. `C12` */
  readonly label: string
  readonly section: string
  readonly row: string
  readonly number: string
  /** a category id */
  readonly category: string
  /** unique in the layout; a segment is one contiguous range of indexes in physical order (S4) */
  readonly segment: number
  readonly x: number
  readonly y: number
  readonly kind: SeatKind
}

export interface LayoutCategory {
  readonly id: string
  readonly name: string
}

export interface LayoutPoint {
  readonly x: number
  readonly y: number
}

/**
 * Order facts that compile relies on and import guarantees: seats of one row (section + row name)
 * are one contiguous range of indexes, seats of one segment a contiguous range inside its row, both
 * ordered left to right; rows of a section follow each other front to back.
 */
export interface Layout {
  readonly name: string
  readonly width: number
  readonly height: number
  /** where everybody looks: the screen's or stage's middle */
  readonly focus: LayoutPoint
  readonly categories: readonly LayoutCategory[]
  readonly sections: readonly string[]
  readonly seats: readonly LayoutSeat[]
  /** the organiser's own ranking of seats, lower is better, by SeatIndex; else distance to focus */
  readonly quality?: readonly number[]
}
