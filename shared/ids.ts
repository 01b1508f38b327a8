// The identities that every process speaks, and the only place where they are born from raw values.
//
// Owns: branded types, the 128-bit Id and its base32 text, the public names of catalogue rows.
// Leaves to others: who makes an Id (gateways, with randomness), how records carry it (codec.ts).
//
//   I1. Text and value map one to one: idTextOf(parseId(text)) === text for every accepted text.
//   I2. Lane a of a HoldId, EntryId and BookingId is the ShowNumber: any gateway can route it (D6).

import { createHash, randomFillSync } from 'node:crypto'

declare const brand: unique symbol
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** 128 bits as four signed 32-bit lanes: small integers, so comparing and storing never allocates. */
export interface Id {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
}

export type CustomerId = Branded<Id, 'CustomerId'>
export type HoldId = Branded<Id, 'HoldId'>
export type EntryId = Branded<Id, 'EntryId'>
export type BookingId = Branded<Id, 'BookingId'>
/** First 128 bits of SHA-256 of (customer, show, idempotency key). D5 */
export type CommandId = Branded<Id, 'CommandId'>

/** 1-based number of a Show in the catalogue, u32. Its public name is `show_<number>`. */
export type ShowNumber = Branded<number, 'ShowNumber'>
/** 1-based number of a Layout version. Its public name is `layout_<number>`. */
export type LayoutNumber = Branded<number, 'LayoutNumber'>
export type ShardNumber = Branded<number, 'ShardNumber'>
/** A process of the cluster, 1..64 of [a-z0-9-]. */
export type NodeId = Branded<string, 'NodeId'>
/** Dense 0-based index of a Seat in a Layout. */
export type SeatIndex = Branded<number, 'SeatIndex'>
/** 1-based count of the confirmed Bookings of one Show; what a sold Seat remembers. */
export type BookingNumber = Branded<number, 'BookingNumber'>
export type Incarnation = Branded<number, 'Incarnation'>
export type Epoch = Branded<number, 'Epoch'>
/** 1-based position of a Frame in its Shard's Journal; 0 means before the first. */
export type FrameNumber = Branded<number, 'FrameNumber'>
/** Counts a Shard's Transitions from 1. */
export type Sequence = Branded<number, 'Sequence'>
/** Milliseconds since 1970-01-01T00:00:00Z, as the shard's clock tells it. */
export type Instant = Branded<number, 'Instant'>

export const asShowNumber = (value: number): ShowNumber => value as ShowNumber
export const asLayoutNumber = (value: number): LayoutNumber => value as LayoutNumber
export const asShardNumber = (value: number): ShardNumber => value as ShardNumber
export const asSeatIndex = (value: number): SeatIndex => value as SeatIndex
export const asSeatIndexes = (values: readonly number[]): readonly SeatIndex[] =>
  values as readonly SeatIndex[]
export const asBookingNumber = (value: number): BookingNumber => value as BookingNumber
export const asIncarnation = (value: number): Incarnation => value as Incarnation
export const asEpoch = (value: number): Epoch => value as Epoch
export const asFrameNumber = (value: number): FrameNumber => value as FrameNumber
export const asSequence = (value: number): Sequence => value as Sequence
export const asInstant = (value: number): Instant => value as Instant

/** undefined unless it is 1..64 of [a-z0-9-], starting with a letter or digit. */
export function parseNodeId(text: string): NodeId | undefined {
  return /^[a-z0-9][a-z0-9-]{0,63}$/.test(text) ? (text as NodeId) : undefined
}

/** Lanes are truncated to signed 32 bits. */
export function idOf<Kind extends Id>(a: number, b: number, c: number, d: number): Kind {
  return { a: a | 0, b: b | 0, c: c | 0, d: d | 0 } as Id as Kind
}

export function sameId(left: Id, right: Id): boolean {
  return left.d === right.d && left.c === right.c && left.b === right.b && left.a === right.a
}

/** The Show that a HoldId, EntryId or BookingId belongs to. I2 */
export function showNumberOf(id: HoldId | EntryId | BookingId): ShowNumber {
  return (id.a >>> 0) as ShowNumber
}

const RANDOM_IDS = 1024
const randomLanes = new Int32Array(RANDOM_IDS * 4)
let randomNext = RANDOM_IDS * 4

function nextLane(): number {
  if (randomNext === randomLanes.length) {
    randomFillSync(randomLanes)
    randomNext = 0
  }
  return randomLanes[randomNext++] as number
}

/** 32-bit show number and 96 random bits (D6). Only gateways and tools call it, never the core. */
export function newShowScopedId<Kind extends HoldId | EntryId | BookingId>(show: ShowNumber): Kind {
  return idOf<Kind>(show, nextLane(), nextLane(), nextLane())
}

export function newCustomerId(): CustomerId {
  return idOf<CustomerId>(nextLane(), nextLane(), nextLane(), nextLane())
}

/** Tells one run of a process from its other runs: 32 random bits, never 0. */
export function newSession(): number {
  return nextLane() >>> 0 || 1
}

/** The first 128 bits of SHA-256 over the text: customers of an identity provider, names in tests. */
export function idFromText<Kind extends Id>(text: string): Kind {
  const bytes = createHash('sha256').update(text).digest()
  return idOf<Kind>(
    bytes.readInt32BE(0),
    bytes.readInt32BE(4),
    bytes.readInt32BE(8),
    bytes.readInt32BE(12),
  )
}

/**
 * The hold that carries the nth offer (0-based) of an entry: derived, so that the core needs no
 * randomness, and as hard to guess as the entry's own id.
 */
export function offerHoldIdOf(entry: EntryId, offerIndex: number): HoldId {
  return idOf<HoldId>(entry.a, entry.b, entry.c, entry.d ^ (offerIndex + 1))
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_TEXT_LENGTH = 26
const valueOfCode = new Int8Array(128).fill(-1)
for (let value = 0; value < ALPHABET.length; value += 1) {
  valueOfCode[ALPHABET.charCodeAt(value)] = value
}

/** Two characters for every ten bits: a quarter of the steps of one character at a time. */
const pairs: string[] = []
for (let bits = 0; bits < 1024; bits += 1) {
  pairs.push(`${ALPHABET[bits >>> 5]}${ALPHABET[bits & 31]}`)
}

const pair = (bits: number): string => pairs[bits & 1023] as string

/** 26 characters of lower-case RFC 4648 base32 without padding. */
export function idTextOf({ a, b, c, d }: Id): string {
  // Twelve characters at a time stay one flat string in V8; longer ones would become ropes.
  const head =
    pair(a >>> 22) +
    pair(a >>> 12) +
    pair(a >>> 2) +
    pair((a << 8) | (b >>> 24)) +
    pair(b >>> 14) +
    pair(b >>> 4)
  const middle =
    pair((b << 6) | (c >>> 26)) +
    pair(c >>> 16) +
    pair(c >>> 6) +
    pair((c << 4) | (d >>> 28)) +
    pair(d >>> 18) +
    pair(d >>> 8)
  return head + middle + pair(d << 2)
}

/** undefined when the text is not the one spelling of an Id. I1 */
export function parseId<Kind extends Id>(text: string): Kind | undefined {
  if (text.length !== ID_TEXT_LENGTH) return undefined
  const lanes = [0, 0, 0, 0]
  for (let index = 0; index < ID_TEXT_LENGTH; index += 1) {
    const code = text.charCodeAt(index)
    const value = code < 128 ? (valueOfCode[code] as number) : -1
    if (value < 0) return undefined
    const isLast = index === ID_TEXT_LENGTH - 1
    if (isLast && (value & 3) !== 0) return undefined // I1: the two spare bits are zero
    const bitCount = isLast ? 3 : 5
    pushBits(lanes, index * 5, isLast ? value >>> 2 : value, bitCount)
  }
  return idOf<Kind>(lanes[0] as number, lanes[1] as number, lanes[2] as number, lanes[3] as number)
}

function pushBits(lanes: number[], at: number, value: number, bitCount: number): void {
  const lane = at >>> 5
  const end = (at & 31) + bitCount
  if (end <= 32) {
    lanes[lane] = (lanes[lane] as number) | (value << (32 - end))
    return
  }
  lanes[lane] = (lanes[lane] as number) | (value >>> (end - 32))
  lanes[lane + 1] = (lanes[lane + 1] as number) | (value << (64 - end))
}

/** The kinds of catalogue rows; the public id is `<kind>_<number>`. */
export type CatalogueKind = 'city' | 'cinema' | 'auditorium' | 'movie' | 'show' | 'layout'

export function publicIdOf(kind: CatalogueKind, number: number): string {
  return `${kind}_${number}`
}

const PUBLIC_ID = /^([a-z]+)_([1-9][0-9]{0,9})$/

/** The row number in a public id of that kind, or undefined when it is none. */
export function parsePublicId(kind: CatalogueKind, text: string): number | undefined {
  const match = PUBLIC_ID.exec(text)
  if (match === null || match[1] !== kind) return undefined
  const number = Number(match[2])
  return number <= 0xffff_ffff ? number : undefined
}
