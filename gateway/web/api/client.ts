// The HTTP side of the public contract.
//
// Owns: requests with token and Idempotency-Key, problems as Refused, the catalogue's addresses.
// Leaves to others: repeating what may be repeated (stores/commands.ts), sentences (sentences.ts).

import { Refused, refusalOf, silence } from './refusal.ts'
import { GuestSession, type SessionStorage } from './session.ts'
import type {
  Booking,
  Cinema,
  CinemaWithShows,
  City,
  Entry,
  Hold,
  Layout,
  Movie,
  Page,
  Session,
  Show,
} from './types.ts'

const ANSWER_WITHIN_MS = 10_000

export type Request = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly key?: string
  readonly isOpen?: boolean
}

export class ApiClient {
  readonly session: GuestSession
  #base: string

  constructor(base: string, storage: SessionStorage) {
    this.#base = base
    this.session = new GuestSession(storage, () =>
      this.send<Session>({ method: 'POST', path: '/v1/sessions', isOpen: true }),
    )
  }

  /** Sends once; a refused token is replaced and the request sent a second time. */
  async send<Answer>(request: Request): Promise<Answer> {
    const token = request.isOpen === true ? undefined : await this.session.token()
    try {
      return await this.#exchange<Answer>(request, token)
    } catch (failure) {
      const isRefusedToken = failure instanceof Refused && failure.refusal.code === 'token-invalid'
      if (!isRefusedToken || token === undefined) throw failure
      this.session.forget(token)
      return this.#exchange<Answer>(request, await this.session.token())
    }
  }

  async #exchange<Answer>(request: Request, token: string | undefined): Promise<Answer> {
    const response = await this.#fetch(request, token)
    const isEmpty = response.status === 204
    const body: unknown = isEmpty ? undefined : await response.json().catch(() => undefined)
    if (!response.ok) throw new Refused(refusalOf(body))
    return body as Answer
  }

  async #fetch(request: Request, token: string | undefined): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (request.key !== undefined) headers['idempotency-key'] = request.key
    if (request.body !== undefined) headers['content-type'] = 'application/json'
    try {
      return await fetch(this.#base + request.path, {
        method: request.method,
        headers,
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      })
    } catch {
      throw new Refused(silence('The server could not be reached.'))
    }
  }

  /** Every page of a list; the catalogue's lists are short. */
  async #all<Item>(path: string, isOpen: boolean): Promise<readonly Item[]> {
    const items: Item[] = []
    let cursor: string | null | undefined
    do {
      const mark = path.includes('?') ? '&' : '?'
      const page = cursor ? `${path}${mark}cursor=${encodeURIComponent(cursor)}` : path
      const answer = await this.send<Page<Item>>({ method: 'GET', path: page, isOpen })
      items.push(...answer.items)
      cursor = answer.next
    } while (cursor)
    return items
  }

  cities(): Promise<readonly City[]> {
    return this.#all('/v1/cities', true)
  }

  moviesOfCity(cityId: string): Promise<readonly Movie[]> {
    return this.#all(`/v1/cities/${part(cityId)}/movies`, true)
  }

  cinemasOfCity(cityId: string): Promise<readonly Cinema[]> {
    return this.#all(`/v1/cities/${part(cityId)}/cinemas`, true)
  }

  moviesOfCinema(cinemaId: string): Promise<readonly Movie[]> {
    return this.#all(`/v1/cinemas/${part(cinemaId)}/movies`, true)
  }

  cinemasOfMovie(movieId: string, cityId: string): Promise<readonly CinemaWithShows[]> {
    return this.#all(`/v1/movies/${part(movieId)}/cinemas?city=${part(cityId)}`, true)
  }

  movie(movieId: string): Promise<Movie> {
    return this.send({ method: 'GET', path: `/v1/movies/${part(movieId)}`, isOpen: true })
  }

  show(showId: string): Promise<Show> {
    return this.send({ method: 'GET', path: `/v1/shows/${part(showId)}`, isOpen: true })
  }

  layout(layoutId: string): Promise<Layout> {
    return this.send({ method: 'GET', path: `/v1/layouts/${part(layoutId)}`, isOpen: true })
  }

  holdsOfShow(showId: string): Promise<readonly Hold[]> {
    return this.#all(`/v1/holds?show=${part(showId)}`, false)
  }

  hold(holdId: string): Promise<Hold> {
    return this.send({ method: 'GET', path: `/v1/holds/${part(holdId)}` })
  }

  entriesOfShow(showId: string): Promise<readonly Entry[]> {
    return this.#all(`/v1/waitlist?show=${part(showId)}`, false)
  }

  entry(entryId: string): Promise<Entry> {
    return this.send({ method: 'GET', path: `/v1/waitlist/${part(entryId)}` })
  }

  bookings(): Promise<readonly Booking[]> {
    return this.#all('/v1/bookings', false)
  }
}

export const part = (text: string): string => encodeURIComponent(text)
