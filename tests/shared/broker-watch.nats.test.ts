// The figures of a connection to a broker that goes away and comes back.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerWatch } from '../../shared/broker-watch.ts'
import { connectNats } from '../../shared/nats.ts'
import { freshNats, needsNats, remember } from '../support/nats.ts'

test('a lost broker is counted once and seen again when it is back', needsNats, async t => {
  const server = await freshNats()
  const nats = await connectNats({ urls: [server.url], name: 'watched' })
  t.after(() => nats.close())
  const watch = new BrokerWatch(nats)
  assert.deepEqual(watch.figures(), { isUp: true, downCount: 0 })
  await server.kill()
  await until(() => !watch.figures().isUp)
  assert.deepEqual(watch.figures(), { isUp: false, downCount: 1 })
  remember(await server.again())
  await until(() => watch.figures().isUp)
  assert.deepEqual(watch.figures(), { isUp: true, downCount: 1 })
  await nats.close()
  assert.equal(watch.figures().isUp, false)
})

async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 5_000
  while (!isTrue()) {
    assert.ok(performance.now() < end, 'it takes too long')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
