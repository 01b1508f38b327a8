// The end of a simulated world: peace, and everything that was ever told must agree.
//
//   one process serves, no fault any more -> everything is answered -> settling holds are resolved ->
//   time passes until nothing is live -> the Ledger catches up -> its rows are the auditor's facts
//
// Owns: WO2. Leaves to others: single steps (world.ts), rules on the way (judge.ts).

import type { Request } from '../../shared/commands.ts'
import type { BookingId, CustomerId, HoldId, ShowNumber } from '../../shared/ids.ts'
import { idFromText, parseId } from '../../shared/ids.ts'
import { check } from './audit-error.ts'
import type { AuditedShow } from './audited-show.ts'
import { checkDigests } from './digests.ts'
import type { World } from './world.ts'

const STEPS_MAX = 20_000
const ROUNDS_MAX = 100
const HOURS_MS = 2 * 60 * 60 * 1000

export async function checkEnd(world: World): Promise<void> {
  world.note('the end of the day')
  world.town.temper.sendFaults = 0
  world.town.temper.pageFaults = 0
  await calm(world)
  for (let hours = 0; hours < ROUNDS_MAX && hasLiveHold(world); hours += 1) {
    settleAll(world)
    world.disk.clock.advance(HOURS_MS)
    await calm(world) // an offer that lapses goes on to the next in line
  }
  world.judge.guard(() => {
    for (const auditor of world.judge.auditors.values()) {
      for (const [number, show] of auditor.shows) checkRows(world, number, show)
    }
  })
}

/** Whoever takes a request. */
interface Asked {
  ask(request: Request): void
}

export function hasLiveHold({ judge }: Pick<World, 'judge'>): boolean {
  if (judge.failure !== undefined) return false
  const shows = [...judge.auditors.values()].flatMap(auditor => [...auditor.shows.values()])
  return shows.some(show => [...show.holds.values()].some(hold => hold.isLive))
}

/** Everything that is under way has happened, and one process serves. */
export async function calm(world: World): Promise<void> {
  for (let count = 0; world.judge.failure === undefined; count += 1) {
    check(count < STEPS_MAX, 'W5', 'the world comes to no rest')
    if (world.current === undefined) world.start()
    const { current, zombie, ghosts } = world
    current?.tick()
    zombie?.tick()
    const busy = [current, zombie, ...ghosts].filter(one => (one?.stepCount ?? 0) > 0)
    for (const process of busy) process?.step()
    for (const shard of world.town.shards) world.ledgerStep(shard, 8)
    await world.drain()
    const isServing = world.current?.phase === 'serving' && world.current.isIdle
    if (isServing && busy.length === 0 && !world.ledger.hasWork) break
  }
  const { current } = world
  if (current === undefined) return
  world.judge.checkQuiet(() => current)
  world.judge.guard(() => {
    checkDigests(world, current)
    const open = world.unansweredOf(current)
    check(open.length === 0, 'W5', `${open[0]?.kind} was never answered`)
  })
}

/** H4: the Cashier resolves what is settling. */
export function settleAll(world: Pick<World, 'judge' | 'workload'> & Asked): void {
  for (const auditor of world.judge.auditors.values()) {
    for (const [show, { holds }] of auditor.shows) {
      for (const hold of holds.values()) {
        if (hold.phase !== 'settling') continue
        world.ask(
          world.workload.cashierOf(show as ShowNumber, {
            id: parseId<HoldId>(hold.id) ?? idFromText<HoldId>(hold.id),
            customer: parseId<CustomerId>(hold.customer) ?? idFromText<CustomerId>(hold.customer),
            seats: [],
            amount: 0,
            phase: hold.phase,
            booking: parseId<BookingId>(hold.booking ?? ''),
          }),
        )
      }
    }
  }
}

/** The Ledger's rows are what the auditor saw; every sold Seat has one live ticket. */
export function checkRows(world: Pick<World, 'ledger'>, number: number, show: AuditedShow): void {
  const { tables } = world.ledger
  for (const hold of show.holds.values()) {
    check(!hold.isLive, 'H3', `hold ${hold.id} is ${hold.phase} after hours of peace`)
    const row = tables.holds.get(hold.id)
    const told = [row?.phase, row?.seats.join(), row?.prices.join(), row?.extensionCount]
    const known = [hold.phase, hold.seats.join(), hold.prices.join(), hold.extensions]
    check(told.join('|') === known.join('|'), 'LE1', `hold ${hold.id}: row ${told}, not ${known}`)
    check(row?.customer === hold.customer, 'LE1', `hold ${hold.id} has another customer's row`)
  }
  for (const waiter of show.line.waiters) {
    const state = tables.entries.get(waiter.id)?.state
    check(state === waiter.state, 'LE1', `entry ${waiter.id}: row ${state}, not ${waiter.state}`)
  }
  for (const [id, booking] of show.bookings) {
    const row = tables.bookings.get(id)
    const isGone = booking.seats.size === 0
    const isWhole = booking.seats.size === row?.seats.length
    const status = isGone ? 'cancelled' : isWhole ? 'confirmed' : 'partly-cancelled'
    check(row?.status === status, 'LE1', `booking ${id}: row ${row?.status}, not ${status}`)
    check(row.number === booking.number, 'LE1', `booking ${id}: number ${row.number}`)
  }
  for (let seat = 0; seat < show.seats.length; seat += 1) {
    const owner = show.seats.ownerOf(seat)
    const sold = owner.kind === 'sold' ? owner.booking : undefined
    const ticket = tables.liveTickets.get(`${number}/${seat}`)
    check(ticket === sold, 'LE1', `seat ${seat} is ${owner.kind}, its live ticket is of ${ticket}`)
  }
}
