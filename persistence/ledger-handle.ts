// The main thread's side of the ledger: waking it, and knowing how far it has come.
//
// Owns: the thread's life, waking it.
// Leaves to others: projecting (ledger-worker.ts), who waits for which frame (passing.ts), what a halt
// means for the process (main.ts).
//
//   LH1. Callbacks run in order of their frames, as soon as the commit is known.
//   LH2. Waking costs one message per sleep of the thread, not one per frame.
//   LH3. Whoever waits ends the thread's rest: the thread knows how many wait (ledger-pace.ts).

import { Worker } from 'node:worker_threads'
import { Bug } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { LedgerProgress } from '../shared/ports.ts'
import type { LedgerWorkerData, ToLedgerHandle } from './ledger-messages.ts'
import { Passing } from './passing.ts'

export interface LedgerHandleOptions {
  readonly url: string
  /** Fault('ledger-violation' | 'journal-damaged') of one shard, or a Bug of the thread */
  readonly onHalted: (error: Error, shard: ShardNumber | undefined) => void
}

export interface LedgerHandle extends LedgerProgress {
  /** the frame is durable in the journal */
  wake(shard: ShardNumber, frame: FrameNumber): void
  /** frames that are durable and not yet projected */
  lagFrames(): number
  /** how old, by its shard's clock, the newest projected frame of the slowest shard is; 0: none behind */
  lagMs(nowMs: number): number
  stop(): Promise<void>
}

/** Resolves when the thread has read its cursors. */
export async function startLedger(options: LedgerHandleOptions): Promise<LedgerHandle> {
  const handle = new WorkerLedger(options)
  await handle.ready
  return handle
}

const STOP_MS_MAX = 3_000

class WorkerLedger implements LedgerHandle {
  readonly ready: Promise<void>
  readonly #worker: Worker
  readonly #onHalted: LedgerHandleOptions['onHalted']
  readonly #heads: BigInt64Array
  readonly #awake: Int32Array
  readonly #awaited = new Int32Array(new SharedArrayBuffer(4))
  readonly #passing = new Passing()
  readonly #times = new Float64Array(LIMITS.shardCount)
  #isStopping = false

  constructor(options: LedgerHandleOptions) {
    this.#onHalted = options.onHalted
    this.#heads = new BigInt64Array(new SharedArrayBuffer(8 * LIMITS.shardCount))
    this.#awake = new Int32Array(new SharedArrayBuffer(4))
    const workerData: LedgerWorkerData = {
      url: options.url,
      heads: this.#heads,
      awake: this.#awake,
      awaited: this.#awaited,
    }
    this.#worker = new Worker(new URL('./ledger-worker.mjs', import.meta.url), {
      name: 'ledger',
      workerData,
      execArgv: [],
    })
    this.ready = new Promise((resolve, reject) => {
      this.#worker.once('message', () => resolve())
      this.#worker.once('error', reject)
    })
    this.#worker.on('message', (message: ToLedgerHandle) => this.#hear(message))
    this.#worker.on('error', error => this.#onHalted(asError(error), undefined))
    this.#worker.on('exit', code => {
      if (!this.#isStopping) this.#onHalted(new Bug(`the ledger thread ended (${code})`), undefined)
    })
  }

  cursorOf(shard: ShardNumber): FrameNumber {
    return this.#passing.cursorOf(shard)
  }

  whenPassed(shard: ShardNumber, frame: FrameNumber, callback: () => void): void {
    if (!this.#passing.whenPassed(shard, frame, callback)) return
    if (Atomics.add(this.#awaited, 0, 1) === 0) this.#worker.postMessage('hurry') // LH3
  }

  wake(shard: ShardNumber, frame: FrameNumber): void {
    Atomics.store(this.#heads, shard, BigInt(frame))
    if (Atomics.exchange(this.#awake, 0, 1) === 0) this.#worker.postMessage('wake') // LH2
  }

  lagFrames(): number {
    let frames = 0
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) frames += this.#lagOf(shard)
    return frames
  }

  lagMs(nowMs: number): number {
    let lag = 0
    for (let shard = 0; shard < LIMITS.shardCount; shard += 1) {
      const time = this.#times[shard] ?? 0
      if (this.#lagOf(shard) > 0 && time > 0) lag = Math.max(lag, nowMs - time)
    }
    return lag
  }

  #lagOf(shard: number): number {
    return Math.max(0, Number(this.#heads[shard] ?? 0n) - this.cursorOf(shard as ShardNumber))
  }

  #hear(message: ToLedgerHandle): void {
    if (message.kind === 'halted') {
      const { fault, detail, shard } = message
      this.#onHalted(fault === undefined ? new Bug(detail) : new Fault(fault, detail), shard)
      return
    }
    for (const { shard, frame, timeMs } of message.passed) {
      if (timeMs > 0) this.#times[shard] = timeMs
      Atomics.sub(this.#awaited, 0, this.#passing.pass(shard, frame)) // LH1
    }
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return
    this.#isStopping = true
    const ended = new Promise(resolve => this.#worker.once('exit', resolve))
    this.#worker.postMessage('stop')
    const overdue = setTimeout(() => void this.#worker.terminate(), STOP_MS_MAX)
    await ended
    clearTimeout(overdue)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
