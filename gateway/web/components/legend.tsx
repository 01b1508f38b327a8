// What the shapes and colours of the map mean.
//
// Owns: one sample of every mark, drawn by the same shapes; the price categories as filters.
// Leaves to others: drawing the hall (seat-picker/).

import { useEffect, useRef } from 'preact/hooks'
import type { Category } from '../api/types.ts'
import { moneyText } from '../lib/format.ts'
import { MARK_WORDS, type Mark } from '../seat-picker/marks.ts'
import { TINT_COUNT } from '../seat-picker/palette.ts'
import { paintSample } from '../seat-picker/sample.ts'

const SHOWN: readonly Mark[] = ['free', 'held', 'sold', 'blocked', 'picked', 'mine', 'booked']

export function Legend(props: {
  categories: readonly Category[]
  only: string | undefined
  onOnly: (category: string | undefined) => void
}) {
  const { categories, only, onOnly } = props
  return (
    <div class="legend">
      <ul class="legend-marks" aria-label="Signs">
        {SHOWN.map(mark => (
          <li key={mark}>
            <Sample mark={mark} kind="standard" /> {MARK_WORDS[mark]}
          </li>
        ))}
        <li>
          <Sample mark="free" kind="accessible" /> wheelchair place
        </li>
      </ul>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form's */}
      <div class="legend-prices" role="group" aria-label="Show only one price category">
        {categories.map(({ id, name, price }, i) => (
          <button
            key={id}
            type="button"
            class="chip"
            aria-pressed={only === id}
            onClick={() => onOnly(only === id ? undefined : id)}
          >
            <span class={`swatch swatch-${i % TINT_COUNT}`} aria-hidden="true" />
            {name} · {moneyText(price)}
          </button>
        ))}
      </div>
    </div>
  )
}

function Sample({ mark, kind }: { mark: Mark; kind: 'standard' | 'accessible' }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const theme = matchMedia('(prefers-color-scheme: dark)')
    const paint = (): void => {
      if (canvas.current !== null) paintSample(canvas.current, mark, kind)
    }
    paint()
    theme.addEventListener('change', paint)
    return () => theme.removeEventListener('change', paint)
  }, [mark, kind])
  return (
    <span aria-hidden="true">
      <canvas ref={canvas} class="seat-sample" width="44" height="44" />
    </span>
  )
}
