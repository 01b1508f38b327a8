// Halls as an organiser would send them: Usher's layout JSON by rows, small enough for 200 000 seats.

import type { House } from './house.ts'

const SEATS_PER_SHOW_MAX = 200_000
const SEATS_PER_ROW = 500
const SEATS_IN_ALL = 400_000

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

export interface Hall {
  readonly showId: string
  readonly seatCount: number
}

/** One auditorium of the largest size, a show each; no orphan rule and no cap of holds per customer. */
export async function openHalls(house: House, shows: number): Promise<readonly Hall[]> {
  const seatCount = Math.min(SEATS_PER_SHOW_MAX, Math.ceil(SEATS_IN_ALL / shows))
  const rowCount = Math.ceil(seatCount / SEATS_PER_ROW)
  const layout = hallDocument(rowCount, SEATS_PER_ROW)
  const auditoriumId = await openAuditorium(house, layout)
  const movie = await house.call<{ id: string }>('POST', '/v1/admin/movies', { title: 'Load' })
  const halls: Hall[] = []
  for (let each = 0; each < shows; each += 1) {
    const show = await house.call<{ id: string }>('POST', '/v1/admin/shows', {
      movieId: movie.id,
      auditoriumId,
      startsAt: new Date(Date.now() + (each + 1) * 86_400_000).toISOString(),
      prices: { all: 1000 },
      policy: {
        holdsMax: 1_000_000,
        orphans: 'off',
        holdTtlMs: 3_600_000,
        holdLifeMaxMs: 3_600_000,
      },
    })
    halls.push({ showId: show.id, seatCount: rowCount * SEATS_PER_ROW })
  }
  return halls
}

export async function openAuditorium(house: House, layout: HallDocument): Promise<string> {
  const city = await house.call<{ id: string }>('POST', '/v1/admin/cities', {
    name: 'Bench',
    country: 'IN',
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
  })
  const cinema = await house.call<{ id: string }>('POST', '/v1/admin/cinemas', {
    cityId: city.id,
    name: 'Bench',
  })
  const auditorium = await house.call<{ id: string }>('POST', '/v1/admin/auditoriums', {
    cinemaId: cinema.id,
    name: 'Bench',
  })
  await house.call('POST', `/v1/admin/auditoriums/${auditorium.id}/layouts`, layout)
  return auditorium.id
}
