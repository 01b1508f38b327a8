// My seats: what was booked from this browser.
//
// Owns: the list of bookings with their shows.
// Leaves to others: cancelling and tickets, which open in a later release.

import { useEffect } from 'preact/hooks'
import type { Booking, Show } from '../api/types.ts'
import { dateTimeText, moneyText } from '../lib/format.ts'
import { useParts } from './context.ts'
import { Link } from './link.tsx'
import { Loading, useLoad } from './load.tsx'
import { titled } from './title.ts'

export function BookingsPage() {
  const { api } = useParts()
  useEffect(() => titled('My seats'), [])
  const loaded = useLoad('bookings', async () => {
    const bookings = await api.bookings()
    const ids = [...new Set(bookings.map(({ showId }) => showId))]
    const shows = await Promise.all(ids.map(id => api.show(id).catch(() => undefined)))
    return { bookings, shows: new Map(ids.map((id, i) => [id, shows[i]])) }
  })
  return (
    <>
      <h1>My seats</h1>
      <Loading of={loaded}>
        {({ bookings, shows }) =>
          bookings.length === 0 ? (
            <p>
              Nothing is booked from this browser yet.{' '}
              <Link to={{ kind: 'home' }}>Choose a city</Link> to begin.
            </p>
          ) : (
            <ul class="plain">
              {bookings.map(booking => (
                <li key={booking.id} class="card">
                  <BookingCard booking={booking} show={shows.get(booking.showId)} />
                </li>
              ))}
            </ul>
          )
        }
      </Loading>
    </>
  )
}

const STATUS_WORDS: Readonly<Record<Booking['status'], string>> = {
  pending: 'being confirmed',
  confirmed: 'confirmed',
  'partly-cancelled': 'partly cancelled',
  cancelled: 'cancelled',
}

function BookingCard({ booking, show }: { booking: Booking; show: Show | undefined }) {
  return (
    <>
      <h2>{show?.movie.title ?? 'Show'}</h2>
      {show === undefined ? null : (
        <p class="soft">
          {dateTimeText(show.startsAt, show.timeZone)} · {show.cinema.name}, {show.auditorium.name}
        </p>
      )}
      <p>
        Seats <strong>{booking.seats.map(({ label }) => label).join(', ')}</strong> ·{' '}
        {moneyText(booking.amount)} · {STATUS_WORDS[booking.status]}
      </p>
      <p>
        <Link to={{ kind: 'show', showId: booking.showId }}>See them in the hall</Link>
      </p>
    </>
  )
}
