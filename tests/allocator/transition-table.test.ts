// The complete table: every kind of command against every situation of one hold (SPEC.md).

import assert from 'node:assert/strict'
import test from 'node:test'
import type { Command, CommandKind } from '../../shared/commands.ts'
import { type EntryId, offerHoldIdOf } from '../../shared/ids.ts'
import { REFUSALS, type RefusalCode } from '../../shared/refusals.ts'
import type { TransitionKind } from '../../shared/transitions.ts'
import { rowOf } from '../support/halls.ts'
import { SHOW } from '../support/house.ts'
import {
  as,
  best,
  block,
  book,
  boxOffice,
  cancel,
  cancelShow,
  change,
  decline,
  extend,
  fail,
  given,
  hold,
  idNamed,
  join,
  leave,
  pay,
  release,
  type Step,
  type Story,
  settle,
  tick,
  unblock,
  wait,
} from '../support/story.ts'

/** Hall of two Seats; the hold is Ann's, of both. */
const SITUATIONS = {
  none: [],
  foreign: [hold('bob', 0, 1)],
  selecting: [hold('ann', 0, 1)],
  overdue: [hold('ann', 0, 1), tick(300_000)],
  paying: [hold('ann', 0, 1), pay('ann')],
  settling: [hold('ann', 0, 1), pay('ann'), settle('ann', 2_000)],
  booked: [hold('ann', 0, 1), boxOffice(book('ann'))],
  released: [hold('ann', 0, 1), release('ann')],
  expired: [hold('ann', 0, 1), wait(300_000)],
} as const satisfies Record<string, readonly Step[]>

type Situation = keyof typeof SITUATIONS

/** A Refusal, or the Transitions in order; an empty list answers as it is. */
type Expected = RefusalCode | readonly TransitionKind[]

const nothing: Expected = []

/** The same in every situation but those named. */
function always(expected: Expected, but: Partial<Record<Situation, Expected>> = {}) {
  const row: Record<Situation, Expected> = {
    none: expected,
    foreign: expected,
    selecting: expected,
    overdue: expected,
    paying: expected,
    settling: expected,
    booked: expected,
    released: expected,
    expired: expected,
  }
  return { ...row, ...but }
}

/** Both Seats are free again. */
const free = (expected: Expected): Partial<Record<Situation, Expected>> => ({
  none: expected,
  released: expected,
  expired: expected,
})

const COMMANDS: Record<CommandKind, Command | ((story: Story) => Command)> = {
  'hold-seats': hold('cat', 0, 1),
  'hold-best': best('cat', 2),
  'change-hold': change('ann', 0),
  'release-hold': release('ann'),
  'extend-hold': extend('ann'),
  'start-payment': pay('ann'),
  'settle-hold': settle('ann', 2_000),
  'fail-settlement': fail('ann'),
  'book-hold': book('ann'),
  'cancel-booking': cancel('ann', 1, 0, 1),
  'join-waitlist': join('ann', 2),
  'leave-waitlist': leave('ann'),
  'decline-offer': decline('ann'),
  'open-show': story => ({ kind: 'open-show', show: SHOW, terms: story.house.terms }),
  'change-show': story => ({
    kind: 'change-show',
    show: SHOW,
    terms: { ...story.house.terms, prices: [5] },
  }),
  'cancel-show': cancelShow,
  'block-seats': block(0, 1),
  'unblock-seats': unblock(0, 1),
  'pass-time': { kind: 'pass-time' },
}

const TABLE: Record<CommandKind, Record<Situation, Expected>> = {
  'hold-seats': always('seat-taken', free(['seats-held'])),
  'hold-best': always('sold-out', free(['seats-held'])),
  'change-hold': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: ['hold-changed'],
    overdue: 'hold-expired',
    paying: 'hold-paying',
    settling: 'hold-settling',
    booked: 'seat-taken',
    released: 'hold-expired',
    expired: 'hold-expired',
  },
  'release-hold': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: ['hold-released'],
    overdue: ['hold-released'],
    paying: ['hold-released'],
    settling: 'hold-settling',
    booked: 'hold-expired',
    released: nothing,
    expired: nothing,
  },
  'extend-hold': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: ['hold-extended'],
    overdue: 'hold-expired',
    paying: ['hold-extended'],
    settling: 'hold-settling',
    booked: 'hold-expired',
    released: 'hold-expired',
    expired: 'hold-expired',
  },
  'start-payment': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: ['payment-started'],
    overdue: 'hold-expired',
    paying: nothing,
    settling: 'hold-settling',
    booked: 'hold-expired',
    released: 'hold-expired',
    expired: 'hold-expired',
  },
  'settle-hold': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: 'payment-required',
    overdue: 'hold-expired',
    paying: ['hold-settling'],
    settling: nothing,
    booked: nothing,
    released: 'hold-expired',
    expired: 'hold-expired',
  },
  'fail-settlement': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: 'payment-required',
    overdue: 'payment-required',
    paying: 'payment-required',
    settling: ['settlement-failed'],
    booked: 'hold-expired',
    released: nothing,
    expired: nothing,
  },
  'book-hold': {
    none: 'not-found',
    foreign: 'not-found',
    selecting: 'payment-required',
    overdue: 'hold-expired',
    paying: 'payment-required',
    settling: ['hold-booked'],
    booked: nothing,
    released: 'hold-expired',
    expired: 'hold-expired',
  },
  'cancel-booking': always('not-found', { booked: ['booking-cancelled'] }),
  'join-waitlist': always(['waiter-joined'], free(['waiter-joined', 'waiter-offered'])),
  'leave-waitlist': always('not-found'),
  'decline-offer': always('not-found'),
  'open-show': always(nothing),
  'change-show': always(['show-changed']),
  'cancel-show': always(['show-cancelled']),
  'block-seats': always('seat-taken', free(['seats-blocked'])),
  'unblock-seats': always(nothing),
  'pass-time': always(nothing, { overdue: ['hold-expired'] }),
}

function check(story: Story, expected: Expected): void {
  if (typeof expected === 'string') story.refuses(expected)
  else story.records(...expected)
}

for (const kind of Object.keys(TABLE) as CommandKind[]) {
  test(`H8 D2 the table of ${kind}`, () => {
    for (const situation of Object.keys(SITUATIONS) as Situation[]) {
      const story = given(2, ...SITUATIONS[situation])
      const command = COMMANDS[kind]
      try {
        check(
          story.when(typeof command === 'function' ? command(story) : command),
          TABLE[kind][situation],
        )
      } catch (cause) {
        throw new Error(`${kind} on a hold that is ${situation}`, { cause })
      }
    }
  })
}

/** Each case suffers from several Refusals at once; the first of REFUSALS is answered. */
const PRECEDENCE: readonly (readonly [first: RefusalCode, story: () => Story, step: Command])[] = [
  ['not-found', () => given(4).and(cancelShow), as('bob', change('ann', 99))],
  ['show-not-on-sale', () => given(4).and(cancelShow), hold('ann', 99, 99)],
  ['seat-unknown', () => given(4, hold('bob', 0)), hold('ann', 0, 0, 99)],
  [
    'seat-repeated',
    () => given({ layout: rowOf(4), policy: { seatsMax: 1 } }, hold('bob', 0)),
    hold('ann', 0, 0),
  ],
  [
    'too-many-seats',
    () => given({ layout: rowOf(4), policy: { seatsMax: 1, holdsMax: 0 } }),
    hold('ann', 0, 1),
  ],
  [
    'too-many-holds',
    () => given({ layout: rowOf(4), policy: { holdsMax: 1 } }, hold('ann', 0)),
    hold('ann-2', 0, 1),
  ],
  [
    'seat-taken',
    () => given({ layout: rowOf(5), policy: { orphans: 'on' } }, hold('bob', 0, 1)),
    hold('ann', 1, 3),
  ],
  [
    'leaves-orphan',
    () => given({ layout: rowOf(5), policy: { orphans: 'on' } }, hold('ann', 0, 1), pay('ann')),
    change('ann', 1, 2),
  ],
  [
    'too-many-holds',
    () => given({ layout: rowOf(2), policy: { holdsMax: 1 } }, hold('ann', 0, 1)),
    best('ann-2', 1),
  ],
  [
    'too-many-seats',
    () => given({ layout: rowOf(2), policy: { seatsMax: 1 } }, hold('bob', 0)),
    join('ann', 5),
  ],
  ['no-block', () => given(3, hold('bob', 0, 1, 2), join('ann', 1)), join('ann', 4)],
  ['not-offered', () => given(3, hold('bob', 0), join('ann', 1), tick(300_000)), offerChange()],
  ['hold-expired', () => given(3, hold('ann', 0), pay('ann'), tick(300_000)), change('ann', 1)],
  ['hold-expired', () => given(3, hold('ann', 0), tick(300_000)), settle('ann', 5)],
  ['payment-required', () => given(3, hold('ann', 0)), settle('ann', 5)],
]

/** When her offer of one seat is overdue, Ann asks for both that are not Bob's. */
function offerChange(): Command {
  const command = change('ann', 1, 2)
  assert.ok(command.kind === 'change-hold')
  return { ...command, hold: offerHoldIdOf(idNamed<EntryId>('entry of ann'), 0) }
}

test('D3 the first Refusal in the order of REFUSALS is the answer', () => {
  for (const [first, story, step] of PRECEDENCE) {
    assert.ok(REFUSALS.includes(first))
    story().when(step).refuses(first)
  }
})
