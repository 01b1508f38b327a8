// Becoming the owner of a Shard: the log itself says who may write.
//
// Owns: CLAIM, the epoch, the credit for the outage.
// Leaves to others: rebuilding the state (recovery.ts), writing as the owner (writer.ts).
//
//   E1. A new owner has replayed to frame N and appends CLAIM{epoch + 1} as frame N + 1; success proves
//       that N was the head. When somebody was faster it replays what it missed and tries again.
//   E7. No clock and no lease decides safety: two claimants meet at one frame number.
//   H7. The credit is the time from the last journaled frame to the claim, at most
//       LIMITS.outageCreditMsMax: journals do not tell a quiet minute from a dead one, so the doubt is
//       the holder's gain. A Shard without frames gives none.

import { assert } from '../shared/assert.ts'
import { Fault } from '../shared/faults.ts'
import { eachTransition, FrameBuilder, type FrameStart, NO_HASH } from '../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asInstant,
  asSequence,
  type Instant,
  type Sequence,
  type ShowNumber,
} from '../shared/ids.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Clock, EncodedFrame, Journal, JournalHead } from '../shared/ports.ts'
import { replay } from './core/apply.ts'
import type { ShardState } from './core/state.ts'
import { catchUp, type Replayed } from './replay.ts'
import { ShardClock } from './shard-clock.ts'

/** An owner that is alive and busy wins many races; one that is gone wins none. */
const CLAIMS_MAX = 64

/** What a writer starts from. */
export interface Reign {
  readonly state: ShardState
  readonly claim: EncodedFrame
  readonly shardClock: ShardClock
  /** when the claim was sent, by the monotonic clock: nothing later is proven by it (E5) */
  readonly claimedAtMs: number
  /** Shows that changed since their page was written */
  readonly dirty: ReadonlySet<ShowNumber>
}

export interface Claimant {
  readonly journal: Journal
  readonly clock: Clock
  /** said in CLAIM, for people */
  readonly owner: string
}

/** Throws Fault('ownership-lost') when others keep being faster. */
export async function claimShard(replayed: Replayed, claimant: Claimant): Promise<Reign> {
  let known = replayed
  for (let attempt = 0; attempt < CLAIMS_MAX; attempt += 1) {
    const shardClock = new ShardClock(claimant.clock, known.lastTime ?? asInstant(0))
    const claim = claimOf(known, shardClock.now(), claimant.owner)
    const claimedAtMs = claimant.clock.monotonicMs()
    if ((await claimant.journal.append(claim)) === 'appended') {
      takeEffect(known, claim)
      const { state, dirty } = known
      return { state, claim, shardClock, claimedAtMs, dirty }
    }
    known = await catchUp(known, claimant.journal, asFrameNumber(0))
  }
  throw new Fault(
    'ownership-lost',
    `Shard ${replayed.state.shard} was claimed by somebody else, again and again.`,
  )
}

function claimOf({ state, chain, lastTime }: Replayed, time: Instant, owner: string): EncodedFrame {
  const epoch = asEpoch((chain?.epoch ?? 0) + 1)
  const builder = new FrameBuilder()
  builder.begin(time)
  builder.record({ kind: 'shard-claimed', epoch, owner, creditMs: creditOf(lastTime, time) })
  const [frame] = builder.seal({
    shard: state.shard,
    incarnation: chain?.incarnation ?? state.incarnation,
    epoch,
    number: asFrameNumber((chain?.number ?? 0) + 1),
    firstSequence: asSequence(state.sequence + 1),
    time,
    prevHash: chain?.hash ?? NO_HASH,
  })
  assert(frame !== undefined, 'E1: a claim is one frame')
  return frame
}

/** H7 */
function creditOf(lastTime: Instant | undefined, time: Instant): number {
  if (lastTime === undefined) return 0
  return Math.min(Math.max(time - lastTime, 0), LIMITS.outageCreditMsMax)
}

/** The credit moved the deadlines of every Show with a live hold: their pages are old now. */
function takeEffect({ state, dirty }: Replayed, claim: EncodedFrame): void {
  eachTransition(claim, transition => replay(state, transition, claim.time))
  for (const show of state.shows.values()) if (show.liveHoldCount > 0) dirty.add(show.number)
}

/** The place of the next frame of a reign; its records are applied already. */
export function nextStart(
  state: ShardState,
  chain: JournalHead,
  batch: { readonly time: Instant; readonly transitionCount: number },
): FrameStart {
  return {
    shard: state.shard,
    incarnation: chain.incarnation,
    epoch: chain.epoch,
    number: asFrameNumber(chain.number + 1),
    firstSequence: asSequence(state.sequence + 1 - batch.transitionCount),
    time: batch.time,
    prevHash: chain.hash,
  }
}

export function lastSequenceOf(frame: EncodedFrame): Sequence {
  return asSequence(frame.firstSequence + frame.transitionCount - 1)
}
