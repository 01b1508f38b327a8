// The seat picker inside this application, with legend and list.
//
// Owns: joining the picker with the desk: marks, words, prices.
// Leaves to others: drawing and keys (seat-picker/), what a press does (stores/show-desk.ts).

import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Layout, LayoutSeat, Show } from '../api/types.ts'
import { moneyText } from '../lib/format.ts'
import { MARK_WORDS, type Mark } from '../seat-picker/marks.ts'
import { SeatPicker } from '../seat-picker/picker.ts'
import type { DeskState } from '../stores/desk-state.ts'
import { seatsHeld } from '../stores/holdings.ts'
import type { ShowDesk } from '../stores/show-desk.ts'
import { Legend } from './legend.tsx'
import { SeatList } from './seat-list.tsx'

export function SeatMap({ desk, state }: { desk: ShowDesk; state: DeskState }) {
  const { show, layout } = state
  if (show === undefined || layout === undefined || state.counts === undefined) {
    return <div class="seat-map-wait">The hall is being drawn…</div>
  }
  return <Hall desk={desk} state={state} show={show} layout={layout} />
}

type MapProps = { desk: ShowDesk; state: DeskState; show: Show; layout: Layout }

function Hall({ desk, state, show, layout }: MapProps) {
  const host = useRef<HTMLDivElement>(null)
  const picker = useRef<SeatPicker | undefined>(undefined)
  const [only, setOnly] = useState<string>()
  const words = useMemo(() => new SeatWords(show, desk), [show, desk])
  useEffect(() => {
    if (host.current === null) return
    const made = new SeatPicker(host.current, {
      layout,
      name: `Seats of ${show.auditorium.name}, ${show.movie.title}`,
      markOf: index => words.markOf(index),
      describe: index => words.describe(layout.seats[index]),
      onPress: index => desk.press(index),
      categories: show.categories.map(({ id }) => id),
    })
    picker.current = made
    desk.onSeats = changed => made.changed(changed)
    return () => {
      desk.onSeats = () => {}
      made.destroy()
    }
  }, [layout, show, desk, words])
  useRepaint(state, picker)
  useEffect(() => picker.current?.showOnly(only), [only])
  return (
    <>
      <div ref={host} class="seat-map" />
      <Legend categories={show.categories} only={only} onOnly={setOnly} />
      <SeatList layout={layout} words={words} state={state} onPress={index => desk.press(index)} />
    </>
  )
}

/** Marks that the visitor's own doings change: repaints exactly the seats that differ. */
function useRepaint(state: DeskState, picker: { current?: SeatPicker | undefined }): void {
  const { draft, conflicts, booked, holdings } = state
  const held = useMemo(() => seatsHeld(holdings), [holdings])
  const before = useRef<readonly ReadonlySet<number>[]>([])
  useEffect(() => {
    const now = [draft, conflicts, booked, held]
    const changed = new Set<number>()
    now.forEach((set, i) => {
      const old = before.current[i] ?? new Set()
      for (const index of set) if (!old.has(index)) changed.add(index)
      for (const index of old) if (!set.has(index)) changed.add(index)
    })
    before.current = now
    if (changed.size > 0) picker.current?.changed([...changed])
  }, [draft, conflicts, booked, held, picker])
}

const MARK_OF_STATE: readonly Mark[] = ['free', 'held', 'sold', 'blocked']

/** A seat's mark and its words, from what the desk knows at this moment. */
export class SeatWords {
  #desk: ShowDesk
  #categories: ReadonlyMap<string, string>
  #held: ReadonlySet<number> = new Set()
  #heldOf: unknown

  constructor(show: Show, desk: ShowDesk) {
    this.#desk = desk
    this.#categories = new Map(
      show.categories.map(({ id, name, price }) => [id, `${name}, ${moneyText(price)}`]),
    )
  }

  markOf(index: number): Mark {
    const { draft, conflicts, booked, holdings } = this.#desk.state.get()
    if (this.#heldOf !== holdings) {
      this.#heldOf = holdings
      this.#held = seatsHeld(holdings)
    }
    if (booked.has(index)) return 'booked'
    if (conflicts.has(index)) return 'conflict'
    const isHeld = this.#held.has(index)
    if (draft.has(index)) return isHeld ? 'mine' : 'picked'
    if (isHeld) return 'held'
    return MARK_OF_STATE[this.#desk.stateOf(index) ?? 3] ?? 'blocked'
  }

  describe(seat: LayoutSeat | undefined): string {
    if (seat === undefined) return ''
    const mark = this.markOf(seat.index)
    const isDropped = mark === 'held' && this.#held.has(seat.index)
    return [
      `${seat.section}, row ${seat.row}, seat ${seat.number}`,
      this.#categories.get(seat.category),
      KIND_WORDS[seat.kind],
      isDropped ? 'held for you, to be dropped' : MARK_WORDS[mark],
    ]
      .filter(Boolean)
      .join(' · ')
  }
}

const KIND_WORDS: Readonly<Record<LayoutSeat['kind'], string>> = {
  standard: '',
  accessible: 'wheelchair place',
  companion: 'companion seat',
}
