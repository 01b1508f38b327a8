import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Inbox } from '../../allocator/inbox.ts'
import { PassedSequence } from '../../allocator/passed-sequence.ts'
import type { Request } from '../../shared/commands.ts'
import { asFrameNumber, asSequence, asShowNumber } from '../../shared/ids.ts'

const request = (show: number): Request => ({ kind: 'read-show', show: asShowNumber(show) })

test('W5 thousands of requests come out in order, however arrivals and takes interleave', () => {
  const inbox = new Inbox()
  let pushed = 0
  let taken = 0
  for (let round = 1; round < 200; round += 1) {
    for (let count = 0; count < (round * 37) % 101; count += 1) {
      pushed += 1
      inbox.push({ request: request(pushed), origin: 0, onReply: () => {}, atMs: 0 })
    }
    for (let count = (round * 53) % 97; count > 0 && inbox.length > 0; count -= 1) {
      taken += 1
      assert.deepEqual(inbox.take().request, request(taken))
    }
    assert.equal(inbox.length, pushed - taken)
  }
  assert.ok(taken > 2_000)
})

test('H10 the passed sequence is that of the last frame behind the cursor', () => {
  const passed = new PassedSequence(asFrameNumber(10), asSequence(500))
  assert.equal(passed.passedBy(asFrameNumber(9)), 0)
  assert.equal(passed.passedBy(asFrameNumber(10)), 500)
  for (let frame = 11; frame < 5_000; frame += 1) {
    passed.note(asFrameNumber(frame), asSequence(500 + frame))
  }
  assert.equal(passed.passedBy(asFrameNumber(10)), 500)
  assert.equal(passed.passedBy(asFrameNumber(4_000)), 4_500)
  assert.equal(passed.passedBy(asFrameNumber(4_001)), 4_501)
  assert.equal(passed.passedBy(asFrameNumber(9_000)), 5_499)
})
