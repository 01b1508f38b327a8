// What a refusal says to a person.
//
// Owns: one clear sentence for every code a visitor can meet.
// Leaves to others: the codes (api.md), highlighting the seats in conflict (stores/show-desk.ts).

import type { Refusal } from './refusal.ts'

type Sentence = string | ((refusal: Refusal) => string)

const soon = (refusal: Refusal): string => {
  const seconds = Math.ceil((refusal.retryAfterMs ?? 0) / 1000)
  return seconds > 1 ? `Please try again in ${seconds} seconds.` : 'Please try again in a moment.'
}

const SENTENCES: Readonly<Record<string, Sentence>> = {
  'token-invalid': 'Your guest session has ended. A new one was started; please try again.',
  forbidden: 'This is not open to guests.',
  'not-found': 'This is not there any more.',
  'show-not-on-sale': 'This show is not on sale now.',
  'seat-unknown': 'This hall has no such seat.',
  'too-many-seats': refusal => refusal.detail || 'That is more seats than one order may have.',
  'too-many-holds': 'You already hold seats several times. Release one of them first.',
  'seat-taken': refusal =>
    (refusal.conflicts?.length ?? 0) > 1
      ? 'Somebody was faster: the marked seats are gone. The others are still in your selection.'
      : 'Somebody was faster: the marked seat is gone. The others are still in your selection.',
  'leaves-orphan':
    'That would leave a single empty seat. Move by one, or take the single seat as well.',
  'sold-out': 'There is no free seat at the moment. You can join the waitlist.',
  'no-block': refusal =>
    refusal.largest !== undefined && refusal.largest > 0
      ? `So many seats are not free together. The largest group that fits is ${refusal.largest}.`
      : 'So many seats are not free together. You can join the waitlist.',
  'already-waiting': 'You are on the waitlist of this show already.',
  'not-offered': 'There is no offer to decline any more.',
  'waitlist-full': 'The waitlist of this show is full.',
  'hold-expired': 'The time for these seats has run out and they went on.',
  'hold-paying': 'A payment for these seats has begun, so they cannot be changed.',
  'hold-settling': 'The payment for these seats is being settled, so they cannot be changed.',
  'no-extension-left': 'The time for these seats cannot be made longer again.',
  'payment-required': 'These seats must be paid for first. Payment opens in a later release.',
  'rate-limited': refusal => `That was a little fast. ${soon(refusal)}`,
  overloaded: refusal => `Very many people are here right now. ${soon(refusal)}`,
  'shard-unavailable': refusal => `The seats of this show cannot be reached. ${soon(refusal)}`,
  'ledger-unavailable': refusal => `Bookings cannot be written right now. ${soon(refusal)}`,
  draining: refusal => `The server is restarting. ${soon(refusal)}`,
  'outcome-unknown': 'No answer came. Your seats are shown as the server knows them; please look.',
  validation: refusal =>
    refusal.errors?.[0]?.detail ?? (refusal.detail || 'That could not be understood.'),
}

export function sentenceOf(refusal: Refusal): string {
  const sentence = SENTENCES[refusal.code]
  if (typeof sentence === 'string') return sentence
  if (sentence !== undefined) return sentence(refusal)
  return refusal.detail || 'That did not work. Please try again.'
}
