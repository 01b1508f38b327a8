// What plays in a city: its movies and its cinemas.
//
// Owns: both lists.
// Leaves to others: times (movie-page.tsx).

import { useEffect } from 'preact/hooks'
import type { Movie } from '../api/types.ts'
import { durationText } from '../lib/format.ts'
import { useParts } from './context.ts'
import { Link } from './link.tsx'
import { Loading, useLoad } from './load.tsx'
import { titled } from './title.ts'

export function CityPage({ cityId }: { cityId: string }) {
  const { api } = useParts()
  const city = useLoad(`city ${cityId}`, async () => {
    const [cities, movies, cinemas] = await Promise.all([
      api.cities(),
      api.moviesOfCity(cityId),
      api.cinemasOfCity(cityId),
    ])
    return { name: cities.find(({ id }) => id === cityId)?.name ?? 'This city', movies, cinemas }
  })
  const name = city.kind === 'ready' ? city.value.name : undefined
  useEffect(() => titled(name), [name])
  return (
    <Loading of={city}>
      {({ movies, cinemas }) => (
        <>
          <p class="crumbs">
            <Link to={{ kind: 'home' }}>All cities</Link>
          </p>
          <h1>{name}</h1>
          <h2>Movies</h2>
          <ul class="tiles">
            {movies.map(movie => (
              <li key={movie.id}>
                <Link
                  class="tile"
                  to={{
                    kind: 'movie',
                    cityId,
                    movieId: movie.id,
                    day: undefined,
                    cinemaId: undefined,
                  }}
                >
                  <strong>{movie.title}</strong>
                  <span class="soft">{factsOf(movie)}</span>
                </Link>
              </li>
            ))}
          </ul>
          {movies.length === 0 && <p>Nothing plays here at the moment.</p>}
          <h2>Cinemas and halls</h2>
          <ul class="tiles">
            {cinemas.map(cinema => (
              <li key={cinema.id}>
                <Link class="tile" to={{ kind: 'cinema', cityId, cinemaId: cinema.id }}>
                  <strong>{cinema.name}</strong>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </Loading>
  )
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag // not a language tag: shown as it was written
  }
}

export function factsOf(movie: Movie): string {
  const facts = [
    movie.durationMinutes ? durationText(movie.durationMinutes) : undefined,
    movie.language ? languageName(movie.language) : undefined,
    movie.certificate,
    movie.genres?.join(', '),
  ]
  return facts.filter(Boolean).join(' · ')
}
