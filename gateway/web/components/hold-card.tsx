// Seats that are held for the visitor: how long, how much, what next.
//
// Owns: countdown, extending, releasing, booking without a card.
// Leaves to others: paying, which opens in a later release and is not imitated here.

import { useState } from 'preact/hooks'
import type { Hold, HoldPhase } from '../api/types.ts'
import { moneyText, plural } from '../lib/format.ts'
import type { DeskState } from '../stores/desk-state.ts'
import type { ShowDesk } from '../stores/show-desk.ts'
import { Countdown } from './countdown.tsx'

type HoldProps = { desk: ShowDesk; state: DeskState; hold: Hold }

export function HoldCard(props: HoldProps & { deadline: number }) {
  const { desk, state, hold, deadline } = props
  return (
    <div class="card card-strong">
      <h2>{hold.origin === 'offer' ? 'Offered to you' : 'Held for you'}</h2>
      {hold.phase === 'settling' ? null : (
        <Countdown deadline={deadline} label="Yours for another" />
      )}
      <p>
        <strong>{hold.seats.map(({ label }) => label).join(', ')}</strong> ·{' '}
        {moneyText(hold.amount)}
      </p>
      {hold.phase === 'selecting' ? (
        <p class="soft">{hintOf(hold)}</p>
      ) : (
        <p>{PHASE_WORDS[hold.phase]}</p>
      )}
      <HoldActions desk={desk} state={state} hold={hold} />
      {hold.phase === 'selecting' ? <Finish desk={desk} state={state} hold={hold} /> : null}
    </div>
  )
}

const PHASE_WORDS: Readonly<Record<HoldPhase, string>> = {
  selecting: '',
  paying: 'A payment for these seats has begun.',
  settling: 'The payment is being settled. Your seats are safe.',
  booked: 'Booked.',
  released: 'Released.',
  expired: 'The time has run out.',
}

const hintOf = (hold: Hold): string =>
  hold.origin === 'offer'
    ? 'Press one of these seats in the hall to give it up.'
    : 'Press seats in the hall to add, drop or exchange them.'

function HoldActions({ desk, state, hold }: HoldProps) {
  const isOffer = state.entry?.state === 'offered' && state.entry.hold?.id === hold.id
  const canRelease = hold.phase === 'selecting' || hold.phase === 'paying'
  const run = (work: Promise<void>): void => {
    work.catch(() => {}) // the desk has told the visitor
  }
  return (
    <div class="row">
      {hold.extensionsLeft > 0 && canRelease ? (
        <button
          type="button"
          class="button"
          disabled={state.isBusy}
          onClick={() => run(desk.extend(hold.id))}
        >
          More time ({plural(hold.extensionsLeft, 'time', 'times')} left)
        </button>
      ) : null}
      {canRelease && !isOffer ? (
        <button
          type="button"
          class="button"
          disabled={state.isBusy}
          onClick={() => run(desk.release(hold.id))}
        >
          Release
        </button>
      ) : null}
    </div>
  )
}

function Finish({ desk, state, hold }: HoldProps) {
  if (hold.amount.amount === 0) return <BookForm desk={desk} state={state} hold={hold} />
  return (
    <p class="quiet-box">
      Paying opens in a later release. Until then these seats stay held for you until the time runs
      out; nothing is charged.
    </p>
  )
}

function BookForm({ desk, state, hold }: HoldProps) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const submit = (event: Event): void => {
    event.preventDefault()
    const contact = name.trim() === '' ? { email } : { email, name: name.trim() }
    desk.book(hold.id, contact).catch(() => {}) // the desk has told the visitor
  }
  return (
    <form onSubmit={submit} class="form">
      <label>
        E-mail for the tickets
        <input
          type="email"
          required
          autocomplete="email"
          value={email}
          onInput={event => setEmail(event.currentTarget.value)}
        />
      </label>
      <label>
        Name (optional)
        <input
          autocomplete="name"
          maxLength={100}
          value={name}
          onInput={event => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button button-main" disabled={state.isBusy}>
        Book {plural(hold.seats.length, 'seat', 'seats')}, free of charge
      </button>
    </form>
  )
}
