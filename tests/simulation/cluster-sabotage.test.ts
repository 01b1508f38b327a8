// Planted bugs of clusters: whoever judges must find every one of them, and by a rule that it breaks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryId } from '../../shared/ids.ts'
import { idTextOf, parseId } from '../../shared/ids.ts'
import type { ClusterOptions } from './cluster/cluster-options.ts'
import { ClusterWorld } from './cluster/cluster-world.ts'
import {
  backwardLink,
  blindClaimant,
  deafOwner,
  hastyOwner,
  holeyFeed,
  lateSeats,
  reignlessLink,
  renamingLink,
} from './cluster/planted.ts'
import { inFrame, ofFrame } from './saboteur.ts'

const SEEDS_MAX = 60

/** Worlds until one fails: by the rule. */
async function caught(rule: RegExp, plant: () => Omit<ClusterOptions, 'seed'>): Promise<void> {
  for (let seed = 1; seed <= SEEDS_MAX; seed += 1) {
    const { failure } = await new ClusterWorld({ seed, ...plant() }).run()
    if (failure === undefined) continue
    assert.match(String(failure), rule, `seed ${seed}`)
    return
  }
  assert.fail('the bug was never found')
}

test('E2 an owner that ignores that it was replaced is found', () =>
  caught(/W2|E1|E5|E6/, () => ({ plant: { journal: deafOwner } })))

test('W2 an owner that answers before its frame is durable is found', () =>
  caught(/W2/, () => ({ plant: { journal: hastyOwner } })))

test('E1 a claim by somebody who has not replayed to the head is found', () =>
  caught(/S1|W2|D2|T1|E5|E8|F1|L\d|H\d/, () => ({ plant: { journal: blindClaimant } })))

test('E6 a link that answers with a late reply of an old reign is found', () =>
  caught(/E6/, () => ({ plant: reignlessLink })))

test('D5 a link that sends an ask again as another command is found', () =>
  caught(/D5: an effect of command \w+, which nobody sent/, () => ({ plant: renamingLink() })))

test('LK1 a link that sends again in the wrong order is found', () =>
  caught(/LK1/, () => ({ plant: backwardLink })))

test('F1 seats that leave after their replies are found', () =>
  caught(/F1: answered of version/, () => ({ plant: lateSeats })))

test('F1 a feed that does not care for holes is found', () =>
  caught(/F1/, () => ({ plant: holeyFeed })))

test('H7 an outage that nobody credits is found', () =>
  caught(/H7/, () =>
    ofFrame(frame => {
      const [first, ...rest] = frame.transitions
      if (first?.kind !== 'shard-claimed' || first.creditMs === 0) return undefined
      return { ...frame, transitions: [{ ...first, creditMs: 0 }, ...rest] }
    })({ hasBitten: false }),
  ))

test('L2 an offer that overtakes somebody in front after a failover is found', () =>
  caught(/L\d/, () =>
    inFrame((transition, show, auditor) => {
      if (transition.kind !== 'waiter-offered' || auditor.epoch < 2) return undefined
      const { waiters } = show.line
      const served = show.line.known(idTextOf(transition.entry))
      if (served?.state !== 'waiting' || served.reserved.length > 0) return undefined
      const later = waiters.slice(waiters.indexOf(served) + 1).find(one => isAlike(one, served))
      const entry = later === undefined ? undefined : parseId<EntryId>(later.id)
      return entry === undefined ? undefined : { ...transition, entry }
    })({ hasBitten: false }),
  ))

function isAlike(left: object, right: object): boolean {
  const wishOf = (waiter: object) => {
    const { state, party, minParty, categories, together, accessible } = waiter as never
    return JSON.stringify([state, party, minParty, categories, together, accessible])
  }
  return wishOf(left) === wishOf(right)
}
