// Frames applied to a state in order: how a Shard remembers, at the start and behind an owner.
//
// Owns: the checks of the chain, and loading layouts before a Transition names them (S7).
// Leaves to others: where frames come from (journal/), what a Transition does (core/apply.ts).
//
//   E8. A hole, a foreign hash or a Sequence that does not follow stops the start and says how to
//       restore; nothing is guessed.
//   S7. Replay never reads today's rows: terms come from the journal, layouts by id and digest.

import { Fault } from '../shared/faults.ts'
import { eachTransition } from '../shared/frame.ts'
import { isNextNumber, namesHash } from '../shared/frame-order.ts'
import {
  asFrameNumber,
  asSequence,
  type FrameNumber,
  type Instant,
  type ShowNumber,
} from '../shared/ids.ts'
import type { EncodedFrame, Journal, JournalHead } from '../shared/ports.ts'
import type { Transition } from '../shared/transitions.ts'
import { replay } from './core/apply.ts'
import type { ShardState } from './core/state.ts'

export interface Replayed {
  readonly state: ShardState
  /** the last frame that the state contains; undefined before the first */
  readonly chain: JournalHead | undefined
  readonly lastTime: Instant | undefined
  /** Shows that changed since their page was written */
  readonly dirty: Set<ShowNumber>
  readonly transitionCount: number
}

/**
 * Applies everything after `from.chain`; throws Fault('journal-damaged'). What ended and lies behind
 * `ledgerFrame` is forgotten on the way, so that a long replay needs no more memory than a live shard.
 */
export async function catchUp(
  from: Replayed,
  journal: Journal,
  ledgerFrame: FrameNumber,
): Promise<Replayed> {
  const { state, dirty } = from
  let { chain, lastTime, transitionCount } = from
  let lastDirty: ShowNumber | 0 = 0
  const next = asFrameNumber((chain?.number ?? 0) + 1)
  for await (const frame of journal.read(state.shard, next)) {
    checkFollows(frame, chain, state)
    const transitions = await prepared(frame, state)
    for (let at = 0; at < transitions.length; at += 1) {
      const transition = transitions[at] as Transition
      replay(state, transition, frame.time)
      lastDirty = noteDirty(transition, dirty, lastDirty)
    }
    if (frame.incarnation !== state.incarnation) state.incarnation = frame.incarnation
    if (frame.number <= ledgerFrame) state.forgetEnded(state.sequence, frame.time) // H10
    chain = frame
    lastTime = frame.time
    transitionCount += transitions.length
  }
  return { state, chain, lastTime, dirty, transitionCount }
}

/** The frame's Transitions, once every layout they name is there. */
async function prepared(frame: EncodedFrame, state: ShardState): Promise<readonly Transition[]> {
  const transitions: Transition[] = []
  const missing: Transition[] = []
  eachTransition(frame, transition => {
    transitions.push(transition)
    if (isUnplanned(transition, state)) missing.push(transition)
  })
  for (const transition of missing) {
    if ('terms' in transition) await state.plans.load(transition.terms.layout)
  }
  return transitions
}

function isUnplanned(transition: Transition, state: ShardState): boolean {
  if (transition.kind !== 'show-opened' && transition.kind !== 'show-changed') return false
  return state.plans.planOf(transition.terms.layout) === undefined
}

/** The show that was noted last: a hot one is not looked up again. */
function noteDirty(
  transition: Transition,
  dirty: Set<ShowNumber>,
  last: ShowNumber | 0,
): ShowNumber | 0 {
  if (!('show' in transition) || transition.show === last) return last
  dirty.add(transition.show)
  return transition.show
}

/** E8 */
function checkFollows(
  frame: EncodedFrame,
  chain: JournalHead | undefined,
  state: ShardState,
): void {
  const { number } = frame
  if (!isNextNumber(chain, frame)) {
    throw broken(state, `frame ${(chain?.number ?? 0) + 1} is missing`)
  }
  if (!namesHash(frame, chain?.hash)) {
    throw broken(state, `frame ${number} does not follow the one before it`)
  }
  if (frame.firstSequence !== asSequence(state.sequence + 1)) {
    throw broken(state, `frame ${number} starts at another sequence than the one before it ended`)
  }
  if (frame.shard !== state.shard) throw broken(state, `frame ${number} is of another shard`)
}

/** The sentence that every damaged journal ends with. */
export function broken({ shard }: { readonly shard: number }, what: string): Fault {
  return new Fault(
    'journal-damaged',
    `The journal of shard ${shard} is damaged: ${what}. Nothing was changed. In a cluster usher restore ` +
      'goes on from the archive. An embedded Usher needs the newest backup of its database; seats ' +
      'confirmed after that backup must be checked by hand.',
  )
}
