// How much of a Shard's Journal may be given up, and giving it up.
//
// Owns: the bound. Leaves to others: who asks (the Shard's owner, now and then), how a Journal drops
// frames (journal/), reading what was dropped (persistence/archived-journal.ts).
//
//   CP1. Nothing at or after the shard page's frame is given up: recovery starts from it. (A Show's own
//        page may be older; it is complete up to the shard page's frame, because nothing changed.)
//   CP2. Nothing at or after the Ledger's cursor is given up: it is not archived, or only just. The
//        cursor counts once it is on disk, not when it is told (LE4).
//   CP3. The frame of the bound itself stays, so that page and cursor can be compared with it.
//   CP4. A page of an earlier incarnation bounds nothing: a restore set it aside.

import {
  asFrameNumber,
  type FrameNumber,
  type Incarnation,
  type ShardNumber,
} from '../shared/ids.ts'
import type { CompactableJournal, JournalHead } from '../shared/ports.ts'

export interface CompactionState {
  readonly head: JournalHead | undefined
  /** the shard page; undefined: none was written yet */
  readonly page: { readonly incarnation: Incarnation; readonly frame: FrameNumber } | undefined
  /** the cursor as it stands on disk */
  readonly ledgerFrame: FrameNumber
}

/** The first frame to keep; undefined: all of them. */
export function compactionBound({
  head,
  page,
  ledgerFrame,
}: CompactionState): FrameNumber | undefined {
  if (head === undefined || page === undefined || page.incarnation !== head.incarnation) return
  const bound = Math.min(page.frame, ledgerFrame, head.number)
  return bound > 1 ? asFrameNumber(bound) : undefined
}

export interface CompactOptions {
  readonly journal: CompactableJournal
  /** page and cursor of the shard, on disk (persistence/compaction-state.ts) */
  readonly readState: (shard: ShardNumber) => Promise<Omit<CompactionState, 'head'>>
  /** fewer are not worth the broker's work */
  readonly framesMin?: number
}

const FRAMES_MIN = 1_000
const EVERY_MS = 60_000

/** Call as the Shard's owner; how many frames were given up. Throws what Journal and store throw. */
export async function compactJournal(shard: ShardNumber, options: CompactOptions): Promise<number> {
  const { journal, readState, framesMin = FRAMES_MIN } = options
  const state = await readState(shard)
  const bound = compactionBound({ ...state, head: await journal.head(shard) })
  if (bound === undefined) return 0
  const count = bound - (await journal.firstFrame(shard))
  if (count < framesMin) return 0
  await journal.compact(shard, bound)
  return count
}

export interface CompactionOptions extends CompactOptions {
  /** the shards that this process serves at the moment */
  readonly ownedShards: () => readonly ShardNumber[]
  readonly onTrouble: (sentence: string, cause: unknown) => void
  readonly everyMs?: number
}

/** Now and then, one shard after the other; returns how to end it. A failure costs space, nothing else. */
export function startCompaction(options: CompactionOptions): () => void {
  let isBusy = false
  const run = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    for (const shard of options.ownedShards()) {
      try {
        await compactJournal(shard, options)
      } catch (cause) {
        options.onTrouble(`the journal of shard ${shard} could not be compacted`, cause)
      }
    }
    isBusy = false
  }
  const timer = setInterval(() => void run(), options.everyMs ?? EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
