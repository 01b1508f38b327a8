// What plays in one cinema.
//
// Owns: the list of its movies.
// Leaves to others: times (movie-page.tsx).

import { useEffect } from 'preact/hooks'
import { factsOf } from './city-page.tsx'
import { useParts } from './context.ts'
import { Link } from './link.tsx'
import { Loading, useLoad } from './load.tsx'
import { titled } from './title.ts'

export function CinemaPage({ cityId, cinemaId }: { cityId: string; cinemaId: string }) {
  const { api } = useParts()
  const cinema = useLoad(`cinema ${cinemaId}`, async () => {
    const [cinemas, movies] = await Promise.all([
      api.cinemasOfCity(cityId),
      api.moviesOfCinema(cinemaId),
    ])
    return { name: cinemas.find(({ id }) => id === cinemaId)?.name ?? 'Cinema', movies }
  })
  const name = cinema.kind === 'ready' ? cinema.value.name : undefined
  useEffect(() => titled(name), [name])
  return (
    <Loading of={cinema}>
      {({ movies }) => (
        <>
          <p class="crumbs">
            <Link to={{ kind: 'city', cityId }}>All movies and cinemas of the city</Link>
          </p>
          <h1>{name}</h1>
          <ul class="tiles">
            {movies.map(movie => (
              <li key={movie.id}>
                <Link
                  class="tile"
                  to={{ kind: 'movie', cityId, movieId: movie.id, day: undefined, cinemaId }}
                >
                  <strong>{movie.title}</strong>
                  <span class="soft">{factsOf(movie)}</span>
                </Link>
              </li>
            ))}
          </ul>
          {movies.length === 0 && <p>Nothing plays here at the moment.</p>}
        </>
      )}
    </Loading>
  )
}
