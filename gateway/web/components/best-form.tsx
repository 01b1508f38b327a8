// "Give me the best four": the hall chooses.
//
// Owns: the form and its request.
// Leaves to others: choosing (the allocator), the answer (stores/show-desk.ts).

import { useState } from 'preact/hooks'
import type { BestAsk } from '../api/types.ts'
import { type DeskState, seatsMaxOf } from '../stores/desk-state.ts'
import type { ShowDesk } from '../stores/show-desk.ts'
import { ASKED, type Asked, AskFields, categoriesOf } from './ask-fields.tsx'

export function BestForm({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  const [asked, setAsked] = useState<Asked>(ASKED)
  const submit = (event: Event): void => {
    event.preventDefault()
    desk.holdBest(bestOf(asked)).catch(() => {}) // the desk has told the visitor
  }
  const { largest } = state
  return (
    <form class="card form" onSubmit={submit}>
      <h2>Best seats</h2>
      <p class="soft">Pick seats in the hall, or let us find the best ones.</p>
      <div class="fields">
        <AskFields
          asked={asked}
          max={seatsMaxOf(state)}
          categories={state.show?.categories ?? []}
          onChange={setAsked}
        />
      </div>
      <button type="submit" class="button button-main" disabled={state.isBusy}>
        Hold the best {asked.count === 1 ? 'seat' : asked.count}
      </button>
      {largest !== undefined && largest > 0 ? (
        <button
          type="button"
          class="button"
          disabled={state.isBusy}
          onClick={() => setAsked({ ...asked, count: largest })}
        >
          Try {largest} instead
        </button>
      ) : null}
    </form>
  )
}

/** Ticked leaves `together` out: side by side if possible, else in rows or groups near each other. */
const bestOf = (asked: Asked): BestAsk => ({
  count: asked.count,
  ...categoriesOf(asked),
  ...(asked.together ? {} : { together: false }),
  ...(asked.accessible ? { accessible: true } : {}),
})
