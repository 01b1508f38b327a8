// The seats as a list of words: the same choice without the picture.
//
// Owns: section and row choosers, one check box a seat.
// Leaves to others: what a press does (stores/show-desk.ts).
//
//   U29. Everything the map can do with a seat can be done here, and only the chosen row is drawn.

import { useMemo, useState } from 'preact/hooks'
import type { Layout } from '../api/types.ts'
import { isChosen, isPressable, MARK_WORDS } from '../seat-picker/marks.ts'
import type { DeskState } from '../stores/desk-state.ts'
import type { SeatWords } from './seat-words.ts'

type ListProps = {
  layout: Layout
  words: SeatWords
  state: DeskState
  onPress: (index: number) => void
}

export function SeatList(props: ListProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details class="card seat-list" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>Choose from a list instead</summary>
      {isOpen ? <OpenList {...props} /> : null}
    </details>
  )
}

function OpenList({ layout, words, onPress }: ListProps) {
  const sections = useMemo(() => rowsBySection(layout), [layout])
  const names = [...sections.keys()]
  const [section, setSection] = useState(names[0] ?? '')
  const rows = sections.get(section) ?? new Map<string, number[]>()
  const [wanted, setRow] = useState('')
  const row = rows.has(wanted) ? wanted : ([...rows.keys()][0] ?? '')
  return (
    <>
      <div class="fields">
        <Chooser label="Section" names={names} value={section} onChange={setSection} />
        <Chooser label="Row" names={[...rows.keys()]} value={row} onChange={setRow} />
      </div>
      <ul class="seat-checks" aria-label={`Seats of row ${row}`}>
        {(rows.get(row) ?? []).map(index => (
          <li key={index}>
            <SeatCheck index={index} layout={layout} words={words} onPress={onPress} />
          </li>
        ))}
      </ul>
    </>
  )
}

function SeatCheck(props: Omit<ListProps, 'state'> & { index: number }) {
  const { index, layout, words, onPress } = props
  const mark = words.markOf(index)
  const seat = layout.seats[index]
  const kind = seat?.kind === 'standard' ? '' : `, ${seat?.kind}`
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isChosen(mark)}
        disabled={!isPressable(mark)}
        onChange={() => onPress(index)}
      />
      {seat?.label} <span class="soft">{`${MARK_WORDS[mark]}${kind}`}</span>
    </label>
  )
}

function Chooser(props: {
  label: string
  names: readonly string[]
  value: string
  onChange: (name: string) => void
}) {
  return (
    <label>
      {props.label}
      <select value={props.value} onChange={event => props.onChange(event.currentTarget.value)}>
        {props.names.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function rowsBySection(layout: Layout): Map<string, Map<string, number[]>> {
  const sections = new Map<string, Map<string, number[]>>()
  for (const { section, row, index } of layout.seats) {
    const rows = sections.get(section) ?? new Map<string, number[]>()
    sections.set(section, rows)
    const seats = rows.get(row) ?? []
    rows.set(row, seats)
    seats.push(index)
  }
  return sections
}
