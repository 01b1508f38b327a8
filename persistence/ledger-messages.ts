// What the ledger's thread and the main thread tell each other.

import type { FaultKind } from '../shared/faults.ts'
import type { ShardNumber } from '../shared/ids.ts'
import type { Passed } from './ledger-loop.ts'

export interface LedgerWorkerData {
  readonly url: string
  /** shared: the newest durable frame of each shard */
  readonly heads: BigInt64Array
  /** shared: 1 while the thread is known to look at the heads again by itself */
  readonly awake: Int32Array
  /** shared: how many callers wait for a frame to be passed */
  readonly awaited: Int32Array
}

export type ToLedgerWorker = 'wake' | 'hurry' | 'stop'

export type ToLedgerHandle =
  | { readonly kind: 'passed'; readonly passed: readonly Passed[] }
  | {
      readonly kind: 'halted'
      /** undefined: all of them */
      readonly shard: ShardNumber | undefined
      readonly fault: FaultKind | undefined
      readonly detail: string
    }
