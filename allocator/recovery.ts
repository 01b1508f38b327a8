// From journal and pages to a Shard's state: what happens before a claim.
//
// Owns: which pages count, from where replay starts, and refusing a journal that lost something.
// Leaves to others: applying frames (replay.ts), becoming the owner (ownership.ts).
//
//   E8. A journal whose tail is behind a page or the Ledger's cursor, or whose hash differs from the
//       page's, has lost frames: the shard refuses to start and says how to restore.
//   RC1. Pages only save time: when one is missing or damaged all are set aside and the journal is
//        replayed from its first frame.

import { MalformedBytes } from '../shared/binary.ts'
import { sameBytes } from '../shared/frame.ts'
import type { FrameNumber, ShardNumber } from '../shared/ids.ts'
import type {
  Journal,
  JournalHead,
  PlanSource,
  SnapshotPage,
  SnapshotStore,
} from '../shared/ports.ts'
import { decodePage, layoutOfPage } from './core/page.ts'
import { ShardState } from './core/state.ts'
import { broken, catchUp, type Replayed } from './replay.ts'
import { decodeBase, type SnapshotBase } from './snapshot.ts'

export interface RecoverOptions {
  readonly shard: ShardNumber
  readonly journal: Journal
  readonly snapshots: SnapshotStore
  readonly plans: PlanSource
  /** the Ledger's cursor, which the journal cannot be behind */
  readonly ledgerFrame: FrameNumber
  /** RC1, for the log */
  readonly onTrouble?: (sentence: string) => void
}

/** Throws Fault('journal-damaged'), Fault('layout-missing') or Fault('journal-unavailable'). */
export async function recoverShard(options: RecoverOptions): Promise<Replayed> {
  const { shard, journal } = options
  const head = await journal.head(shard)
  checkLedger(options, head)
  const pages = await readPages(options, head)
  const start = (await startFromPages(pages, options)) ?? emptyStart(options)
  checkBase(start.chain, head, shard)
  return catchUp(start, journal, options.ledgerFrame)
}

function emptyStart({ shard, plans }: RecoverOptions): Replayed {
  const state = new ShardState({ shard, plans })
  return { state, chain: undefined, lastTime: undefined, dirty: new Set(), transitionCount: 0 }
}

/**
 * The pages of the journal's incarnation. E8: a page of a later one says that this journal was given up
 * by a restore; pages of an earlier one may tell what the restore lost and are set aside.
 */
async function readPages(
  { shard, snapshots }: RecoverOptions,
  head: JournalHead | undefined,
): Promise<SnapshotPage[]> {
  const pages: SnapshotPage[] = []
  for await (const page of snapshots.read(shard)) {
    if (page.incarnation < (head?.incarnation ?? 0)) continue
    if (page.incarnation !== head?.incarnation || page.frame > head.number) {
      throw broken(
        { shard },
        `it ends at frame ${head?.number ?? 0}, a snapshot knows ${page.frame}`,
      )
    }
    pages.push(page)
  }
  return pages
}

/** undefined when they cannot be used. RC1 */
async function startFromPages(
  pages: readonly SnapshotPage[],
  options: RecoverOptions,
): Promise<Replayed | undefined> {
  const shardPage = pages.find(page => page.show === 0)
  if (shardPage === undefined) return undefined
  try {
    const base = decodeBase(shardPage.bytes)
    const known = new Set<number>(pages.map(page => page.show))
    const missing = base.shows.filter(show => !known.has(show))
    if (missing.length === 0) return await loadPages(base, pages, options)
    options.onTrouble?.(`the page of show ${missing[0]} is missing; the journal is replayed whole`)
  } catch (cause) {
    if (!(cause instanceof MalformedBytes)) throw cause
    options.onTrouble?.(`a page is damaged (${cause.message}); the journal is replayed whole`)
  }
  return undefined
}

async function loadPages(
  base: SnapshotBase,
  pages: readonly SnapshotPage[],
  { shard, plans }: RecoverOptions,
): Promise<Replayed> {
  const state = new ShardState({ shard, plans })
  state.incarnation = base.chain.incarnation
  state.sequence = base.sequence
  state.time = base.time
  for (const { show, bytes } of pages) {
    if (show === 0) continue
    const layout = layoutOfPage(bytes)
    if (plans.planOf(layout) === undefined) await plans.load(layout)
    decodePage(state, bytes)
  }
  const { chain, time } = base
  return { state, chain, lastTime: time, dirty: new Set(), transitionCount: 0 }
}

/** E8 */
function checkLedger({ shard, ledgerFrame }: RecoverOptions, head: JournalHead | undefined): void {
  if (ledgerFrame <= (head?.number ?? 0)) return
  throw broken({ shard }, `it ends at frame ${head?.number ?? 0}, the ledger has ${ledgerFrame}`)
}

/** E8: later frames are checked by the chain, the last one here. */
function checkBase(
  base: JournalHead | undefined,
  head: JournalHead | undefined,
  shard: ShardNumber,
): void {
  if (base === undefined || base.number !== head?.number) return
  if (!sameBytes(base.hash, head.hash)) {
    throw broken({ shard }, `frame ${base.number} is not the one that a snapshot contains`)
  }
}
