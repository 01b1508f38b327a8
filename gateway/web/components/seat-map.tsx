// The seat picker inside this application.
//
// Owns: joining the picker with the desk, repainting what the visitor's own doings change.
// Leaves to others: drawing and keys (seat-picker/), marks and words (seat-words.ts), what a press
//   does (stores/show-desk.ts).

import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Layout, Show } from '../api/types.ts'
import { SeatPicker } from '../seat-picker/picker.ts'
import type { DeskState } from '../stores/desk-state.ts'
import { seatsHeld } from '../stores/holdings.ts'
import type { ShowDesk } from '../stores/show-desk.ts'
import type { SeatWords } from './seat-words.ts'

type MapProps = {
  desk: ShowDesk
  state: DeskState
  show: Show
  layout: Layout
  words: SeatWords
  /** the only price category to be drawn strongly */
  only: string | undefined
}

export function SeatMap({ desk, state, show, layout, words, only }: MapProps) {
  const host = useRef<HTMLDivElement>(null)
  const picker = useRef<SeatPicker | undefined>(undefined)
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
  return <div ref={host} class="seat-map" />
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
