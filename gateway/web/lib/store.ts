// A value that can be watched, for state that several components read.
//
// Owns: get, set, subscribe; the hook that redraws a component.
// Leaves to others: what the state means.

import { useEffect, useState } from 'preact/hooks'

export type Listener = () => void

export class Store<State> {
  #state: State
  #listeners = new Set<Listener>()

  constructor(state: State) {
    this.#state = state
  }

  get(): State {
    return this.#state
  }

  set(state: State): void {
    if (Object.is(state, this.#state)) return
    this.#state = state
    for (const listener of [...this.#listeners]) listener()
  }

  patch(part: Partial<State>): void {
    this.set({ ...this.#state, ...part })
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export function useStore<State>(store: Store<State>): State {
  const [, redraw] = useState(0)
  useEffect(() => {
    redraw(count => count + 1) // it may have changed between drawing and subscribing
    return store.subscribe(() => redraw(count => count + 1))
  }, [store])
  return store.get()
}
