// Which page an address means.
//
// Owns: addresses to routes and back, the history of the browser.
// Leaves to others: what a page shows (components/), serving index.html for each (the gateway).
//
//   U30. Every page has an address that leads back to it, also after a reload.

import { Store } from '../lib/store.ts'

export type Route =
  | { readonly kind: 'home' }
  | { readonly kind: 'city'; readonly cityId: string }
  | { readonly kind: 'cinema'; readonly cityId: string; readonly cinemaId: string }
  | {
      readonly kind: 'movie'
      readonly cityId: string
      readonly movieId: string
      readonly day: string | undefined
      readonly cinemaId: string | undefined
    }
  | { readonly kind: 'show'; readonly showId: string }
  | { readonly kind: 'bookings' }
  | { readonly kind: 'nowhere' }

export function parseRoute(path: string, search = ''): Route {
  const parts = path.split('/').filter(Boolean).map(decoded)
  const query = new URLSearchParams(search)
  const [area, first, below, second] = parts
  if (area === undefined) return { kind: 'home' }
  if (area === 'bookings' && parts.length === 1) return { kind: 'bookings' }
  if (first === undefined) return { kind: 'nowhere' }
  if (area === 'shows' && parts.length === 2) return { kind: 'show', showId: first }
  if (area !== 'cities') return { kind: 'nowhere' }
  if (parts.length === 2) return { kind: 'city', cityId: first }
  if (second === undefined || parts.length !== 4) return { kind: 'nowhere' }
  if (below === 'cinemas') return { kind: 'cinema', cityId: first, cinemaId: second }
  if (below !== 'movies') return { kind: 'nowhere' }
  return {
    kind: 'movie',
    cityId: first,
    movieId: second,
    day: query.get('day') ?? undefined,
    cinemaId: query.get('cinema') ?? undefined,
  }
}

export function pathOf(route: Route): string {
  switch (route.kind) {
    case 'home':
    case 'nowhere':
      return '/'
    case 'city':
      return `/cities/${encodeURIComponent(route.cityId)}`
    case 'cinema':
      return `${pathOf({ kind: 'city', cityId: route.cityId })}/cinemas/${encodeURIComponent(route.cinemaId)}`
    case 'movie':
      return moviePath(route)
    case 'show':
      return `/shows/${encodeURIComponent(route.showId)}`
    case 'bookings':
      return '/bookings'
  }
}

function moviePath(route: Extract<Route, { kind: 'movie' }>): string {
  const query = new URLSearchParams()
  if (route.day !== undefined) query.set('day', route.day)
  if (route.cinemaId !== undefined) query.set('cinema', route.cinemaId)
  const suffix = query.size > 0 ? `?${query}` : ''
  const city = pathOf({ kind: 'city', cityId: route.cityId })
  return `${city}/movies/${encodeURIComponent(route.movieId)}${suffix}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export class Router {
  readonly route = new Store<Route>({ kind: 'home' })

  start(): void {
    const read = (): void => this.route.set(parseRoute(location.pathname, location.search))
    addEventListener('popstate', read)
    read()
  }

  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    const path = pathOf(route)
    if (how === 'push') history.pushState(null, '', path)
    else history.replaceState(null, '', path)
    this.route.set(route)
    if (how === 'push') scrollTo(0, 0)
  }
}
