// How a bug is planted: the world is honest, what its judge is shown is not.
//
// Owns: worlds until the bug bites, and that it is found by the rule it breaks.
// Leaves to others: the bugs (sabotage.test.ts).

import assert from 'node:assert/strict'
import type { Transition } from '../../shared/transitions.ts'
import type { AuditedHold } from './audited-hold.ts'
import type { AuditedShow } from './audited-show.ts'
import type { AuditedFrame, Auditor } from './auditor.ts'
import type { Tamper } from './judge.ts'
import { type Outcome, World, type WorldOptions } from './world.ts'

const SEEDS_MAX = 60

/** One bug in one world: it bites once. */
export interface Bug {
  hasBitten: boolean
}

/** Worlds until the bug has bitten: that one must fail, by the rule. */
export async function caught(
  rule: RegExp,
  plant: (bug: Bug) => Omit<WorldOptions, 'seed'>,
  prepare: (world: World, bug: Bug) => void = () => undefined,
): Promise<void> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const bug = { hasBitten: false }
    const world = new World({ seed, ...plant(bug) })
    prepare(world, bug)
    const outcome: Outcome = await world.run()
    if (!bug.hasBitten) {
      assert.equal(outcome.failure, undefined)
      continue
    }
    assert.match(String(outcome.failure), rule, `seed ${seed}`)
    return
  }
  assert.fail('the bug never bit')
}

/** Rewrites the first Transition that `change` wants to be another one. */
export function inFrame(
  change: (transition: Transition, show: AuditedShow, auditor: Auditor) => Transition | undefined,
) {
  return (bug: Bug): { tamper: Tamper } => ({
    tamper: {
      frame: (frame, auditor) => {
        const transitions = frame.transitions.map(transition => {
          const show = 'show' in transition ? auditor.shows.get(transition.show) : undefined
          if (bug.hasBitten || show === undefined) return transition
          const changed = change(transition, show, auditor)
          bug.hasBitten = changed !== undefined
          return changed ?? transition
        })
        return { ...frame, transitions }
      },
    },
  })
}

export function ofFrame(change: (frame: AuditedFrame) => AuditedFrame | undefined) {
  return (bug: Bug): { tamper: Tamper } => ({
    tamper: {
      frame: frame => {
        const changed = bug.hasBitten ? undefined : change(frame)
        bug.hasBitten ||= changed !== undefined
        return changed ?? frame
      },
    },
  })
}

export function ofReply(change: NonNullable<Tamper['reply']>) {
  return (bug: Bug): { tamper: Tamper } => ({
    tamper: {
      reply: (reply, request) => {
        const changed = bug.hasBitten ? reply : change(reply, request)
        bug.hasBitten ||= changed !== reply
        return changed
      },
    },
  })
}

export function anyHold(
  show: AuditedShow,
  isRight: (hold: AuditedHold) => boolean,
): AuditedHold | undefined {
  return [...show.holds.values()].find(isRight)
}
