// What the end-to-end tests do again and again: guests, halls of their own, holds.

import assert from 'node:assert/strict'
import { hallOf } from './halls.ts'
import { type HttpClient, outcomeOf } from './http-client.ts'

const DAY_MS = 86_400_000

export interface Row {
  readonly id: string
}

export interface HoldJson extends Row {
  readonly phase: string
  readonly seats: readonly { readonly index: number }[]
  readonly amount: { readonly amount: number }
  readonly sequence: number
  readonly epoch: number
}

export interface BookingJson extends Row {
  readonly status: string
  readonly seats: readonly { readonly index: number; readonly ticketId: string }[]
}

export interface SeatsJson {
  readonly free: readonly number[]
  readonly held: readonly number[]
  readonly sold: readonly number[]
}

export interface OwnShow {
  readonly cityId: string
  readonly auditoriumId: string
  readonly movieId: string
  readonly showId: string
  readonly body: { readonly prices: Readonly<Record<string, number>> }
}

export const rowsOf = (json: unknown): readonly Row[] => (json as { items: readonly Row[] }).items

export class HttpWorld {
  readonly http: HttpClient
  readonly admin: string

  constructor(http: HttpClient, admin: string) {
    this.http = http
    this.admin = admin
  }

  async guest(): Promise<string> {
    const answer = await this.http.ask('POST', '/v1/sessions')
    assert.equal(outcomeOf(answer), '201')
    return (answer.json as { token: string }).token
  }

  /** The id of what an administrator made. */
  async made(path: string, body: unknown): Promise<string> {
    const answer = await this.http.post(`/v1/admin/${path}`, { token: this.admin, body })
    assert.equal(outcomeOf(answer), '201', `${path}: ${answer.text}`)
    return (answer.json as Row).id
  }

  /** A city with one hall of 4 x 6 seats and a show in it. */
  async show(price: number, policy: object = {}): Promise<OwnShow> {
    const zone = { country: 'PT', timeZone: 'Europe/Lisbon', currency: 'EUR' }
    const cityId = await this.made('cities', { name: 'Porto', ...zone })
    const cinemaId = await this.made('cinemas', { cityId, name: 'Batalha' })
    const auditoriumId = await this.made('auditoriums', { cinemaId, name: 'Sala 1' })
    await this.made(`auditoriums/${auditoriumId}/layouts`, hallOf({ rows: 4, seatsPerRow: 6 }))
    const movie = { title: 'Aniki', durationMinutes: 71, genres: ['Drama'] }
    const movieId = await this.made('movies', movie)
    const startsAt = new Date(Date.now() + 2 * DAY_MS).toISOString()
    const prices = { 'category-0': price }
    const body = { movieId, auditoriumId, startsAt, prices, policy: { orphans: 'off', ...policy } }
    return { cityId, auditoriumId, movieId, showId: await this.made('shows', body), body }
  }

  async held(showId: string, token: string, seats: readonly number[]): Promise<HoldJson> {
    const answer = await this.http.post(`/v1/shows/${showId}/holds`, { token, body: { seats } })
    assert.equal(outcomeOf(answer), '201', answer.text)
    return answer.json as HoldJson
  }

  async seats(showId: string): Promise<SeatsJson> {
    return (await this.http.get(`/v1/shows/${showId}/seats?format=list`)).json as SeatsJson
  }
}
