// The waitlist: joining it, the place in line, the offer.
//
// Owns: the form, the number of parties ahead, leaving and declining.
// Leaves to others: the offered seats and their countdown (hold-card.tsx), order (the allocator).

import { useState } from 'preact/hooks'
import type { Entry, WaitAsk } from '../api/types.ts'
import { plural } from '../lib/format.ts'
import { type DeskState, seatsMaxOf } from '../stores/desk-state.ts'
import type { ShowDesk } from '../stores/show-desk.ts'
import { ASKED, type Asked, AskFields, CountField, categoriesOf } from './ask-fields.tsx'

export function EntryCard({ desk, entry }: { desk: ShowDesk; entry: Entry }) {
  const isOffered = entry.state === 'offered'
  const run = (work: Promise<void>): void => {
    work.catch(() => {}) // the desk has told the visitor
  }
  return (
    <div class="card card-strong">
      <h2>{isOffered ? 'It is your turn' : 'You are on the waitlist'}</h2>
      {isOffered ? (
        <p>
          These seats were freed for you. Take them before the time below runs out, or decline: the
          first time you keep your place in line.
        </p>
      ) : (
        <Place entry={entry} />
      )}
      <div class="row">
        {isOffered ? (
          <button type="button" class="button" onClick={() => run(desk.decline(entry.id))}>
            Decline the offer
          </button>
        ) : null}
        <button type="button" class="button" onClick={() => run(desk.leave(entry.id))}>
          {isOffered ? 'Give up offer and place' : 'Leave the waitlist'}
        </button>
      </div>
    </div>
  )
}

function Place({ entry }: { entry: Entry }) {
  const { ahead, party } = entry
  return (
    <>
      <p class="place" role="status">
        <strong>{ahead + 1}</strong>
        <span class="soft">
          {ahead === 0
            ? 'You are first in line.'
            : `Your place in line: ${plural(ahead, 'party is', 'parties are')} ahead of you.`}
        </span>
      </p>
      <p class="soft">
        For {plural(party, 'person', 'people')}. Seats are offered in the order of joining, the
        moment they become free. Keep this page open, or come back to it: you keep your place.
      </p>
    </>
  )
}

export function WaitForm(props: { desk: ShowDesk; state: DeskState; isOpen: boolean }) {
  const { desk, state, isOpen } = props
  const isAdvised = isOpen || state.largest !== undefined
  if (isAdvised) {
    return (
      <section class="card">
        <h2>Join the waitlist</h2>
        <WaitFields desk={desk} state={state} />
      </section>
    )
  }
  return (
    <details class="card">
      <summary>Nothing that fits? Join the waitlist</summary>
      <WaitFields desk={desk} state={state} />
    </details>
  )
}

function WaitFields({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  const [asked, setAsked] = useState<Asked>(ASKED)
  const [least, setLeast] = useState(ASKED.count)
  const minParty = Math.min(least, asked.count)
  const change = (next: Asked): void => {
    if (next.count !== asked.count) setLeast(next.count)
    setAsked(next)
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    desk.join(waitOf(asked, minParty)).catch(() => {}) // the desk has told the visitor
  }
  return (
    <form class="form" onSubmit={submit}>
      <p class="soft">When seats are given back, they are offered to you with time to decide.</p>
      <div class="fields">
        <AskFields
          asked={asked}
          max={seatsMaxOf(state)}
          categories={state.show?.categories ?? []}
          onChange={change}
        />
        <CountField
          label="At least"
          value={minParty}
          min={1}
          max={asked.count}
          onChange={setLeast}
        />
      </div>
      <button type="submit" class="button button-main" disabled={state.isBusy}>
        Join the waitlist
      </button>
    </form>
  )
}

const waitOf = (asked: Asked, minParty: number): WaitAsk => ({
  party: asked.count,
  ...(minParty < asked.count ? { minParty } : {}),
  ...categoriesOf(asked),
  ...(asked.together ? {} : { together: false }),
  ...(asked.accessible ? { accessible: true } : {}),
})
