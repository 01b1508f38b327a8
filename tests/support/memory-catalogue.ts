// The catalogue in maps: a small real one for tests of the gateway.

import type {
  Catalogue,
  CinemaRow,
  CityRow,
  LayoutRow,
  MovieRow,
  PageAsk,
  RowWrites,
  SearchHit,
  ShowFields,
  ShowRow,
  ShowsAsk,
  WriteOutcome,
} from '../../shared/catalogue.ts'

interface AuditoriumStored {
  readonly number: number
  readonly cinema: number
  readonly name: string
}

type ShowStored = ShowFields & { readonly number: number; readonly isCancelled: boolean }

export class MemoryCatalogue implements Catalogue {
  readonly #cities = new Map<number, CityRow>()
  readonly #cinemas = new Map<number, CinemaRow>()
  readonly #auditoriums = new Map<number, AuditoriumStored>()
  readonly #movies = new Map<number, MovieRow>()
  readonly #shows = new Map<number, ShowStored>()
  readonly layouts = new Map<number, LayoutRow>()
  readonly writes: Catalogue['writes'] = {
    city: this.#writesOf(this.#cities, {
      row: row => row,
      hangs: city => [...this.#cinemas.values()].some(row => row.city === city),
    }),
    cinema: this.#writesOf(this.#cinemas, {
      row: row => row,
      hangs: cinema => [...this.#auditoriums.values()].some(row => row.cinema === cinema),
      refers: row => (this.#cities.has(row.city) ? undefined : 'city'),
    }),
    auditorium: this.#writesOf(this.#auditoriums, {
      row: row => this.#auditoriumOf(row),
      hangs: auditorium => [...this.#shows.values()].some(row => row.auditorium === auditorium),
      refers: row => (this.#cinemas.has(row.cinema) ? undefined : 'cinema'),
    }),
    movie: this.#writesOf(this.#movies, {
      row: row => row,
      hangs: movie => [...this.#shows.values()].some(row => row.movie === movie),
    }),
    show: this.#writesOf<ShowFields, ShowStored, ShowRow>(this.#shows, {
      row: row => this.#showOf(row),
      hangs: () => false,
      refers: row => (this.#movies.has(row.movie) ? undefined : 'movie'),
      make: fields => ({ ...fields, isCancelled: false }),
    }),
    cancelShow: async number => {
      const row = this.#shows.get(number)
      if (row === undefined) return { kind: 'absent' }
      this.#shows.set(number, { ...row, isCancelled: true })
      return { kind: 'done', row: this.#showOf({ ...row, isCancelled: true }) }
    },
  }
  #last = 0

  async cities(page: PageAsk): Promise<readonly CityRow[]> {
    return paged(this.#cities.values(), page)
  }

  async city(number: number) {
    return this.#cities.get(number)
  }

  async cinema(number: number) {
    return this.#cinemas.get(number)
  }

  async auditorium(number: number) {
    const row = this.#auditoriums.get(number)
    return row === undefined ? undefined : this.#auditoriumOf(row)
  }

  async movie(number: number) {
    return this.#movies.get(number)
  }

  async show(number: number) {
    const row = this.#shows.get(number)
    return row === undefined ? undefined : this.#showOf(row)
  }

  async layout(number: number) {
    return this.layouts.get(number)
  }

  async cinemasOfCity(city: number, page: PageAsk) {
    return paged(
      [...this.#cinemas.values()].filter(row => row.city === city),
      page,
    )
  }

  async moviesOfCity(city: number, page: PageAsk) {
    const shown = new Set(
      this.#rows()
        .filter(row => row.city === city)
        .map(row => row.movie),
    )
    return paged(
      [...this.#movies.values()].filter(row => shown.has(row.number)),
      page,
    )
  }

  async moviesOfCinema(cinema: number, page: PageAsk) {
    const shown = new Set(
      this.#rows()
        .filter(row => row.cinema === cinema)
        .map(row => row.movie),
    )
    return paged(
      [...this.#movies.values()].filter(row => shown.has(row.number)),
      page,
    )
  }

  async cinemasOfMovie(movie: number, city: number | undefined, page: PageAsk) {
    const rows = this.#rows().filter(row => row.movie === movie && (city ?? row.city) === row.city)
    const shown = new Set(rows.map(row => row.cinema))
    return paged(
      [...this.#cinemas.values()].filter(row => shown.has(row.number)),
      page,
    )
  }

  async auditoriumsOfMovie(movie: number, city: number | undefined, page: PageAsk) {
    const rows = this.#rows().filter(row => row.movie === movie && (city ?? row.city) === row.city)
    const shown = new Set(rows.map(row => row.auditorium))
    const kept = [...this.#auditoriums.values()].filter(row => shown.has(row.number))
    return paged(
      kept.map(row => this.#auditoriumOf(row)),
      page,
    )
  }

  async showsOfAuditorium(auditorium: number, ask: ShowsAsk) {
    const rows = this.#rows().filter(row => row.auditorium === auditorium)
    return paged(
      rows.filter(row => (ask.movie ?? row.movie) === row.movie),
      ask,
    )
  }

  async showsOfMovie(movie: number, cinemas: readonly number[]) {
    return this.#rows().filter(row => row.movie === movie && cinemas.includes(row.cinema))
  }

  async search(text: string, limit: number): Promise<readonly SearchHit[]> {
    const hits: SearchHit[] = [...this.#movies.values()]
      .filter(row => row.title.toLowerCase().includes(text.toLowerCase()))
      .map(row => ({ kind: 'movie', number: row.number, name: row.title }))
    return hits.slice(0, limit)
  }

  async overlapping(auditorium: number, fromMs: number, toMs: number) {
    return this.#rows()
      .filter(row => row.auditorium === auditorium)
      .filter(row => row.startsAtMs < toMs && row.startsAtMs + 7_200_000 > fromMs)
      .map(row => row.number)
  }

  #rows(): readonly ShowRow[] {
    return [...this.#shows.values()].map(row => this.#showOf(row))
  }

  #auditoriumOf(row: AuditoriumStored) {
    const own = [...this.layouts.values()].filter(layout => layout.auditorium === row.number)
    return { ...row, layout: own.at(-1)?.number }
  }

  #showOf(row: ShowStored): ShowRow {
    const auditorium = known(this.#auditoriums.get(row.auditorium))
    const cinema = known(this.#cinemas.get(auditorium.cinema))
    const city = known(this.#cities.get(cinema.city))
    return {
      ...row,
      layoutDigest: known(this.layouts.get(row.layout)).digest,
      movieTitle: known(this.#movies.get(row.movie)).title,
      auditoriumName: auditorium.name,
      cinema: cinema.number,
      cinemaName: cinema.name,
      city: city.number,
      timeZone: city.timeZone,
      currency: city.currency,
    }
  }

  #writesOf<Fields, Stored extends { readonly number: number }, Row>(
    rows: Map<number, Stored>,
    rules: {
      readonly row: (stored: Stored) => Row
      readonly hangs: (number: number) => boolean
      readonly refers?: (fields: Fields) => string | undefined
      readonly make?: (fields: Fields) => object
    },
  ): RowWrites<Fields, Row> {
    const put = (number: number, fields: Fields): WriteOutcome<Row> => {
      const field = rules.refers?.(fields)
      if (field !== undefined) return { kind: 'dangling', field }
      const made = { ...(rules.make?.(fields) ?? fields), number } as unknown as Stored
      rows.set(number, made)
      return { kind: 'done', row: rules.row(made) }
    }
    return {
      create: async fields => {
        this.#last += 1
        return put(this.#last, fields)
      },
      replace: async (number, fields) =>
        rows.has(number) ? put(number, fields) : { kind: 'absent' },
      remove: async number => {
        if (!rows.has(number)) return { kind: 'absent' }
        if (rules.hangs(number)) return { kind: 'conflict', detail: 'Something hangs on it.' }
        rows.delete(number)
        return { kind: 'done', row: undefined }
      },
    }
  }
}

function known<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('the memory catalogue lost a row')
  return row
}

function paged<Row extends { readonly number: number }>(
  rows: Iterable<Row>,
  { after, limit }: PageAsk,
): readonly Row[] {
  return [...rows].filter(row => row.number > after).slice(0, limit)
}
