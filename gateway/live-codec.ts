// The messages of the live connection that speak of seats, as JSON text and as bytes.
//
// Owns: both subprotocols' spelling of snapshots, deltas, heads and notices.
// Leaves to others: which message is due (feed.ts, session-watch.ts), holds and entries (translate.ts).
//
//   snapshot  u8 1 · u8 0 · u16 0     · u32 showRef · u32 epoch · u32 version · u32 seatCount · states
//   delta     u8 2 · u8 0 · u16 count · u32 showRef · u32 epoch · u32 from    · u32 to        · u32[]
//
//   K1. Little endian; a change is index << 2 | state; states are 2 bits a seat.
//   K2. The showRef of a Show is its number: the same for every socket, without a table.

import { assert } from '../shared/assert.ts'
import type { ShowNumber } from '../shared/ids.ts'
import { showTextOf } from './translate.ts'

export type Subprotocol = 'usher.v1.json' | 'usher.v1.bin'

const HEADER_BYTES = 20
const SNAPSHOT = 1
const DELTA = 2
const CHANGES_PER_DELTA_MAX = 0xffff

/** Where a Show's watchers stand. */
export interface Position {
  readonly epoch: number
  readonly version: number
}

export interface SeatsMessage {
  readonly show: ShowNumber
  readonly epoch: number
  readonly from: number
  readonly to: number
  /** each seat << 2 | state, in order */
  readonly changes: Int32Array
}

export interface MapMessage extends Position {
  readonly show: ShowNumber
  readonly seatCount: number
  readonly states: Uint8Array
}

/** K2 */
function showRefOf(show: ShowNumber): number {
  return show
}

export function snapshotBytesOf(map: MapMessage): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + map.states.length)
  const view = new DataView(bytes.buffer)
  assert(map.states.length === Math.ceil(map.seatCount / 4), 'K1: states are 2 bits a seat')
  view.setUint8(0, SNAPSHOT)
  view.setUint32(4, showRefOf(map.show), true)
  view.setUint32(8, map.epoch, true)
  view.setUint32(12, map.version, true)
  view.setUint32(16, map.seatCount, true)
  bytes.set(map.states, HEADER_BYTES)
  return bytes
}

export function deltaBytesOf(message: SeatsMessage): Uint8Array {
  const { changes } = message
  assert(changes.length <= CHANGES_PER_DELTA_MAX, 'K1: the count of a delta is a u16')
  const bytes = new Uint8Array(HEADER_BYTES + changes.length * 4)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, DELTA)
  view.setUint16(2, changes.length, true)
  view.setUint32(4, showRefOf(message.show), true)
  view.setUint32(8, message.epoch, true)
  view.setUint32(12, message.from, true)
  view.setUint32(16, message.to, true)
  for (let index = 0; index < changes.length; index += 1) {
    view.setUint32(HEADER_BYTES + index * 4, changes[index] as number, true)
  }
  return bytes
}

/** `[[index,state],...]` */
function changesTextOf(changes: Int32Array): string {
  let text = '['
  for (let index = 0; index < changes.length; index += 1) {
    const change = changes[index] as number
    text += `${index === 0 ? '' : ','}[${change >>> 2},${change & 3}]`
  }
  return `${text}]`
}

export function seatsTextOf(message: SeatsMessage): string {
  return (
    `{"ev":"seats","showId":"${showTextOf(message.show)}","epoch":${message.epoch},` +
    `"from":${message.from},"to":${message.to},"changes":${changesTextOf(message.changes)}}`
  )
}

export function headTextOf(show: ShowNumber, at: Position): string {
  return `{"ev":"head",${placeTextOf(show, at)}}`
}

/** `states` is absent on the binary subprotocol: a snapshot follows there. */
export function resyncTextOf(show: ShowNumber, at: Position, states?: string): string {
  const map = states === undefined ? '' : `,"states":"${states}"`
  return `{"ev":"resync",${placeTextOf(show, at)}${map}}`
}

/** The ok of a `watch` without history. */
export function mapTextOf(show: ShowNumber, at: Position, states: string): string {
  return `{${placeTextOf(show, at)},"states":"${states}"}`
}

/** The ok of a `watch` on the binary subprotocol; the snapshot follows as bytes. */
export function mapRefTextOf(show: ShowNumber, at: Position): string {
  return `{${placeTextOf(show, at)},"showRef":${showRefOf(show)}}`
}

/** The ok of a `watch` that could be resumed (F5). */
export function recoveredTextOf(
  show: ShowNumber,
  at: Position,
  history: { readonly changes: Int32Array; readonly isBinary: boolean },
): string {
  const ref = history.isBinary ? `,"showRef":${showRefOf(show)}` : ''
  const changes = changesTextOf(history.changes)
  return `{${placeTextOf(show, at)}${ref},"recovered":true,"changes":${changes}}`
}

export function laggedTextOf(show: ShowNumber): string {
  return `{"ev":"lagged","showId":"${showTextOf(show)}"}`
}

export function goawayTextOf(afterMs: number): string {
  return `{"ev":"goaway","afterMs":${afterMs}}`
}

function placeTextOf(show: ShowNumber, at: Position): string {
  return `"showId":"${showTextOf(show)}","epoch":${at.epoch},"version":${at.version}`
}
