// Reading something from the server while a component is shown.
//
// Owns: loading, failed with a sentence and a way to try again, ready.
// Leaves to others: what is read and drawn.

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Refused, silence } from '../api/refusal.ts'
import { sentenceOf } from '../api/sentences.ts'

export type Loaded<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly sentence: string; readonly retry: () => void }
  | { readonly kind: 'ready'; readonly value: Value }

/** Reads again whenever `key` changes; an answer that was overtaken is dropped. */
export function useLoad<Value>(key: string, read: () => Promise<Value>): Loaded<Value> {
  const [round, setRound] = useState(0)
  const [loaded, setLoaded] = useState<{ key: string; state: Loaded<Value> }>()
  useEffect(() => {
    let isCurrent = true
    const settle = (state: Loaded<Value>): void => {
      if (isCurrent) setLoaded({ key, state })
    }
    const retry = (): void => setRound(count => count + 1)
    read().then(
      value => settle({ kind: 'ready', value }),
      failure => settle({ kind: 'failed', sentence: sentence(failure), retry }),
    )
    return () => {
      isCurrent = false
    }
  }, [key, round])
  return loaded?.key === key ? loaded.state : { kind: 'loading' }
}

const sentence = (failure: unknown): string =>
  sentenceOf(failure instanceof Refused ? failure.refusal : silence(String(failure)))

export function Loading<Value>(props: {
  of: Loaded<Value>
  children: (value: Value) => ComponentChildren
}) {
  const { of, children } = props
  if (of.kind === 'ready') return <>{children(of.value)}</>
  if (of.kind === 'loading') return <p class="loading">Loading…</p>
  return (
    <div class="card" role="alert">
      <p>{of.sentence}</p>
      <button type="button" class="button" onClick={of.retry}>
        Try again
      </button>
    </div>
  )
}
