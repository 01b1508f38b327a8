// A value that several processes change: compare and set by revision.

export interface Stored<Value> {
  /** undefined: nothing was written yet */
  readonly value: Value | undefined
  /** 0 while nothing was written */
  readonly revision: number
}

export interface CasStore<Value> {
  read(): Promise<Stored<Value>>
  /** false when the revision is no longer the newest: read again */
  write(value: Value, revision: number): Promise<boolean>
}

/**
 * Reads, changes and writes until no other write comes between. `step` answers undefined to leave the
 * value alone; it may run several times. Every lost race is another writer's success.
 */
export async function changeStored<Value>(
  store: CasStore<Value>,
  step: (value: Value | undefined) => Value | undefined,
): Promise<Value | undefined> {
  for (;;) {
    const { value, revision } = await store.read()
    const next = step(value)
    if (next === undefined || next === value) return next
    if (await store.write(next, revision)) return next
  }
}
