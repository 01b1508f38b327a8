// Halls as an organiser would send them: Usher's layout JSON by rows, small enough for 200 000 seats.

export interface HallDocument {
  readonly name: string
  readonly categories: readonly { readonly id: string; readonly name: string }[]
  readonly sections: readonly {
    readonly name: string
    readonly rows: readonly { readonly name: string; readonly seats: readonly unknown[] }[]
  }[]
}

/** One category `all`; seats stand a metre apart, an aisle after every 50. */
export function hallDocument(rowCount: number, seatsPerRow: number): HallDocument {
  const rows = Array.from({ length: rowCount }, (_, row) => ({
    name: `R${row + 1}`,
    seats: Array.from({ length: seatsPerRow }, (_, place) => ({
      number: String(place + 1),
      x: place + Math.floor(place / 50) * 2,
      y: row,
      category: 'all',
      ...(place > 0 && place % 50 === 0 ? { aisleBefore: true } : {}),
    })),
  }))
  return {
    name: `${rowCount} x ${seatsPerRow}`,
    categories: [{ id: 'all', name: 'All' }],
    sections: [{ name: 'Floor', rows }],
  }
}
