// The selection that has not been asked for yet, with its price.
//
// Owns: holding it, applying it to a hold, undoing it.
// Leaves to others: what a press on a seat does (stores/draft.ts).

import type { Money, Show } from '../api/types.ts'
import { moneyText, plural } from '../lib/format.ts'
import { type DeskState, isDraftNew } from '../stores/desk-state.ts'
import { editableHold } from '../stores/holdings.ts'
import type { ShowDesk } from '../stores/show-desk.ts'

export function DraftCard({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  if (!isDraftNew(state)) return null
  const hold = editableHold(state.holdings)
  const total = totalOf(state)
  const names = [...state.draft].map(index => state.layout?.seats[index]?.label).join(', ')
  const isEmpty = state.draft.size === 0
  const act = (): void => {
    const done = hold === undefined ? desk.holdDraft() : desk.changeHold(hold.id)
    done.catch(() => {}) // the desk has told the visitor
  }
  return (
    <div class="card card-strong stick">
      <h2>{hold === undefined ? 'Your selection' : 'Change to these seats?'}</h2>
      <p>
        {isEmpty ? 'No seat is picked. Release the seats instead, if you like.' : names}
        {total === undefined || isEmpty ? null : <strong> · {moneyText(total)}</strong>}
      </p>
      <div class="row">
        <button
          type="button"
          class="button button-main"
          disabled={state.isBusy || isEmpty}
          onClick={act}
        >
          {hold === undefined
            ? `Hold ${plural(state.draft.size, 'seat', 'seats')}`
            : `Change to ${plural(state.draft.size, 'seat', 'seats')}`}
        </button>
        <button type="button" class="button" onClick={() => desk.undoDraft()}>
          {hold === undefined ? 'Clear' : 'Keep as it was'}
        </button>
      </div>
    </div>
  )
}

function totalOf({ show, layout, draft }: DeskState): Money | undefined {
  if (show === undefined || layout === undefined) return undefined
  const prices = [...draft].map(index => priceOf(show, layout.seats[index]?.category))
  const currency = show.categories[0]?.price.currency
  if (currency === undefined) return undefined
  return { amount: prices.reduce((sum, price) => sum + price, 0), currency }
}

const priceOf = (show: Show, category: string | undefined): number =>
  show.categories.find(({ id }) => id === category)?.price.amount ?? 0
