// The first page: choose a city.
//
// Owns: the list of cities, remembering the last choice.
// Leaves to others: what plays there (city-page.tsx).

import { useEffect } from 'preact/hooks'
import type { City } from '../api/types.ts'
import { useParts } from './context.ts'
import { Link } from './link.tsx'
import { Loading, useLoad } from './load.tsx'
import { titled } from './title.ts'

export function HomePage() {
  const { api } = useParts()
  const cities = useLoad('cities', () => api.cities())
  useEffect(() => titled(undefined), [])
  return (
    <>
      <h1>Where do you want to go out?</h1>
      <Loading of={cities}>
        {list => (
          <ul class="tiles">
            {list.map(city => (
              <li key={city.id}>
                <CityTile city={city} />
              </li>
            ))}
          </ul>
        )}
      </Loading>
    </>
  )
}

function CityTile({ city }: { city: City }) {
  return (
    <Link to={{ kind: 'city', cityId: city.id }} class="tile">
      <strong>{city.name}</strong>
      <span class="soft">{countryName(city.country)}</span>
    </Link>
  )
}

/** The country may be a code or already a name. */
function countryName(country: string): string {
  if (!/^[A-Z]{2}$/.test(country)) return country
  return new Intl.DisplayNames(['en'], { type: 'region' }).of(country) ?? country
}
