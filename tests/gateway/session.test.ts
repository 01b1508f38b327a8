// One socket from greeting to end: commands, answers and personal news (limits: session-limits).

import assert from 'node:assert/strict'
import test from 'node:test'
import { commandKeyOf } from '../../gateway/router.ts'
import { LIVE_OKS, LIVE_PUSHES, LiveErr } from '../../gateway/schemas/live-messages.ts'
import { type HoldId, parseId } from '../../shared/ids.ts'
import { callerOf, SHOW, SHOW_ID } from './live-stage.ts'
import { codeOf, holder, holdOf, type Json, soon, staged } from './session-words.ts'

test('W1 hello answers who one is, when it is, and how often the server pings', t => {
  const stage = staged(t)
  const socket = stage.connect()
  stage.tokens.set('good', callerOf('ann'))
  stage.say(socket, { id: 'a', op: 'hello', token: 'good' })
  const [answer] = socket.takeJson()
  assert.equal(answer?.id, 'a')
  const greeting = LIVE_OKS.hello.parse(answer?.ok)
  assert.equal(greeting.customerId, callerOf('ann').customerText)
  const guest = stage.connect()
  stage.say(guest, { id: 1, op: 'hello' })
  assert.equal(LIVE_OKS.hello.parse(guest.takeJson()[0]?.ok).customerId, null)
})

test('W1 a token that is not ours is answered and closed with 4401', async t => {
  const stage = staged(t)
  const socket = stage.connect()
  stage.say(socket, { id: 1, op: 'hello', token: 'stolen' })
  await soon()
  assert.equal(codeOf(socket.takeJson()[0]), 'token-invalid')
  assert.equal(socket.closeCode(), 4401)
})

test('W1 no hello within the limit closes with 4408', async t => {
  const stage = staged(t, { helloWithinMs: 20 })
  const socket = stage.connect()
  const greeted = stage.greet()
  stage.say(socket, { id: 1, op: 'watch', showId: SHOW_ID })
  assert.equal(codeOf(socket.takeJson()[0]), 'token-invalid', 'a command before hello')
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.equal(socket.closeCode(), 4408)
  assert.equal(greeted.closeCode(), undefined)
})

test('W1 a second hello is validation, a write without a token token-invalid', t => {
  const stage = staged(t)
  const socket = stage.greet()
  stage.say(socket, { id: 1, op: 'hello' })
  stage.say(socket, holdOf(2, [1]))
  assert.deepEqual(socket.takeJson().map(codeOf), ['validation', 'token-invalid'])
  assert.equal(socket.closeCode(), undefined)
})

test('W4 commands in the same breath as hello wait for the token', async t => {
  const stage = staged(t)
  await stage.warm()
  const socket = stage.connect()
  const caller = callerOf('late')
  stage.tokens.set('late', caller)
  const peek = stage.house.auth.peek
  Object.assign(stage.house.auth, { peek: () => undefined })
  stage.say(socket, { id: 1, op: 'hello', token: 'late' })
  stage.say(socket, holdOf(2, [4]))
  assert.deepEqual(socket.take(), [])
  await soon()
  stage.desk.turn()
  const [hello, hold] = socket.takeJson()
  assert.equal(LIVE_OKS.hello.parse(hello?.ok).customerId, caller.customerText)
  assert.equal(hold?.id, 2)
  assert.equal(LIVE_OKS.hold.parse(hold?.ok).customerId, caller.customerText)
  Object.assign(stage.house.auth, { peek })
})

test('W1 a session ends with its token', async t => {
  const stage = staged(t)
  stage.tokens.set('short', { ...callerOf('ann'), expiresAtMs: Date.now() + 15 })
  const socket = stage.connect()
  stage.say(socket, { id: 1, op: 'hello', token: 'short' })
  await new Promise(resolve => setTimeout(resolve, 30))
  stage.say(socket, { id: 2, op: 'unwatch', showId: SHOW_ID })
  assert.equal(socket.closeCode(), 4401)
  assert.equal(socket.takeJson().length, 1)
})

test('X1 a hold is answered exactly in the shape of the contract', async t => {
  const stage = staged(t)
  const socket = await holder(stage)
  const answer = stage.ask(socket, holdOf(7, [2, 3]))
  const hold = LIVE_OKS.hold.parse(answer.ok)
  assert.deepEqual(hold.seats, [
    { index: 2, label: 'A3', category: 'standard', price: { amount: 1250, currency: 'INR' } },
    { index: 3, label: 'A4', category: 'standard', price: { amount: 1250, currency: 'INR' } },
  ])
  assert.deepEqual(hold.amount, { amount: 2500, currency: 'INR' })
  assert.equal(hold.ttlMs, 300_000)
  const taken = LiveErr.parse(stage.ask(socket, holdOf(8, [3, 4])))
  assert.equal(taken.err.code, 'seat-taken')
  assert.deepEqual(taken.err.conflicts, [{ seat: 3, state: 'held' }])
  const released = stage.ask(socket, { id: 9, op: 'release', holdId: hold.id } as { id: number })
  assert.equal(LIVE_OKS.release.parse(released.ok).phase, 'released')
  assert.equal(LIVE_OKS.release.parse(released.ok).ttlMs, 0)
})

test('W1 commands packed in one frame are answered each under its id', async t => {
  const stage = staged(t)
  const socket = await holder(stage)
  stage.say(socket, [holdOf(1, [0]), holdOf(2, [0]), { id: 3, op: 'unwatch', showId: SHOW_ID }])
  assert.deepEqual(
    socket.takeJson().map(({ id }) => id),
    [3],
    'what is ready goes first',
  )
  stage.desk.turn()
  assert.deepEqual(
    socket.takeJson().map(answer => [answer.id, codeOf(answer)]),
    [
      [1, undefined],
      [2, 'seat-taken'],
    ],
  )
})

test('G6 the answers of a turn leave in one cork per socket', async t => {
  const stage = staged(t)
  const socket = await holder(stage)
  for (let id = 1; id <= 8; id += 1) stage.say(socket, holdOf(id, [id]))
  const before = socket.corkCount
  stage.desk.turn()
  assert.equal(socket.takeJson().length, 8)
  assert.equal(socket.corkCount, before + 1)
})

test('Q1 key and fields are checked in order of precedence', async t => {
  const stage = staged(t)
  const socket = await holder(stage)
  const codes = (commands: readonly Json[]) => {
    stage.say(socket, commands)
    return socket.takeJson().map(codeOf)
  }
  assert.deepEqual(
    codes([
      { id: 1, op: 'hold', showId: SHOW_ID, seats: 'x' },
      { id: 2, op: 'hold', showId: SHOW_ID, seats: [1], key: 'with space' },
      { id: 3, op: 'hold', showId: SHOW_ID, key: 'k' },
      { id: 4, op: 'hold', showId: SHOW_ID, key: 'k', seats: [1], best: { count: 1 } },
      { id: 5, op: 'hold', showId: 'show_x', key: 'k', seats: [1] },
      { id: 6, op: 'extend', holdId: 'nonsense', key: 'k' },
      { id: 7, op: 'join', showId: SHOW_ID, key: 'k', party: 2, minParty: 3 },
      { id: 8, op: 'hold', showId: SHOW_ID, key: 'k', best: { count: 1, categories: ['none'] } },
      { id: 9, op: 'join', showId: SHOW_ID, key: 'k', party: 2, categories: ['none'] },
      { id: 10, op: 'rank', entryId: 'nonsense' },
    ]),
    [
      'idempotency-key-required',
      'validation',
      'validation',
      'validation',
      'not-found',
      'not-found',
      'validation',
      'validation',
      'validation',
      'not-found',
    ],
  )
})

test('D5 equal fields in any order are one body, another field another', () => {
  const of = (body: object, op: 'hold' | 'change' = 'hold') =>
    commandKeyOf({ customer: callerOf('ann').customer, show: SHOW, key: 'k', op, body })
  const best = of({ best: { count: 2, together: true } })
  assert.deepEqual(of({ best: { together: true, count: 2, categories: undefined } }), best)
  assert.deepEqual(of({ best: { count: 3, together: true } }).id, best.id)
  assert.notDeepEqual(of({ best: { count: 3, together: true } }), best)
  assert.notDeepEqual(of({ seats: [1, 2] }), of({ seats: [2, 1] }))
  assert.notDeepEqual(of({ seats: [1, 2] }), of({ seats: [1, 2] }, 'change'))
  assert.notDeepEqual(of({ seats: [12] }), of({ seats: [1, 2] }))
})

test('F7 my hold is told to my other sockets and to nobody else', async t => {
  const stage = staged(t)
  const asking = await holder(stage, 'ann')
  const otherTab = stage.greet('ann')
  const stranger = stage.greet('bob')
  const answer = stage.ask(asking, holdOf(1, [5]))
  const pushes = otherTab.takeJson()
  assert.equal(pushes.length, 1)
  assert.deepEqual(LIVE_PUSHES.hold.parse(pushes[0]).hold, answer.ok)
  assert.deepEqual(asking.take(), [], 'the answer has told it')
  assert.deepEqual(stranger.take(), [])
  otherTab.end()
  stage.ask(asking, holdOf(2, [6]))
  assert.deepEqual(otherTab.take(), [])
})

test('F7 watch with a token pushes my live holds before its answer', async t => {
  const stage = staged(t)
  const first = await holder(stage, 'ann')
  const held = stage.ask(first, holdOf(1, [5]))
  const again = stage.greet('ann')
  stage.say(again, { id: 2, op: 'watch', showId: SHOW_ID })
  stage.desk.turn()
  stage.desk.turn()
  const [push, answer] = again.takeJson()
  assert.deepEqual(LIVE_PUSHES.hold.parse(push).hold, held.ok)
  assert.equal(answer?.id, 2)
  LIVE_OKS.watch.parse(answer?.ok)
})

test('W1 eight shows are watched, the ninth is refused', t => {
  const stage = staged(t)
  const socket = stage.greet()
  const watch = (id: number) => ({ id, op: 'watch', showId: SHOW_ID })
  stage.ask(socket, watch(1))
  stage.ask(socket, watch(2))
  for (let show = 101; show <= 107; show += 1) {
    stage.say(socket, { id: show, op: 'watch', showId: `show_${show}` })
  }
  stage.say(socket, { id: 9, op: 'watch', showId: 'show_99' })
  assert.equal(codeOf(socket.takeJson()[0]), 'validation')
  stage.desk.turn()
  assert.equal(
    socket.takeJson().filter(answer => codeOf(answer) === 'not-found').length,
    7,
    'shows that do not exist are not watched',
  )
  stage.say(socket, { id: 10, op: 'watch', showId: 'show_99' })
  assert.deepEqual(socket.take(), [])
})

test('N1 N2 a hold that has left its shard is answered by how it ended', async t => {
  const stage = staged(t)
  const socket = await holder(stage)
  const held = LIVE_OKS.hold.parse(stage.ask(socket, holdOf(1, [5])).ok)
  const id = parseId<HoldId>(held.id)
  assert.ok(id !== undefined)
  const view = stage.desk.forget(id)
  const after = async (command: { readonly id: number }, phase: 'released' | 'booked') => {
    stage.endedHolds.set(held.id, { ...view, phase })
    stage.say(socket, command)
    stage.desk.turn()
    await soon()
    return socket.takeJson()[0]
  }
  const release = { id: 2, op: 'release', holdId: held.id }
  const extend = { id: 3, op: 'extend', holdId: held.id, key: 'more' }
  assert.equal(LIVE_OKS.release.parse((await after(release, 'released'))?.ok).phase, 'released')
  assert.equal(codeOf(await after(release, 'booked')), 'hold-expired')
  const extended = LiveErr.parse(await after(extend, 'released'))
  assert.equal(extended.err.code, 'hold-expired')
  assert.match(extended.err.message, /released/)
  stage.endedHolds.set(held.id, { ...view, phase: 'released', customer: callerOf('bob').customer })
  stage.say(socket, release)
  stage.desk.turn()
  await soon()
  assert.equal(codeOf(socket.takeJson()[0]), 'not-found', "N4: it is somebody else's")
})
