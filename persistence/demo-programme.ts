// What the demo shows: places, halls, invented films, and when they run.
//
// Owns: names, texts, prices, weekly rhythm. Leaves to others: writing it to the database (demo.ts).

import type { CityFields, MovieFields } from '../shared/catalogue.ts'
import type { Layout } from '../shared/layout.ts'
import { type ArenaShape, drawArena, drawHall, type HallShape } from './demo-halls.ts'

export interface DemoHall {
  readonly name: string
  readonly draw: () => Layout
  /** venue-local hours and minutes of the day's shows */
  readonly times: readonly string[]
}

export interface DemoCinema {
  readonly name: string
  readonly halls: readonly DemoHall[]
}

export interface DemoCity extends CityFields {
  /** minor units of one standard seat */
  readonly basePrice: number
  readonly cinemas: readonly DemoCinema[]
}

function hall(shape: HallShape, times: readonly string[]): DemoHall {
  return { name: shape.name, draw: () => drawHall(shape), times }
}

function arena(shape: ArenaShape, times: readonly string[]): DemoHall {
  return { name: shape.name, draw: () => drawArena(shape), times }
}

const MUMBAI: DemoCity = {
  name: 'Mumbai',
  country: 'IN',
  timeZone: 'Asia/Kolkata',
  currency: 'INR',
  basePrice: 28_000,
  cinemas: [
    {
      name: 'Marine Lantern',
      halls: [
        hall(
          { name: 'Lantern One', seatCount: 420, rowLength: 26, blockCount: 3, accessibleCount: 4 },
          ['18:00', '21:15'],
        ),
        hall(
          { name: 'Lantern Two', seatCount: 180, rowLength: 16, blockCount: 2, accessibleCount: 2 },
          ['17:30', '20:30'],
        ),
      ],
    },
    {
      name: 'Banyan Court',
      halls: [
        hall(
          {
            name: 'Banyan Hall',
            seatCount: 900,
            rowLength: 36,
            blockCount: 3,
            balconyShare: 0.3,
            accessibleCount: 6,
          },
          ['19:00'],
        ),
        hall({ name: 'Veranda', seatCount: 60, rowLength: 10, blockCount: 1, accessibleCount: 1 }, [
          '18:30',
          '21:00',
        ]),
      ],
    },
  ],
}

const BERLIN: DemoCity = {
  name: 'Berlin',
  country: 'DE',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  basePrice: 1_150,
  cinemas: [
    {
      name: 'Kino Nachtfalter',
      halls: [
        hall({ name: 'Saal 1', seatCount: 300, rowLength: 22, blockCount: 2, accessibleCount: 3 }, [
          '18:15',
          '21:00',
        ]),
        hall({ name: 'Saal 2', seatCount: 96, rowLength: 12, blockCount: 2, accessibleCount: 2 }, [
          '17:45',
          '20:15',
        ]),
      ],
    },
    {
      name: 'Spreehaus',
      halls: [
        hall(
          {
            name: 'Großer Saal',
            seatCount: 2_500,
            rowLength: 60,
            blockCount: 4,
            balconyShare: 0.35,
            accessibleCount: 10,
          },
          ['19:30'],
        ),
      ],
    },
  ],
}

const NEW_YORK: DemoCity = {
  name: 'New York',
  country: 'US',
  timeZone: 'America/New_York',
  currency: 'USD',
  basePrice: 1_600,
  cinemas: [
    {
      name: 'The Copper Reel',
      halls: [
        hall(
          { name: 'Main House', seatCount: 640, rowLength: 32, blockCount: 3, accessibleCount: 6 },
          ['18:45', '22:00'],
        ),
        hall(
          {
            name: 'Mezzanine',
            seatCount: 240,
            rowLength: 20,
            blockCount: 2,
            balconyShare: 0.25,
            accessibleCount: 2,
          },
          ['17:15', '20:00'],
        ),
        hall({ name: 'Studio', seatCount: 80, rowLength: 10, blockCount: 1, accessibleCount: 2 }, [
          '18:00',
          '20:45',
        ]),
      ],
    },
    {
      name: 'Harbor Dome',
      halls: [
        arena({ name: 'The Dome', seatCount: 20_000, blockCount: 40, rowLength: 25 }, ['20:00']),
      ],
    },
  ],
}

export const DEMO_CITIES: readonly DemoCity[] = [MUMBAI, BERLIN, NEW_YORK]

export const DEMO_MOVIES: readonly MovieFields[] = [
  {
    title: 'The Salt Cartographer',
    synopsis: 'A map-maker hired to chart a drying sea finds that the coast moves at night.',
    durationMinutes: 118,
    language: 'en',
    certificate: '12',
    genres: ['Drama', 'Mystery'],
    releasedOn: '2026-02-06',
  },
  {
    title: 'Monsoon Arithmetic',
    synopsis: 'Two rival tutors are locked in a flooded school with the questions of the finals.',
    durationMinutes: 104,
    language: 'hi',
    certificate: 'UA',
    genres: ['Comedy'],
    releasedOn: '2026-03-20',
  },
  {
    title: 'Elf Minuten Süd',
    synopsis:
      'A tram driver in Neukölln picks up the same stranger every morning, a year too late.',
    durationMinutes: 97,
    language: 'de',
    certificate: '6',
    genres: ['Romance', 'Science fiction'],
    releasedOn: '2026-01-15',
  },
  {
    title: 'Paper Lions',
    synopsis: 'An origami champion folds her way into a museum that never had a door.',
    durationMinutes: 111,
    language: 'en',
    certificate: '12',
    genres: ['Adventure', 'Crime'],
    releasedOn: '2026-04-03',
  },
  {
    title: 'Grandmother Orbit',
    synopsis:
      'Retired flight engineers steal back the station they built, one tea break at a time.',
    durationMinutes: 126,
    language: 'en',
    certificate: 'PG',
    genres: ['Comedy', 'Science fiction'],
    releasedOn: '2026-05-22',
  },
  {
    title: 'The Last Ferry Is Singing',
    synopsis: 'A concert film on a river crossing that takes exactly as long as the album.',
    durationMinutes: 88,
    language: 'en',
    certificate: 'U',
    genres: ['Music', 'Documentary'],
    releasedOn: '2026-02-27',
  },
  {
    title: 'Cold Harbour, Warm Bread',
    synopsis: 'A baker and a lighthouse keeper argue by loaf and by lamp through one long winter.',
    durationMinutes: 102,
    language: 'en',
    certificate: 'PG',
    genres: ['Drama'],
    releasedOn: '2026-01-30',
  },
  {
    title: 'Night Shift at the Observatory',
    synopsis: 'The cleaning crew notices a star that the astronomers agreed not to see.',
    durationMinutes: 134,
    language: 'en',
    certificate: '16',
    genres: ['Thriller'],
    releasedOn: '2026-06-12',
  },
]

/** in percent of a standard seat */
const FACTORS: Readonly<Record<string, number>> = {
  premium: 140,
  standard: 100,
  value: 80,
  balcony: 90,
  floor: 300,
  upper: 180,
}

/** Rounded to half units of money; every fifth day's first show is a free screening. */
export function demoPrices(layout: Pick<Layout, 'categories'>, base: number, isFree: boolean) {
  return layout.categories.map(({ id }) => {
    const price = (base * (FACTORS[id] ?? 100)) / 100
    return isFree ? 0 : Math.round(price / 50) * 50
  })
}

/** Which film runs: every hall walks through all of them, a day and a slot further each time. */
export function demoMovieIndex(hall: number, day: number, slot: number): number {
  return (hall * 3 + day + slot * 5) % DEMO_MOVIES.length
}

/** Free ones are spread so that every city has some on every day. */
export function isFreeScreening(hall: number, day: number, slot: number): boolean {
  return (hall + day + slot) % 4 === 0
}
