// What may follow a Frame: the one rule that replay, ledger and audit judge a chain by.
//
//   FO1. The next frame carries the next number and names the hash of the one before.
//   FO2. A restore begins a new incarnation some numbers later (FRAMES_LEFT_OUT): a number never names
//        two frames, so nothing that the lost journal held can be taken for something of the new one.
//   FO3. Reigns are ordered by (incarnation, epoch).

import { NO_HASH, prevHashOf, sameBytes } from './frame.ts'
import type { EncodedFrame, JournalHead } from './ports.ts'

/** More than any journal is ahead of its archive: the ledger would be days behind. */
export const FRAMES_LEFT_OUT = 1_000_000

/** FO1, FO2: the number alone; undefined: nothing stands before it. */
export function isNextNumber(
  before: Pick<JournalHead, 'number' | 'incarnation'> | undefined,
  frame: Pick<JournalHead, 'number' | 'incarnation'>,
): boolean {
  if (frame.number === (before?.number ?? 0) + 1) return true
  const isRestored = before !== undefined && frame.incarnation > before.incarnation
  return isRestored && frame.number > before.number
}

/** FO1 */
export function namesHash(frame: EncodedFrame, before: Uint8Array | undefined): boolean {
  return sameBytes(prevHashOf(frame), before ?? NO_HASH)
}

/** FO3 */
export function isEarlierReign(
  frame: Pick<JournalHead, 'incarnation' | 'epoch'>,
  than: Pick<JournalHead, 'incarnation' | 'epoch'>,
): boolean {
  if (frame.incarnation !== than.incarnation) return frame.incarnation < than.incarnation
  return frame.epoch < than.epoch
}
