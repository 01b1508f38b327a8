import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from '../../shared/faults.ts'
import { streamOf, subjectOf } from '../../shared/journal-streams.ts'
import { connectNats, isFitNatsVersion } from '../../shared/nats.ts'
import { freshNats, needsNats, remember } from '../support/nats.ts'

test('N2 the version rule: a late 2.12, or 2.14.3 and newer', () => {
  const fit = [
    '2.12.12',
    '2.12.40',
    'v2.14.3',
    '2.14.10',
    '2.15.1',
    'nats-server: v2.15.0',
    '3.0.0',
  ]
  const unfit = ['2.9.10', '2.12.11', '2.13.9', '2.14.2', '2.11.99', '1.4.1', 'dev', '']
  assert.deepEqual(
    fit.filter(version => !isFitNatsVersion(version)),
    [],
  )
  assert.deepEqual(unfit.filter(isFitNatsVersion), [])
})

test('a cluster has streams and subjects of its own', () => {
  assert.equal(streamOf('usher', 3), 'USHER_J_3')
  assert.equal(streamOf('big-house', 0), 'BIG_HOUSE_J_0')
  assert.equal(subjectOf('big-house', 0), 'big-house.j.0')
})

const refused =
  (sentence: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Fault)
    assert.equal(error.kind, 'broker-unreachable')
    assert.match(error.message, sentence)
    return true
  }

test('N1 no broker is said with its address', async () => {
  await assert.rejects(
    connectNats({ urls: ['nats://127.0.0.1:9', '127.0.0.1:10'], name: 'nobody' }),
    refused(/NATS at 127\.0\.0\.1:9, 127\.0\.0\.1:10 did not answer/),
  )
})

test('N1 user and password come from the address, and are never told', needsNats, async () => {
  const settings = 'authorization { user: house, password: "s/e cret" }'
  const { port } = (await freshNats({ settings })).options
  const good = `nats://house:s%2Fe%20cret@127.0.0.1:${port}`
  const nats = await connectNats({ urls: [good], name: 'guest' })
  await nats.flush()
  await nats.close()
  const bad = connectNats({ urls: [`nats://house:wrong@127.0.0.1:${port}`], name: 'guest' })
  await assert.rejects(bad, refused(/^NATS at 127\.0\.0\.1:\d+ refused the user/))
})

test('N1 a connection heals when the broker comes back', needsNats, async context => {
  const server = await freshNats()
  const nats = await connectNats({ urls: [server.url], name: 'patient' })
  context.after(() => nats.close())
  await server.kill()
  remember(await server.again())
  const isBack = () =>
    nats.flush().then(
      () => true,
      () => false,
    )
  for (const end = performance.now() + 10_000; !(await isBack()); await pause(20)) {
    assert.ok(performance.now() < end, 'it stays away')
  }
  assert.equal(nats.isClosed(), false)
})
