// One movie in one city: day, cinema, time.
//
// Owns: the days that have shows, the times of the chosen day.
// Leaves to others: the seats (show-page.tsx).
//
//   U10. Days and times are those of the venue.

import { useEffect } from 'preact/hooks'
import type { CinemaWithShows, City, ShowSummary } from '../api/types.ts'
import { dayOf, dayText, timeText } from '../lib/format.ts'
import type { Route } from '../stores/router.ts'
import { factsOf } from './city-page.tsx'
import { useParts } from './context.ts'
import { Link } from './link.tsx'
import { Loading, useLoad } from './load.tsx'
import { titled } from './title.ts'

type MovieRoute = Extract<Route, { kind: 'movie' }>

export function MoviePage({ route }: { route: MovieRoute }) {
  const { api } = useParts()
  const { cityId, movieId } = route
  const loaded = useLoad(`movie ${cityId} ${movieId}`, async () => {
    const [cities, movie, cinemas] = await Promise.all([
      api.cities(),
      api.movie(movieId),
      api.cinemasOfMovie(movieId, cityId),
    ])
    return { city: cities.find(({ id }) => id === cityId), movie, cinemas }
  })
  const title = loaded.kind === 'ready' ? loaded.value.movie.title : undefined
  useEffect(() => titled(title), [title])
  return (
    <Loading of={loaded}>
      {({ city, movie, cinemas }) => (
        <>
          <p class="crumbs">
            <Link to={{ kind: 'city', cityId }}>{city?.name ?? 'City'}</Link>
          </p>
          <h1>{movie.title}</h1>
          <p class="soft">{factsOf(movie)}</p>
          {movie.synopsis ? <p class="prose">{movie.synopsis}</p> : null}
          <Times route={route} cinemas={cinemas} zone={zoneOf(city)} />
        </>
      )}
    </Loading>
  )
}

const zoneOf = (city: City | undefined): string => city?.timeZone ?? 'UTC'

function Times(props: { route: MovieRoute; cinemas: readonly CinemaWithShows[]; zone: string }) {
  const { route, cinemas, zone } = props
  const open = cinemas.filter(({ id }) => route.cinemaId === undefined || id === route.cinemaId)
  const shows = open.flatMap(cinema => cinema.shows).filter(isWorthShowing)
  const days = [...new Set(shows.map(show => dayOf(show.startsAt, zone)))].sort()
  const day = route.day !== undefined && days.includes(route.day) ? route.day : days[0]
  if (day === undefined) return <p>There are no shows in the coming days.</p>
  return (
    <>
      <Days route={route} days={days} day={day} />
      {route.cinemaId === undefined ? null : (
        <p>
          <Link to={{ ...route, cinemaId: undefined }}>Show all cinemas</Link>
        </p>
      )}
      {open.map(cinema => (
        <CinemaTimes key={cinema.id} cinema={cinema} day={day} zone={zone} />
      ))}
    </>
  )
}

const isWorthShowing = (show: ShowSummary): boolean =>
  Date.parse(show.startsAt) > Date.now() && show.status !== 'cancelled'

function Days(props: { route: MovieRoute; days: readonly string[]; day: string }) {
  return (
    <nav class="days" aria-label="Day">
      {props.days.map(day => {
        const { weekday, date } = dayText(day)
        return (
          <Link key={day} to={{ ...props.route, day }} class="day" current={day === props.day}>
            <span>{weekday}</span> <strong>{date}</strong>
          </Link>
        )
      })}
    </nav>
  )
}

function CinemaTimes(props: { cinema: CinemaWithShows; day: string; zone: string }) {
  const { cinema, day, zone } = props
  const shows = cinema.shows
    .filter(show => isWorthShowing(show) && dayOf(show.startsAt, zone) === day)
    .sort((a, b) => a.startsAt.localeCompare(b.startsAt))
  if (shows.length === 0) return null
  return (
    <section class="card">
      <h2>{cinema.name}</h2>
      <ul class="times">
        {shows.map(show => (
          <li key={show.id}>
            <Link to={{ kind: 'show', showId: show.id }} class="time">
              <strong>{timeText(show.startsAt, zone)}</strong>
              <span class="soft">{show.auditorium.name}</span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
