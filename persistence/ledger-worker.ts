// The ledger's thread in embedded mode: projecting never delays the loop that serves people.
//
// Owns: the thread's connection and its messages. Leaves to others: everything else (ledger-loop.ts).

import { parentPort, workerData } from 'node:worker_threads'
import pg from 'pg'
import { assert } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { JournalReader } from './journal-reader.ts'
import { Ledger } from './ledger.ts'
import { LedgerLoop, runWhileAway } from './ledger-loop.ts'
import type { LedgerWorkerData, ToLedgerHandle, ToLedgerWorker } from './ledger-messages.ts'
import { LedgerPace } from './ledger-pace.ts'
import { pgTypes } from './pg-types.ts'

const ROWS_PER_STATEMENT_MAX = 4_096
const POLL_MS = 1_000

const port = parentPort
assert(port !== null, 'ledger-worker runs as a worker thread')
const { url, heads, awake, awaited } = workerData as LedgerWorkerData

const tell = (message: ToLedgerHandle) => port.postMessage(message)
let isStopped = false
let loop: LedgerLoop | undefined
let wake = () => {}

const pace = new LedgerPace({
  awaitedCount: () => Atomics.load(awaited, 0),
  headSum: () => heads.reduce((sum, head) => sum + Number(head), 0),
  nowMs: () => Date.now(),
})

port.on('message', (message: ToLedgerWorker) => {
  if (message === 'stop') {
    isStopped = true
    loop?.stop()
  }
  if (message !== 'wake') pace.hurry()
  wake()
})

/** Lowers the flag first and looks at the heads again after it: no news falls in between. */
function waitForNews(): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => wake(), POLL_MS)
    wake = () => {
      clearTimeout(timer)
      wake = () => {}
      resolve()
    }
    Atomics.store(awake, 0, 0)
    if (isStopped || loop?.isAnyBehind() === true) wake()
  })
}

async function runOnce(): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'usher ledger',
    keepAlive: true,
    types: pgTypes,
  })
  client.on('error', () => undefined) // the running query is refused with it
  await client.connect()
  try {
    const running = new LedgerLoop({
      ledger: new Ledger({ client, rowsPerStatementMax: ROWS_PER_STATEMENT_MAX }),
      source: new JournalReader(client),
      headOf: shard => Number(Atomics.load(heads, shard)),
      waitForNews,
      rest: pace.rest,
      onPassed: passed => tell({ kind: 'passed', passed }),
      onHalted: (shard, fault) =>
        tell({ kind: 'halted', shard, fault: fault.kind, detail: fault.message }),
    })
    loop = running
    if (isStopped) running.stop()
    await running.run()
  } finally {
    await client.end().catch(() => undefined)
  }
}

runWhileAway(runOnce, () => isStopped)
  .catch(error => {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const fault = error instanceof Fault ? error.kind : undefined
    tell({ kind: 'halted', shard: undefined, fault, detail })
  })
  .finally(() => port.close())
