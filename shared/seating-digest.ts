// The fingerprint of a compiled plan: SHA-256 over its arrays in little-endian order (G2, S7).
//
// Owns: what the digest covers: everything that the core decides by.
// Leaves to others: labels and names, which change no decision.

import { createHash } from 'node:crypto'
import { endianness } from 'node:os'
import type { SeatingPlan } from './seating-plan.ts'

const DIGEST_VERSION = 1
const isBigEndian = endianness() === 'BE'

type Lane = Uint8Array | Uint32Array | Int32Array | Float32Array

/** Hex SHA-256. Every array is preceded by its length, so that no two plans share their bytes. */
export function digestOfPlan(plan: Omit<SeatingPlan, 'digest'>): string {
  const hash = createHash('sha256')
  const lanes: readonly Lane[] = [
    Uint32Array.of(DIGEST_VERSION, plan.seatCount, plan.categoryCount, plan.sectionCount),
    plan.categoryOf,
    plan.kindOf,
    plan.segmentStart,
    plan.rowStart,
    plan.sectionOfRow,
    plan.rowBehind,
    plan.seatBehind,
    plan.qualityCost,
    plan.x,
    plan.y,
  ]
  for (const lane of lanes) {
    hash.update(littleEndian(Uint32Array.of(lane.length)))
    hash.update(littleEndian(lane))
  }
  return hash.digest('hex')
}

function littleEndian(lane: Lane): Uint8Array {
  const bytes = Buffer.from(lane.buffer, lane.byteOffset, lane.byteLength)
  if (!isBigEndian || lane.BYTES_PER_ELEMENT === 1) return bytes
  return Buffer.from(bytes).swap32()
}
