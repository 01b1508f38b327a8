// Between the inside (views, commands) and what the public contract says in JSON.
//
// Owns: the text of holds, entries and errors, the commands that bodies become.
// Leaves to others: checking bodies (schemas/), seat messages (live-codec.ts), HTTP (http/).
//
//   X1. Text is concatenated, with what a Layout repeats made once: a reply builds no objects.
//   X2. Money and times never come from the client: prices are those of the view (S7).

import type {
  CategorySet,
  CommandKey,
  HoldBest,
  HoldSeats,
  JoinWaitlist,
} from '../shared/commands.ts'
import {
  asSeatIndexes,
  type CustomerId,
  type EntryId,
  type HoldId,
  type Instant,
  idTextOf,
  newShowScopedId,
  publicIdOf,
  type ShowNumber,
} from '../shared/ids.ts'
import type { EntryView, HoldView, LinkFault, Reply } from '../shared/views.ts'
import type { LayoutCard, ShowCard } from './directory.ts'
import type { Problem, ProblemCode, ProblemExtra } from './problems.ts'
import { problemOf } from './problems.ts'

/** Hold of api.md. `now` is the reply's shard time; `ttlMs` is what remains then. */
export function holdJsonOf(view: HoldView, card: ShowCard, now: Instant): string {
  const { labels, categoryOf } = card.layout
  const tails = tailsOf(card.layout)
  const money = `,"currency":"${card.terms.currency}"}`
  let seats = ''
  let amount = 0
  for (let index = 0; index < view.seats.length; index += 1) {
    const seat = view.seats[index] as number
    const price = view.prices[index] as number
    amount += price
    seats +=
      `${index === 0 ? '' : ','}{"index":${seat},"label":${JSON.stringify(labels[seat])}` +
      `${tails[categoryOf[seat] as number]}${price}${money}}`
  }
  const booking = view.booking === undefined ? '' : `,"bookingId":"${idTextOf(view.booking)}"`
  return (
    `{"id":"${idTextOf(view.id)}","showId":"${card.publicId}","customerId":"` +
    `${customerTextOf(view.customer)}","phase":"${view.phase}","seats":[${seats}],` +
    `"amount":{"amount":${amount}${money},"expiresAt":"${instantTextOf(view.expiresAt)}",` +
    `"ttlMs":${ttlMsOf(view, now)},"extensionsLeft":${view.extensionsLeft},` +
    `"origin":"${view.origin}"${booking},"epoch":${view.incarnation},"sequence":${view.sequence}}`
  )
}

/** Entry of api.md. */
export function entryJsonOf(view: EntryView, card: ShowCard, now: Instant): string {
  const hold = view.hold === undefined ? '' : `,"hold":${holdJsonOf(view.hold, card, now)}`
  return (
    `{"id":"${idTextOf(view.id)}","showId":"${card.publicId}","state":"${view.state}",` +
    `"party":${view.party},"ahead":${view.ahead}${hold}}`
  )
}

/** What a refusal or fault of the inside is called outside; undefined for every other reply. */
export function problemOfReply(reply: Reply): Problem | undefined {
  if (reply.kind === 'fault') {
    const code: LinkFault & ProblemCode = reply.code
    return problemOf(code, reply.detail, { retryAfterMs: reply.retryAfterMs })
  }
  if (reply.kind !== 'refused') return undefined
  const extra: ProblemExtra = {
    ...(reply.conflicts === undefined ? {} : { conflicts: reply.conflicts }),
    ...(reply.largest === undefined ? {} : { largest: reply.largest }),
  }
  return problemOf(reply.code, reply.detail, extra)
}

/** What is left of its life; nothing once it has ended. */
function ttlMsOf(view: HoldView, now: Instant): number {
  const isLive = view.phase === 'selecting' || view.phase === 'paying' || view.phase === 'settling'
  return isLive ? Math.max(0, view.expiresAt - now) : 0
}

const tailsByLayout = new WeakMap<LayoutCard, readonly string[]>()

/** What stands between a seat's label and its price, by category. X1 */
function tailsOf(layout: LayoutCard): readonly string[] {
  const known = tailsByLayout.get(layout)
  if (known !== undefined) return known
  const tails = layout.categories.map(
    ({ id }) => `,"category":${JSON.stringify(id)},"price":{"amount":`,
  )
  tailsByLayout.set(layout, tails)
  return tails
}

let lastInstant = -1
let lastInstantText = ''

/** RFC 3339 in UTC. The deadlines of one frame are mostly equal, so the last text is kept. */
function instantTextOf(instant: Instant): string {
  if (instant !== lastInstant) {
    lastInstant = instant
    lastInstantText = new Date(instant).toISOString()
  }
  return lastInstantText
}

const TEXTS_KEPT = 8_192
const textIds: (CustomerId | undefined)[] = new Array(TEXTS_KEPT).fill(undefined)
const texts: string[] = new Array(TEXTS_KEPT).fill('')

/** idTextOf with a small memory: the customers of live sockets are spelled again and again. */
export function customerTextOf(customer: CustomerId): string {
  const slot = customer.d & (TEXTS_KEPT - 1)
  const known = textIds[slot]
  if (
    known !== undefined &&
    known.d === customer.d &&
    known.c === customer.c &&
    known.b === customer.b &&
    known.a === customer.a
  ) {
    return texts[slot] as string
  }
  const text = idTextOf(customer)
  textIds[slot] = customer
  texts[slot] = text
  return text
}

export function showTextOf(show: ShowNumber): string {
  return publicIdOf('show', show)
}

/** Who asks for what; the common part of every customer command. */
export interface AskedBy {
  readonly show: ShowNumber
  readonly customer: CustomerId
  readonly isBoxOffice: boolean
  readonly key?: CommandKey
}

/** `best` of a hold, checked by its schema. */
export interface BestBody {
  readonly count: number
  readonly categories?: readonly string[] | undefined
  readonly together?: boolean | undefined
  readonly accessible?: boolean | undefined
}

/** The body of a join, checked by its schema. */
export interface JoinBody {
  readonly party: number
  readonly minParty?: number | undefined
  readonly categories?: readonly string[] | undefined
  readonly together?: boolean | undefined
  readonly accessible?: boolean | undefined
}

export function holdSeatsOf(asked: AskedBy, seats: readonly number[]): HoldSeats {
  const { show, customer, isBoxOffice, key } = asked
  const hold = newShowScopedId<HoldId>(show)
  const named = asSeatIndexes(seats)
  if (key === undefined) {
    return { kind: 'hold-seats', show, customer, isBoxOffice, hold, seats: named }
  }
  return { kind: 'hold-seats', show, customer, isBoxOffice, key, hold, seats: named }
}

/** undefined: a category that the layout does not have. */
export function holdBestOf(
  asked: AskedBy,
  best: BestBody,
  layout: LayoutCard,
): HoldBest | undefined {
  const categories = categorySetOf(best.categories, layout)
  if (categories === undefined) return undefined
  return {
    kind: 'hold-best',
    ...asked,
    hold: newShowScopedId<HoldId>(asked.show),
    count: best.count,
    categories,
    ...(best.together === undefined ? {} : { together: best.together }),
    accessible: best.accessible ?? false,
  }
}

/** undefined: a category that the layout does not have. */
export function joinOf(
  asked: AskedBy,
  body: JoinBody,
  layout: LayoutCard,
): JoinWaitlist | undefined {
  const categories = categorySetOf(body.categories, layout)
  if (categories === undefined) return undefined
  return {
    kind: 'join-waitlist',
    ...asked,
    entry: newShowScopedId<EntryId>(asked.show),
    party: body.party,
    minParty: body.minParty ?? body.party,
    categories,
    together: body.together ?? true,
    accessible: body.accessible ?? false,
  }
}

/** 0 (every category) when none is named; undefined when one is unknown. */
export function categorySetOf(
  ids: readonly string[] | undefined,
  layout: LayoutCard,
): CategorySet | undefined {
  let set = 0
  for (const id of ids ?? []) {
    const index = layout.categories.findIndex(category => category.id === id)
    if (index === -1) return undefined
    set |= 1 << index
  }
  return set
}
