// The frame of every page.
//
// Owns: header, the page of the route, the title of the document, focus after moving.
// Leaves to others: the pages.

import { useEffect, useRef } from 'preact/hooks'
import { useStore } from '../lib/store.ts'
import type { Route } from '../stores/router.ts'
import { BookingsPage } from './bookings-page.tsx'
import { CinemaPage } from './cinema-page.tsx'
import { CityPage } from './city-page.tsx'
import { useParts } from './context.ts'
import { HomePage } from './home-page.tsx'
import { Link } from './link.tsx'
import { MoviePage } from './movie-page.tsx'
import { ShowPage } from './show-page.tsx'

export function App() {
  const route = useStore(useParts().router.route)
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  useEffect(() => {
    // A screen reader must notice the new page; the first one it finds by itself.
    if (!isFirst.current) main.current?.focus()
    isFirst.current = false
  }, [route.kind])
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <Link to={{ kind: 'home' }} class="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          Usher
        </Link>
        <nav aria-label="Main">
          <Link to={{ kind: 'bookings' }} current={route.kind === 'bookings'}>
            My seats
          </Link>
        </nav>
      </header>
      <main id="main" tabIndex={-1} ref={main}>
        <Page route={route} />
      </main>
    </>
  )
}

function Page({ route }: { route: Route }) {
  switch (route.kind) {
    case 'home':
      return <HomePage />
    case 'city':
      return <CityPage cityId={route.cityId} key={route.cityId} />
    case 'cinema':
      return <CinemaPage {...route} key={route.cinemaId} />
    case 'movie':
      return <MoviePage route={route} />
    case 'show':
      return <ShowPage showId={route.showId} key={route.showId} />
    case 'bookings':
      return <BookingsPage />
    case 'nowhere':
      return (
        <div class="card">
          <h1>There is no such page</h1>
          <p>
            <Link to={{ kind: 'home' }}>Choose a city</Link> to begin.
          </p>
        </div>
      )
  }
}
