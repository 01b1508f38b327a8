// One show: its seats live, and everything a visitor can do with them.
//
// Owns: opening and closing the desk, the arrangement of the page.
// Leaves to others: what happens (stores/show-desk.ts), the parts (the other components).

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Show } from '../api/types.ts'
import { dateTimeText, LOCALE } from '../lib/format.ts'
import { useStore } from '../lib/store.ts'
import type { DeskState } from '../stores/desk-state.ts'
import { isEntryLive, liveOnes } from '../stores/holdings.ts'
import { ShowDesk } from '../stores/show-desk.ts'
import { BestForm } from './best-form.tsx'
import { type Parts, useParts } from './context.ts'
import { DraftCard } from './draft-card.tsx'
import { HoldCard } from './hold-card.tsx'
import { Legend } from './legend.tsx'
import { Link } from './link.tsx'
import { LiveBadge } from './live-badge.tsx'
import { NoticeBar } from './notice-bar.tsx'
import { SeatList } from './seat-list.tsx'
import { SeatMap } from './seat-map.tsx'
import { SeatWords } from './seat-words.ts'
import { titled } from './title.ts'
import { EntryCard, WaitForm } from './wait-card.tsx'

export function ShowPage({ showId }: { showId: string }) {
  const desk = useDesk(showId, useParts())
  return desk === undefined ? <p class="loading">Loading…</p> : <Desk desk={desk} />
}

function useDesk(showId: string, parts: Parts): ShowDesk | undefined {
  const [desk, setDesk] = useState<ShowDesk>()
  useEffect(() => {
    const opened = new ShowDesk(showId, parts)
    parts.desks.set(showId, opened)
    opened.start()
    setDesk(opened)
    return () => {
      parts.desks.delete(showId)
      opened.stop()
    }
  }, [showId, parts])
  return desk
}

function Desk({ desk }: { desk: ShowDesk }) {
  const state = useStore(desk.state)
  const { show } = state
  useEffect(() => titled(show?.movie.title), [show])
  if (state.problem !== undefined) return <Problem sentence={state.problem} />
  return (
    <>
      {show === undefined ? <p class="loading">Loading…</p> : <Heading show={show} />}
      <NoticeBar notice={state.notice} onClose={() => desk.hush()} />
      <Hall desk={desk} state={state} />
    </>
  )
}

function Hall({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  const { show, layout, counts } = state
  const [only, setOnly] = useState<string>()
  const words = useMemo(() => show && new SeatWords(show, desk), [show, desk])
  const isReady = show && layout && words && counts
  return (
    <div class="hall">
      <section class="hall-map" aria-label="Seats">
        <div class="hall-state">
          <LiveBadge watch={state.watch} />
          <Counts state={state} />
        </div>
        {isReady ? (
          <SeatMap {...{ desk, state, show, layout, words, only }} />
        ) : (
          <div class="seat-map-wait">
            {show && layout ? 'Connecting to the hall…' : 'The hall is being drawn…'}
          </div>
        )}
      </section>
      <section class="hall-side" aria-label="Your seats">
        <Side desk={desk} state={state} />
      </section>
      {isReady ? (
        <section class="hall-more" aria-label="Signs, prices and list">
          <Legend categories={show.categories} only={only} onOnly={setOnly} />
          <SeatList {...{ layout, words, state }} onPress={index => desk.press(index)} />
        </section>
      ) : null}
    </div>
  )
}

function Problem({ sentence }: { sentence: string }) {
  return (
    <div class="card" role="alert">
      <h1>This show cannot be opened</h1>
      <p>{sentence}</p>
      <p>
        <Link to={{ kind: 'home' }}>Choose another show</Link>
      </p>
    </div>
  )
}

function Heading({ show }: { show: Show }) {
  return (
    <div class="show-head">
      <h1>{show.movie.title}</h1>
      <p>
        <time dateTime={show.startsAt}>{dateTimeText(show.startsAt, show.timeZone)}</time> ·{' '}
        {show.cinema.name}, {show.auditorium.name}
      </p>
    </div>
  )
}

function Counts({ state }: { state: DeskState }) {
  const { counts } = state
  if (counts === undefined) return null
  const [free, held] = counts
  const total = counts.reduce((sum, count) => sum + count, 0)
  const words = (count: number): string => count.toLocaleString(LOCALE)
  const text =
    free > 0
      ? `${words(free)} of ${words(total)} free`
      : `None free${held > 0 ? `, ${words(held)} held` : ''}`
  return <p class="soft">{text}</p>
}

const CLOSED_WORDS: Readonly<Record<Exclude<Show['status'], 'on-sale'>, string>> = {
  scheduled: 'Sales have not opened yet.',
  closed: 'Sales for this show are closed.',
  cancelled: 'This show is cancelled.',
}

function Side({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  const { show, entry, counts, holdings } = state
  if (show === undefined) return null
  const held = liveOnes(holdings)
  const isOnSale = show.status === 'on-sale'
  const isFull = counts !== undefined && counts[0] === 0
  const canJoin = isOnSale && !isEntryLive(entry)
  const hasChoice = held.length > 0 || state.draft.size > 0
  return (
    <>
      {show.status === 'on-sale' ? null : (
        <p class="card">
          {CLOSED_WORDS[show.status]}
          {show.status === 'scheduled'
            ? ` They open ${dateTimeText(show.salesOpenAt, show.timeZone)}.`
            : ''}
        </p>
      )}
      {isEntryLive(entry) ? <EntryCard desk={desk} entry={entry} /> : null}
      {held.map(({ hold, deadline }) => (
        <HoldCard key={hold.id} desk={desk} state={state} hold={hold} deadline={deadline} />
      ))}
      {isOnSale ? <DraftCard desk={desk} state={state} /> : null}
      {isOnSale && !isFull && !hasChoice ? <BestForm desk={desk} state={state} /> : null}
      {canJoin ? <WaitForm desk={desk} state={state} isOpen={isFull} /> : null}
      {state.booking === undefined ? null : (
        <p class="card">
          Booked: <strong>{state.booking.seats.map(({ label }) => label).join(', ')}</strong>.{' '}
          <Link to={{ kind: 'bookings' }}>See all my seats</Link>
        </p>
      )}
    </>
  )
}
