// The fields that "best seats" and the waitlist have in common.
//
// Owns: party size, price category, sitting together, accessible places.
// Leaves to others: what is done with them (best-form.tsx, wait-card.tsx).

import type { Category } from '../api/types.ts'
import { moneyText } from '../lib/format.ts'

export type Asked = {
  readonly count: number
  readonly category: string
  readonly together: boolean
  readonly accessible: boolean
}

export const ASKED: Asked = { count: 2, category: '', together: true, accessible: false }

export const categoriesOf = (asked: Asked): { categories?: readonly string[] } =>
  asked.category === '' ? {} : { categories: [asked.category] }

export function AskFields(props: {
  asked: Asked
  max: number
  categories: readonly Category[]
  onChange: (asked: Asked) => void
}) {
  const { asked, max, categories, onChange } = props
  const change = (part: Partial<Asked>): void => onChange({ ...asked, ...part })
  return (
    <>
      <CountField
        label="How many"
        value={asked.count}
        min={1}
        max={max}
        onChange={count => change({ count })}
      />
      {categories.length > 1 ? (
        <label>
          Category
          <select
            value={asked.category}
            onChange={event => change({ category: event.currentTarget.value })}
          >
            <option value="">Any</option>
            {categories.map(({ id, name, price }) => (
              <option key={id} value={id}>
                {name} · {moneyText(price)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <Check
        label="Sit together"
        checked={asked.together}
        onChange={together => change({ together })}
      />
      <Check
        label="Wheelchair places, with companion seats"
        checked={asked.accessible}
        onChange={accessible => change({ accessible })}
      />
    </>
  )
}

export function CountField(props: {
  label: string
  value: number
  min: number
  max: number
  onChange: (value: number) => void
}) {
  const { label, value, min, max, onChange } = props
  const counts = Array.from({ length: Math.max(0, max - min + 1) }, (_, i) => min + i)
  return (
    <label>
      {label}
      <select value={value} onChange={event => onChange(Number(event.currentTarget.value))}>
        {counts.map(count => (
          <option key={count} value={count}>
            {count}
          </option>
        ))}
      </select>
    </label>
  )
}

function Check(props: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={props.checked}
        onChange={event => props.onChange(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  )
}
