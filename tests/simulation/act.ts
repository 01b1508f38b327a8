// One step of a simulated world: the PRNG's choice among everything that may happen next.
//
// Owns: how likely each step is. Leaves to others: carrying it out (world.ts, sim-*.ts).

import type { ShardNumber } from '../../shared/ids.ts'
import { calm } from './end-of-day.ts'
import type { World } from './world.ts'

const CHOICES = {
  ask: 30,
  crowd: 3,
  again: 4,
  reask: 4,
  otherBody: 1,
  step: 46,
  tick: 8,
  wait: 8,
  waitUntilDue: 3,
  waitPastDue: 2,
  pause: 1,
  wallJump: 0.6,
  calm: 1.2,
  crash: 0.8,
  ghost: 0.5,
  zombie: 0.4,
  stop: 0.4,
  ledger: 18,
  ledgerCrash: 0.8,
  losePage: 0.3,
} as const

type Choice = keyof typeof CHOICES

const ACTS: Readonly<Record<Choice, (world: World) => void | Promise<void>>> = {
  ask: world => world.ask(world.workload.next(), pickProcess(world)),
  crowd,
  again,
  reask,
  otherBody,
  step: stepSomething,
  tick: world => {
    world.current?.tick()
    if (world.random.chance(0.5)) world.zombie?.tick()
  },
  wait: world => pass(world, world.random.between(1, 400)),
  waitUntilDue: world => pass(world, Math.min(900, dueIn(world))),
  waitPastDue: world => pass(world, dueIn(world) + world.random.below(3)),
  pause,
  wallJump,
  calm,
  crash: world => world.crash(false),
  ghost: world => world.crash(true),
  zombie: world => world.abandon(),
  stop,
  ledger: world => world.ledgerStep(pickShard(world), world.random.between(1, 6)),
  ledgerCrash: world => {
    world.fault('ledger-crash')
    world.judge.guard(() => world.ledger.crash())
  },
  losePage,
}

export async function act(world: World): Promise<void> {
  if (world.current === undefined && world.random.chance(0.3)) world.start()
  await ACTS[world.random.weighted(CHOICES)](world)
  await world.drain()
}

function pickProcess({ current, zombie, random }: World) {
  return zombie !== undefined && random.chance(0.25) ? zombie : current
}

function pickShard({ random, town }: World): ShardNumber {
  return random.pick(town.shards) as ShardNumber
}

function crowd(world: World): void {
  const count = world.random.between(3, 9)
  for (let at = 0; at < count; at += 1) world.ask(world.workload.next(), pickProcess(world))
}

/** A client that heard nothing yet, or lost what it heard, sends the same again (D5). */
function again(world: World): void {
  const request = world.pickAsked()
  if (request === undefined) return
  world.fault(world.isUndecided(request) ? 'repeat-undecided' : 'repeat')
  world.ask(world.workload.again(request), pickProcess(world))
}

/** After a crash or an unknown outcome. */
function reask(world: World): void {
  const request = world.takeLost()
  if (request !== undefined) world.ask(world.workload.again(request))
}

function otherBody(world: World): void {
  const request = world.pickAsked()
  const other = request === undefined ? undefined : world.workload.otherBody(request)
  if (other === undefined) return
  world.fault('other-body')
  world.ask(other)
}

function stepSomething(world: World): void {
  const { current, zombie, ghosts, random } = world
  const busy = [current, zombie, ...ghosts].filter(one => (one?.stepCount ?? 0) > 0)
  random.pick(busy)?.step()
}

const QUICK_STEPS = 40

/** Mostly the loops were quick: what was under way is done before time goes by. */
async function settle(world: World): Promise<void> {
  if (world.random.chance(0.25)) return
  for (let count = 0; count < QUICK_STEPS && world.current?.isIdle === false; count += 1) {
    stepSomething(world)
    await world.drain()
  }
}

/** Time goes by and the timers of whoever lives run. */
async function pass(world: World, ms: number): Promise<void> {
  await settle(world)
  world.disk.clock.advance(ms)
  world.trueWallMs += ms
  if (ms > 1_000) world.tally.add('fault pause')
  world.note(`.. ${ms} ms`)
  if (world.random.chance(0.9)) world.current?.tick()
  if (world.random.chance(0.5)) world.zombie?.tick()
}

function pause(world: World): Promise<void> {
  return pass(world, world.random.pick([1_200, 5_000, 61_000, 125_000, 400_000]) ?? 1_200)
}

/** Until the next deadline that the auditor knows of. */
function dueIn({ judge, random }: World): number {
  let due = Number.POSITIVE_INFINITY
  for (const auditor of judge.auditors.values()) {
    for (const show of auditor.shows.values()) {
      for (const hold of show.holds.values()) {
        if (hold.canExpire) due = Math.min(due, hold.expiresAt - auditor.time)
      }
    }
  }
  return Number.isFinite(due) ? Math.max(due, 0) : random.below(2_000)
}

/** Not between the check of the clock at a start and its claim. */
function wallJump(world: World): void {
  if (world.current?.phase === 'starting') return
  const isForward = world.random.chance(0.5)
  world.fault(isForward ? 'clock-forward' : 'clock-back')
  const ms = world.random.between(1, 3_600_000)
  world.disk.clock.jumpWall(isForward ? ms : -ms)
}

function stop(world: World): void {
  if (world.current?.phase !== 'serving') return
  world.fault('stop')
  world.current.stop()
}

function losePage(world: World): void {
  world.fault('lost-page')
  const shows = [0, ...world.town.shows]
  world.disk.pages.lose(pickShard(world), world.random.pick(shows) ?? 0)
}
