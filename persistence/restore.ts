// A broker that lost its journal gets a new one that goes on from the archive (`usher restore`).
//
// Owns: judging each shard's journal against its archive, the frame that a new journal begins with.
// Leaves to others: deleting and creating streams (JournalKeeper), asking people (gateway/cli/restore.ts).
//
//   RS1. A journal that is whole, or ahead of its archive, is kept. It is given up only when the caller
//        says exactly how many frames are lost with it: frames that the archive does not have.
//   RS2. The new journal is one empty frame of the next incarnation: it names the archive's last hash,
//        takes its sequence and time, and stands FRAMES_LEFT_OUT numbers later (FO2), where no former
//        owner can expect the head to be.
//   RS3. That frame is archived, on disk, before the broker hears of it: a restore that dies half way is
//        told by E8, and the next one begins one more incarnation, never the same one twice.
//   RS4. Nothing else in Postgres changes. Pages of the former incarnation are set aside by recovery:
//        they may tell what was lost; the archive is replayed instead.

import { assert } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { FrameBuilder, sameBytes } from '../shared/frame.ts'
import { FRAMES_LEFT_OUT } from '../shared/frame-order.ts'
import { asFrameNumber, asIncarnation, asSequence, type ShardNumber } from '../shared/ids.ts'
import type { EncodedFrame, Journal, JournalHead } from '../shared/ports.ts'
import type { Archive } from './archive.ts'
import type { Ledger } from './ledger.ts'

/** The journals of a cluster, as the one who may rebuild them sees them. */
export interface JournalKeeper {
  /** undefined: the stream is missing; `head` undefined: it is empty */
  look(
    shard: ShardNumber,
  ): Promise<{ readonly first: number; readonly head: JournalHead | undefined } | undefined>
  /** frames `from`.. to the head */
  read: Journal['read']
  /** gives up what is there and begins anew with this frame */
  begin(frame: EncodedFrame): Promise<void>
}

export type ShardVerdict = 'unused' | 'whole' | 'ahead' | 'missing' | 'behind' | 'foreign'

export interface ShardPlan {
  readonly shard: ShardNumber
  readonly verdict: ShardVerdict
  /** the archive's last frame */
  readonly archived: EncodedFrame | undefined
  readonly head: JournalHead | undefined
  /** frames of the journal that the archive does not have: lost when it is given up */
  readonly lost: number
}

export interface RestoreOptions {
  readonly archive: Archive
  readonly keeper: JournalKeeper
  readonly shards: readonly ShardNumber[]
}

/** Reads only. Throws Fault('journal-damaged') when the archive itself cannot be read. */
export async function planRestore(options: RestoreOptions): Promise<readonly ShardPlan[]> {
  const plans: ShardPlan[] = []
  for (const shard of options.shards) plans.push(await planOf(shard, options))
  return plans
}

async function planOf(shard: ShardNumber, { archive, keeper }: RestoreOptions): Promise<ShardPlan> {
  const newest = await archive.head(shard)
  const archived = newest && (await archive.frame(shard, newest.number))
  const journal = await keeper.look(shard)
  const head = journal?.head
  const base = { shard, archived, head }
  if (archived === undefined) {
    return { ...base, verdict: head === undefined ? 'unused' : 'ahead', lost: head?.number ?? 0 }
  }
  if (journal === undefined || head === undefined) return { ...base, verdict: 'missing', lost: 0 }
  const forked = await forkOf(shard, { archive, keeper, first: journal.first })
  if (forked > 0) return { ...base, verdict: 'foreign', lost: forked }
  if (head.number < archived.number) return { ...base, verdict: 'behind', lost: 0 }
  const lost = head.number - archived.number
  return { ...base, verdict: lost === 0 ? 'whole' : 'ahead', lost }
}

/** How many frames of the journal are others than the archived ones of their numbers, with all after. */
async function forkOf(
  shard: ShardNumber,
  { archive, keeper, first }: Omit<RestoreOptions, 'shards'> & { readonly first: number },
): Promise<number> {
  const newest = (await archive.head(shard))?.number ?? asFrameNumber(0)
  const stored = archive.read(shard, asFrameNumber(first), newest)[Symbol.asyncIterator]()
  let forked = 0
  for await (const frame of keeper.read(shard, asFrameNumber(first))) {
    const { value } = forked > 0 ? { value: undefined } : await stored.next()
    const isBeyond = value === undefined && frame.number > newest
    if (forked === 0 && isBeyond) return 0
    if (forked > 0 || value === undefined || !sameBytes(value.hash, frame.hash)) forked += 1
  }
  return forked
}

/** Which shards need a new journal; 'ahead' ones only because their loss was agreed to. RS1 */
export function toRestore(
  plans: readonly ShardPlan[],
  lostAgreed: number | undefined,
): readonly ShardPlan[] {
  const needed = plans.filter(({ verdict }) => ['missing', 'behind', 'foreign'].includes(verdict))
  const lost = needed.reduce((sum, plan) => sum + plan.lost, 0)
  if (lostAgreed === undefined || lostAgreed === lost) {
    if (lost > 0 && lostAgreed === undefined) throw notAgreed(lost)
    return needed
  }
  const ahead = plans.filter(plan => plan.verdict === 'ahead' && plan.archived !== undefined)
  const all = lost + ahead.reduce((sum, plan) => sum + plan.lost, 0)
  if (lostAgreed !== all) throw notAgreed(all)
  return [...needed, ...ahead]
}

function notAgreed(lost: number): Fault {
  return new Fault(
    'restore-refused',
    `${lost} frame(s) of the broker are not in the archive and would be lost with what they say. ` +
      `When nothing else can save them, repeat with --lose ${lost}. Nothing was changed.`,
  )
}

/** RS2 */
export function firstFrameOf({ archived, head }: ShardPlan): EncodedFrame {
  assert(archived !== undefined, 'RS2: a journal is restored from an archive')
  const { shard, epoch, time, firstSequence, transitionCount, hash } = archived
  const builder = new FrameBuilder()
  builder.begin(time)
  const [frame] = builder.seal({
    shard,
    incarnation: asIncarnation(Math.max(archived.incarnation, head?.incarnation ?? 0) + 1),
    epoch,
    number: asFrameNumber(Math.max(archived.number, head?.number ?? 0) + 1 + FRAMES_LEFT_OUT),
    firstSequence: asSequence(firstSequence + transitionCount),
    time,
    prevHash: hash,
  })
  assert(frame !== undefined, 'RS2: an empty frame is one frame')
  return frame
}

/** RS3; the ledger must archive, wait for the disk and have loaded its cursors. */
export async function restoreShard(
  plan: ShardPlan,
  { ledger, keeper }: { readonly ledger: Ledger; readonly keeper: JournalKeeper },
): Promise<EncodedFrame> {
  const frame = firstFrameOf(plan)
  const cursor = ledger.cursorOf(plan.shard)
  if (cursor.frame !== plan.archived?.number) {
    throw new Fault(
      'restore-refused',
      `The ledger of shard ${plan.shard} stands at frame ${cursor.frame}, the archive ends at ` +
        `${plan.archived?.number}: stop the ledgers, run "usher audit", and plan again.`,
    )
  }
  await ledger.project([frame])
  await keeper.begin(frame)
  return frame
}
