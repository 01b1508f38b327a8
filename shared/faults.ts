// A Fault says that the surroundings failed: thrown where it is noticed, caught once per process in service.ts.

export type FaultKind =
  | 'configuration'
  | 'database-held'
  | 'database-unavailable'
  | 'broker-unreachable'
  | 'journal-unavailable'
  | 'journal-damaged'
  | 'layout-missing'
  | 'ownership-lost'
  | 'ledger-violation'
  | 'port-in-use'
  | 'restore-refused'
  | 'redis-unavailable'
  | 'restore-refused'
  | 'unsupported-platform'

/** `detail` is a clear sentence that says what to do. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultKind

  constructor(kind: FaultKind, detail: string, options?: { readonly cause?: unknown }) {
    super(detail, options)
    this.kind = kind
  }
}
