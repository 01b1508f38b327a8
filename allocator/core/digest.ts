// The fingerprint of what lives in a Shard: equal for a live Shard, its replay and its pages.
//
// Owns: what belongs into it. Leaves to others: the spelling (page.ts).
//
//   T1. Applying the same Transitions in the same order gives the same digest.
//   H10. What has ended is left out: when it is forgotten is nobody's decision.

import { createHash } from 'node:crypto'
import { ByteWriter } from '../../shared/binary.ts'
import { encodeShow } from './page.ts'
import { encodeHolds } from './page-holds.ts'
import type { ShardState } from './state.ts'

/** Hex SHA-256 over the Shows in order of number, each with its live holds and entries. */
export function digestOf(state: ShardState): string {
  const hash = createHash('sha256')
  const writer = new ByteWriter()
  writer.varint(state.incarnation)
  writer.varint(state.sequence)
  for (const number of [...state.shows.keys()].sort((left, right) => left - right)) {
    const show = state.shows.get(number)
    if (show === undefined) continue
    writer.varint(number)
    encodeShow(writer, state, show)
    encodeHolds(writer, state, show, 'live')
    hash.update(writer.view())
    writer.reset()
  }
  hash.update(writer.view())
  return hash.digest('hex')
}
