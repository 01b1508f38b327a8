// What a socket may not do, and what becomes of one that reads too slowly.

import assert from 'node:assert/strict'
import test from 'node:test'
import { LIVE_PUSHES, LiveErr } from '../../gateway/schemas/live-messages.ts'
import { LIMITS } from '../../shared/limits.ts'
import { SHOW_ID } from './live-stage.ts'
import { codeOf, holder, sayAndDecide, soon, staged } from './session-words.ts'

test('W3 too fast is refused with a wait, and after 100 in a row closed with 4429', t => {
  const stage = staged(t, { limits: 'sockets-only' })
  const socket = stage.greet()
  for (let id = 1; id < LIMITS.messagesPerSocketBurst; id += 1) {
    stage.say(socket, { id, op: 'unwatch', showId: SHOW_ID })
  }
  assert.ok(socket.takeJson().every(({ ok }) => ok !== undefined))
  stage.say(socket, { id: 50, op: 'unwatch', showId: SHOW_ID })
  const refused = LiveErr.parse(socket.takeJson()[0])
  assert.equal(refused.err.code, 'rate-limited')
  assert.ok((refused.err.retryAfterMs ?? 0) > 0)
  for (let id = 51; id < 150; id += 1) stage.say(socket, { id, op: 'unwatch', showId: SHOW_ID })
  assert.equal(socket.closeCode(), undefined, '100 in a row are refused')
  stage.say(socket, { id: 151, op: 'unwatch', showId: SHOW_ID })
  assert.equal(socket.closeCode(), 4429)
})

test('W2 three strikes close with 1008, refused commands are none', t => {
  const stage = staged(t)
  const socket = stage.greet()
  for (let id = 0; id < 10; id += 1) stage.say(socket, { id, op: 'dance' })
  stage.sayText(socket, '{not json')
  stage.say(socket, [{ id: 1 }, { id: 2 }, 'x'])
  assert.equal(socket.closeCode(), undefined)
  stage.say(socket, { id: 3 })
  const answers = socket.takeJson()
  assert.deepEqual(
    answers.slice(10).map(({ id }) => id),
    [null, null, null],
  )
  assert.deepEqual(answers.slice(10).map(codeOf), ['bad-json', 'validation', 'validation'])
  assert.equal(socket.closeCode(), 1008)
})

test('W3 over 4 KiB is refused under its id, over 16 KiB closed with 1009', t => {
  const stage = staged(t)
  const socket = stage.greet()
  stage.say(socket, { id: 4, op: 'watch', showId: 'x'.repeat(5_000) })
  const [answer] = socket.takeJson()
  assert.deepEqual([answer?.id, codeOf(answer)], [4, 'body-too-large'])
  stage.sayText(socket, 'x'.repeat(17_000))
  assert.equal(socket.closeCode(), 1009)
})

test('F4 a slow reader is put aside, then gets lagged and a map', async t => {
  const stage = staged(t, { seatCount: 4_000 })
  const socket = stage.greet()
  stage.ask(socket, { id: 1, op: 'watch', showId: SHOW_ID } as { id: number })
  socket.isReading = false
  for (let round = 0; round < 6; round += 1) {
    for (let seat = 0; seat < 4_000; seat += 1) stage.desk.set(seat, (round + 1) % 3)
    stage.desk.turn()
    stage.clock.advance(60)
    stage.turnEnded()
    await soon()
  }
  assert.deepEqual([...socket.topics], [], 'nothing more is queued for it')
  assert.ok(socket.getBufferedAmount() <= LIMITS.socketBacklogBytesMax + 60_000)
  socket.readOn()
  stage.turn.flush()
  const messages = socket.takeJson()
  assert.deepEqual(
    messages.slice(-2).map(({ ev }) => ev),
    ['lagged', 'resync'],
  )
  assert.equal(messages.at(-1)?.version, stage.desk.version)
  stage.desk.set(0, 3)
  stage.clock.advance(60)
  stage.desk.turn()
  assert.equal(socket.takeJson()[0]?.from, messages.at(-1)?.version, 'the stream goes on')
})

test('F4 an answer that is not read closes with 4008', async t => {
  const stage = staged(t, { seatCount: 60_000 })
  const socket = await holder(stage)
  socket.isReading = false
  for (let id = 1; id < 400 && socket.closeCode() === undefined; id += 1)
    sayAndDecide(stage, socket, id)
  assert.equal(socket.closeCode(), 4008)
})

test('F6 goaway is told before the end', t => {
  const stage = staged(t)
  const socket = stage.greet()
  stage.sessions.get(socket)?.goAway(1_200)
  stage.turn.flush()
  assert.deepEqual(LIVE_PUSHES.goaway.parse(socket.takeJson()[0]), { ev: 'goaway', afterMs: 1_200 })
})
