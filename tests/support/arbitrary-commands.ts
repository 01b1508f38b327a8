// Random commands for a small hall with few customers, so that they meet each other often.
//
// Owns: the mix of commands. Leaves to others: running them (house.ts), judging the result.

import fc from 'fast-check'
import { type House, SHOW } from './house.ts'
import {
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
  hold,
  join,
  keyed,
  leave,
  outage,
  pay,
  release,
  type Step,
  settle,
  tick,
  unblock,
  wait,
} from './story.ts'

/** Names are `customer-nth`: ended ones are asked for again, as repeats and strangers do. */
const name = fc
  .tuple(fc.constantFrom('ann', 'bob', 'cat', 'dan', 'eve', 'fay'), fc.nat(4))
  .map(([customer, nth]) => `${customer}-${nth}`)
const seat = fc.nat(23)
const seats = fc.oneof(
  fc.uniqueArray(seat, { minLength: 1, maxLength: 4 }),
  fc
    .tuple(fc.nat(20), fc.integer({ min: 1, max: 4 }))
    .map(([start, count]) =>
      Array.from({ length: count }, (_, offset) => start + offset).filter(index => index < 24),
    ),
)
const wish = fc.record({
  minParty: fc.integer({ min: 1, max: 3 }),
  together: fc.boolean(),
  categories: fc.constantFrom(0, 1, 2),
  accessible: fc.nat(9).map(dice => dice === 0),
})

const command = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(name, seats).map(([who, which]) => hold(who, ...which)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, fc.integer({ min: 1, max: 6 }))
      .map(([who, count]) => best(who, count)),
  },
  { weight: 3, arbitrary: fc.tuple(name, seats).map(([who, which]) => change(who, ...which)) },
  { weight: 5, arbitrary: name.map(release) },
  { weight: 2, arbitrary: name.map(extend) },
  { weight: 3, arbitrary: name.map(pay) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, fc.integer({ min: 1, max: 6 }))
      .map(([who, count]) => settle(who, count * 1_000)),
  },
  { weight: 1, arbitrary: name.map(fail) },
  { weight: 2, arbitrary: name.map(who => book(who)) },
  { weight: 2, arbitrary: name.map(who => boxOffice(book(who))) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.integer({ min: 1, max: 6 }), seats)
      .map(([who, number, which]) => cancel(who, number, ...which)),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(name, fc.integer({ min: 1, max: 4 }), wish)
      .map(([who, party, one]) =>
        join(who, party, { ...one, minParty: Math.min(one.minParty, party) }),
      ),
  },
  { weight: 2, arbitrary: name.map(leave) },
  { weight: 2, arbitrary: name.map(decline) },
  { weight: 1, arbitrary: seats.map(which => block(...which)) },
  { weight: 1, arbitrary: seats.map(which => unblock(...which)) },
)

/** Some under a key that others use too. */
const asked = fc
  .tuple(command, fc.option(fc.nat(60), { freq: 3 }))
  .map(([one, key]) => (key === null || !('customer' in one) ? one : keyed(`key ${key}`, one)))

const forget: Step = (house: House) => house.state.forgetEnded(house.state.sequence, house.now)

const time = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 900, 20_000, 61_000, 300_000).map(wait) },
  { weight: 2, arbitrary: fc.constantFrom(10, 60_000, 400_000).map(tick) },
  { weight: 1, arbitrary: fc.constantFrom(1_000, 60_000).map(outage) },
  { weight: 1, arbitrary: fc.constant(forget) },
)

/** Possible or not: nobody changes a cancelled show. */
const retime =
  (seconds: number): Step =>
  house => {
    const policy = { ...house.show.terms.policy, holdTtlMs: seconds * 1_000 }
    house.run({ kind: 'change-show', show: SHOW, terms: { ...house.show.terms, policy } })
  }

const house = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 900 }).map(retime) },
  { weight: 1, arbitrary: fc.constant<Step>(cancelShow) },
)

export const arbitrarySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 80, arbitrary: asked },
    { weight: 12, arbitrary: time },
    { weight: 1, arbitrary: house },
  ),
  { minLength: 1, maxLength: 300, size: 'max' },
)
