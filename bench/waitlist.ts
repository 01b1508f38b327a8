// `waitlist`: how long from a hold's deadline until the first in line hears of the offer of its seat?
//
// Every seat is held by one-seat holds with near deadlines; one waiter per socket joins in a known order;
// nothing else happens: the seats must come to the waiters, in that order, after the deadline.

import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'hdr-histogram-js'
import { hallDocument, openAuditorium } from './halls.ts'
import type { Outcome } from './hold.ts'
import { House } from './house.ts'
import { LiveSocket } from './live-socket.ts'
import { cpuSecondsOf } from './machine.ts'
import type { Options } from './options.ts'
import { CLEAN, percentilesOf } from './report.ts'

const HOLD_TTL_MS = 4_000
const WAIT_MS_MAX = 30_000

interface HoldAnswer {
  readonly seats: readonly { readonly index: number }[]
  readonly expiresAt: string
  readonly sequence: number
}

interface Offer {
  readonly waiter: number
  readonly atMs: number
  readonly hold: HoldAnswer
}

export async function measureWaitlist(options: Options): Promise<Outcome> {
  const house = await House.of(options)
  try {
    return await measure(house, options)
  } finally {
    await house.stop()
  }
}

async function measure(house: House, options: Options): Promise<Outcome> {
  const waiters = options.connections
  const showId = await openShow(house, waiters)
  const offers: Offer[] = []
  const sockets = await openSockets(house, waiters, (waiter, push) => {
    if (push.ev === 'offer' && push.entry?.state === 'offered' && push.entry.hold !== undefined) {
      offers.push({ waiter, atMs: Date.now(), hold: push.entry.hold })
    }
  })
  const deadlines = await holdEverySeat(house, showId, waiters)
  const before = cpuSecondsOf(...house.roots)
  for (const [index, socket] of sockets.entries()) {
    socket.queue(`{"id":${index},"op":"join","showId":"${showId}","key":"j${index}","party":1}`)
    socket.flush()
    await sleep(2) // so that the join order is the order of the sockets
  }
  const from = performance.now()
  while (offers.length < waiters && performance.now() - from < WAIT_MS_MAX) await sleep(20)
  for (const socket of sockets) socket.close()
  return judge({
    offers,
    deadlines,
    waiters,
    seconds: (performance.now() - from) / 1000,
    cpuSec: cpuOf(house, before),
  })
}

function cpuOf(house: House, before: Map<string, number>): number {
  const sum = (used: Map<string, number>): number =>
    [...used.values()].reduce((total, seconds) => total + seconds, 0)
  return sum(cpuSecondsOf(...house.roots)) - sum(before)
}

async function openShow(house: House, seats: number): Promise<string> {
  const layout = hallDocument(1, seats)
  const auditoriumId = await openAuditorium(house, layout)
  const movie = await house.call<{ id: string }>('POST', '/v1/admin/movies', { title: 'Line' })
  const show = await house.call<{ id: string }>('POST', '/v1/admin/shows', {
    movieId: movie.id,
    auditoriumId,
    startsAt: new Date(Date.now() + 86_400_000).toISOString(),
    prices: { all: 1000 },
    policy: { holdsMax: 1_000_000, orphans: 'off', holdTtlMs: HOLD_TTL_MS },
  })
  return show.id
}

interface Push {
  readonly ev?: string
  readonly entry?: { readonly state: string; readonly hold?: HoldAnswer }
}

async function openSockets(
  house: House,
  count: number,
  onPush: (waiter: number, push: Push) => void,
): Promise<LiveSocket[]> {
  const sockets: LiveSocket[] = []
  for (let waiter = 0; waiter < count; waiter += 1) {
    const { token } = await house.guest()
    const target = { host: house.url.hostname, port: Number(house.url.port) }
    const socket = await LiveSocket.open(target, {
      onText: text => onPush(waiter, JSON.parse(text) as Push),
      onClose: () => undefined,
    })
    socket.queue(`{"id":"hello","op":"hello","token":"${token}"}`)
    socket.flush()
    sockets.push(socket)
  }
  return sockets
}

/** seat -> deadline as told */
async function holdEverySeat(
  house: House,
  showId: string,
  seats: number,
): Promise<ReadonlyMap<number, number>> {
  const { token } = await house.guest()
  const deadlines = new Map<number, number>()
  for (let seat = 0; seat < seats; seat += 1) {
    const hold = await house.call<HoldAnswer>(
      'POST',
      `/v1/shows/${showId}/holds`,
      { seats: [seat] },
      token,
    )
    deadlines.set(seat, Date.parse(hold.expiresAt))
  }
  return deadlines
}

function judge(run: {
  readonly offers: readonly Offer[]
  readonly deadlines: ReadonlyMap<number, number>
  readonly waiters: number
  readonly seconds: number
  readonly cpuSec: number
}): Outcome {
  const histogram = build()
  let earlyExpiries = 0
  let fifoBreaks = 0
  const inOrder = [...run.offers].sort((left, right) => left.hold.sequence - right.hold.sequence)
  for (const [position, offer] of inOrder.entries()) {
    if (offer.waiter !== position) fifoBreaks += 1
    const deadline = Math.max(...offer.hold.seats.map(seat => run.deadlines.get(seat.index) ?? 0))
    if (offer.atMs < deadline) earlyExpiries += 1
    histogram.recordValue(Math.max(1, (offer.atMs - deadline) * 1000))
  }
  return {
    row: {
      name: 'usher deadline to offer',
      durability: 'D2',
      opsPerSec: run.offers.length / run.seconds,
      opsPerCpuSec: run.offers.length / Math.max(0.01, run.cpuSec),
      cpuSec: run.cpuSec,
      ...percentilesOf(histogram),
      errors: run.waiters - run.offers.length,
    },
    verdict: { ...CLEAN, earlyExpiries, fifoBreaks },
  }
}
