// Catalogue rows as the public contract tells them.

import type {
  AuditoriumRow,
  CinemaRow,
  CityRow,
  LayoutRow,
  MovieRow,
  SearchHit,
  ShowRow,
} from '../../shared/catalogue.ts'
import { publicIdOf } from '../../shared/ids.ts'
import type { ShowStatus } from '../../shared/views.ts'

export const timeOf = (ms: number): string => new Date(ms).toISOString()

export function cityOf({ number, name, country, timeZone, currency }: CityRow) {
  return { id: publicIdOf('city', number), name, country, timeZone, currency }
}

export function cinemaOf({ number, city, name }: CinemaRow) {
  return { id: publicIdOf('cinema', number), cityId: publicIdOf('city', city), name }
}

export function auditoriumOf({ number, cinema, name, layout }: AuditoriumRow) {
  const layoutId = layout === undefined ? null : publicIdOf('layout', layout)
  const cinemaId = publicIdOf('cinema', cinema)
  return { id: publicIdOf('auditorium', number), cinemaId, name, layoutId }
}

export function movieOf(row: MovieRow) {
  const { title, synopsis, durationMinutes, language, certificate, genres } = row
  const { releasedOn, posterUrl, number } = row
  return {
    id: publicIdOf('movie', number),
    title,
    synopsis,
    durationMinutes,
    language,
    certificate,
    genres,
    releasedOn,
    posterUrl,
  }
}

export function showSummaryOf(row: ShowRow, nowMs: number) {
  return {
    id: publicIdOf('show', row.number),
    movie: { id: publicIdOf('movie', row.movie), title: row.movieTitle },
    auditorium: { id: publicIdOf('auditorium', row.auditorium), name: row.auditoriumName },
    cinema: { id: publicIdOf('cinema', row.cinema), name: row.cinemaName },
    startsAt: timeOf(row.startsAtMs),
    timeZone: row.timeZone,
    salesOpenAt: timeOf(row.salesOpenAtMs),
    salesCloseAt: timeOf(row.salesCloseAtMs),
    status: statusOf(row, nowMs),
  }
}

export function statusOf(
  row: Pick<ShowRow, 'isCancelled' | 'salesOpenAtMs' | 'salesCloseAtMs'>,
  nowMs: number,
): ShowStatus {
  if (row.isCancelled) return 'cancelled'
  if (nowMs >= row.salesCloseAtMs) return 'closed'
  return nowMs < row.salesOpenAtMs ? 'scheduled' : 'on-sale'
}

export function layoutOf({ number, version, layout }: LayoutRow) {
  const { name, categories, seats, sections, width, height, focus } = layout
  const id = publicIdOf('layout', number)
  return { id, version, name, categories, seats, sections, width, height, focus }
}

export function searchHitOf({ kind, number, name }: SearchHit) {
  return { kind, id: publicIdOf(kind, number), name }
}
