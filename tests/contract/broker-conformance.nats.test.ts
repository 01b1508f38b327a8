// What the journal relies on in nats-server, asked of real ones: one alone (R1) and three (R3).
//
// Nothing of Usher stands between the question and the broker here. When one of these fails on a
// new version, the rules E1-E3 (allocator/journal/jetstream.ts) have to be thought through again.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { DiscardPolicy, JetStreamApiError } from '@nats-io/jetstream'
import { headers, nanos } from '@nats-io/nats-core'
import type { NatsCluster } from '../../gateway/cluster/nats-server.ts'
import { JetStreamLab } from '../support/jetstream-lab.ts'
import { freshNats, freshNatsCluster, needsNats, remember } from '../support/nats.ts'

interface Said {
  readonly stream?: string
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code: number; readonly description: string }
}

interface Asked {
  readonly shard?: number
  readonly expected?: number
  readonly stream?: string
  readonly id?: string
  readonly bytes?: number
}

const labs: JetStreamLab[] = []
after(() => Promise.all(labs.map(lab => lab.close())))

/** The broker's own words, or `silence`. */
async function ask(lab: JetStreamLab, asked: Asked): Promise<Said | 'silence'> {
  const { shard = 0, expected, stream, id, bytes = 10 } = asked
  const said = headers()
  if (expected !== undefined) said.set('Nats-Expected-Last-Sequence', String(expected))
  if (stream !== undefined) said.set('Nats-Expected-Stream', stream)
  if (id !== undefined) said.set('Nats-Msg-Id', id)
  try {
    const options = { timeout: 2_000, headers: said }
    const answer = await lab.nats.request(`lab.j.${shard}`, new Uint8Array(bytes), options)
    return answer.json<Said>()
  } catch {
    return 'silence'
  }
}

const codeOf = (said: Said | 'silence'): number | string =>
  said === 'silence' ? said : (said.error?.err_code ?? `stored ${said.seq}`)

async function codes(lab: JetStreamLab, asks: readonly Asked[]): Promise<(number | string)[]> {
  const found: (number | string)[] = []
  for (const asked of asks) found.push(codeOf(await ask(lab, asked)))
  return found
}

async function apiCode(answer: Promise<unknown>): Promise<number | undefined> {
  try {
    await answer
    return undefined
  } catch (error) {
    return error instanceof JetStreamApiError ? error.code : -1
  }
}

interface Replicas {
  readonly name: 'R1' | 'R3'
  readonly lab: JetStreamLab
}

function expectationSuite({ name, lab }: Replicas): void {
  test(`${name}: E1 a message is stored only right behind the position it expects`, async () => {
    assert.deepEqual(
      await codes(lab, [
        { expected: 0, id: 'a' },
        { expected: 0, id: 'b' },
        { expected: 7, id: 'c' },
        { expected: 1, id: 'd' },
      ]),
      ['stored 1', 10071, 10071, 'stored 2'],
    )
  })

  test(`${name}: E1 of messages with one expectation exactly one is stored`, async () => {
    const asks = Array.from({ length: 8 }, (_, at) =>
      ask(lab, { shard: 1, expected: 0, id: `same-${at}` }),
    )
    const found = (await Promise.all(asks)).map(codeOf)
    assert.equal(found.filter(code => code === 'stored 1').length, 1)
    assert.ok(found.every(code => ['stored 1', 10071, 10164].includes(code)))
  })

  test(`${name}: E1 expectations can be pipelined: each sees the one before`, async () => {
    const asks = [1, 2, 3, 4].map(expected => ask(lab, { shard: 1, expected, id: `p-${expected}` }))
    const found = (await Promise.all(asks)).map(codeOf)
    assert.deepEqual(found, ['stored 2', 'stored 3', 'stored 4', 'stored 5'])
  })

  test(`${name}: the name of the stream is checked before id and position`, async () => {
    const wrong = { stream: 'LAB_J_1', id: 'a', expected: 9 }
    assert.deepEqual(await codes(lab, [wrong]), [10060])
  })

  test(`${name}: E3 a resend of what is stored answers ${name === 'R1' ? '10071' : 'duplicate'}`, async () => {
    const frame = { shard: 2, expected: 0, id: 'first', stream: 'LAB_J_2' }
    assert.deepEqual(await codes(lab, [frame]), ['stored 1'])
    const again = await ask(lab, frame)
    if (name === 'R1')
      assert.equal(codeOf(again), 10071) // the position is checked before the id
    else assert.deepEqual([codeOf(again), (again as Said).duplicate], ['stored 1', true])
    const { state } = await lab.manager.streams.info('LAB_J_2')
    assert.equal(state.messages, 1)
  })

  test(`${name}: E3 a resend while the first is in process is never stored twice`, async () => {
    const asks = [0, 0, 0, 0].map(() => ask(lab, { shard: 3, expected: 0, id: 'one' }))
    const found = (await Promise.all(asks)).map(codeOf)
    const known = name === 'R1' ? ['stored 1', 10071] : ['stored 1', 10071, 10158]
    assert.ok(
      found.every(code => known.includes(code)),
      String(found),
    )
    assert.equal((await lab.manager.streams.info('LAB_J_3')).state.messages, 1)
  })
}

function storeSuite({ name, lab }: Replicas): void {
  test(`${name}: JS1 what is full refuses the new message and keeps the old ones`, async () => {
    await lab.manager.streams.add({
      name: 'FULL',
      subjects: ['lab.j.100'],
      max_bytes: 2_000,
      discard: DiscardPolicy.New,
      num_replicas: name === 'R1' ? 1 : 3,
    })
    const asks = [0, 1, 2, 2].map(expected => ({ shard: 100, expected, bytes: 800 }))
    assert.deepEqual(await codes(lab, asks), ['stored 1', 'stored 2', 10077, 10077])
    // the position is checked before the room: a zombie learns that it was replaced
    assert.deepEqual(await codes(lab, [{ shard: 100, expected: 0, bytes: 800 }]), [10071])
    await lab.manager.streams.purge('FULL', { seq: 2 })
    assert.deepEqual(await codes(lab, [{ shard: 100, expected: 2, bytes: 800 }]), ['stored 3'])
  })

  test(`${name}: JS1 single messages cannot be deleted, a purge keeps positions`, async () => {
    assert.equal(await apiCode(lab.manager.streams.deleteMessage('LAB_J_1', 2)), 10057)
    await lab.manager.streams.purge('LAB_J_1', { seq: 4 })
    const { state } = await lab.manager.streams.info('LAB_J_1')
    assert.deepEqual([state.first_seq, state.last_seq], [4, 5])
    assert.equal(await lab.manager.streams.getMessage('LAB_J_1', { seq: 3 }), null)
    assert.deepEqual(await codes(lab, [{ shard: 1, expected: 5 }]), ['stored 6'])
  })

  test(`${name}: a subject without a stream answers at once, and stores nothing`, async () => {
    const from = performance.now()
    assert.deepEqual(await codes(lab, [{ shard: 99 }]), ['silence'])
    assert.ok(performance.now() - from < 1_500)
  })

  test(`${name}: JS3 another configuration under the same name is refused`, async () => {
    const other = { name: 'LAB_J_0', subjects: ['lab.j.0'], metadata: { other: 'yes' } }
    assert.equal(await apiCode(lab.manager.streams.add(other)), 10058)
    const overlapping = { name: 'OTHER', subjects: ['lab.j.*'], duplicate_window: nanos(1_000) }
    assert.equal(await apiCode(lab.manager.streams.add(overlapping)), 10065)
  })
}

function lonelySuite(): void {
  test('R1: a server whose store is full answers an error, or nothing, and stores nothing', async () => {
    const server = await freshNats({ storeBytesMax: 1_000_000 })
    const lab = await JetStreamLab.of([server.url], { shardCount: 1 })
    labs.push(lab)
    let stored = 0
    let last = codeOf(await ask(lab, { expected: 0, bytes: 190_000 }))
    for (; last === `stored ${stored + 1}` && stored < 10; stored += 1) {
      last = codeOf(await ask(lab, { expected: stored + 1, bytes: 190_000 }))
    }
    assert.ok(last === 10023 || last === 10047 || last === 'silence', String(last))
    assert.equal((await lab.manager.streams.info('LAB_J_0')).state.last_seq, stored)
  })

  test('R1: E4 what was acknowledged survives kill -9 of the server', async () => {
    const server = await freshNats()
    const lab = await JetStreamLab.of([server.url], { shardCount: 1 })
    labs.push(lab)
    for (let expected = 0; expected < 50; expected += 1) await ask(lab, { expected })
    await server.kill()
    remember(await server.again())
    while ((await apiCode(lab.manager.streams.info('LAB_J_0'))) !== undefined) await pause(20)
    assert.equal((await lab.manager.streams.info('LAB_J_0')).state.last_seq, 50)
    assert.deepEqual(await codes(lab, [{ expected: 50, id: 'x' }]), ['stored 51'])
  })
}

function leaderSuite(lab: JetStreamLab, cluster: NatsCluster): void {
  test('R3: E3 when the leader steps down, what was acknowledged stands and positions go on', async () => {
    for (let expected = 0; expected < 10; expected += 1) await ask(lab, { shard: 4, expected })
    await lab.nats.request('$JS.API.STREAM.LEADER.STEPDOWN.LAB_J_4', '{}', { timeout: 5_000 })
    await storedAt(lab, { shard: 4, expected: 10, id: 'after' })
    assert.equal((await lab.manager.streams.info('LAB_J_4')).state.last_seq, 11)
  })

  test('R3: E3 when the leader is killed, the others go on with all that was acknowledged', async () => {
    for (let expected = 0; expected < 10; expected += 1) await ask(lab, { shard: 5, expected })
    const leader = (await lab.manager.streams.info('LAB_J_5')).cluster?.leader
    const at = cluster.servers.findIndex(server => server.options.name === leader)
    const killed = cluster.servers[at]
    assert.ok(killed !== undefined)
    await killed.kill()
    await storedAt(lab, { shard: 5, expected: 10, id: 'after' })
    cluster.servers[at] = remember(await killed.again())
    const message = await lab.manager.streams.getMessage('LAB_J_5', { seq: 11 })
    assert.equal(message?.header.get('Nats-Msg-Id'), 'after')
  })
}

/** Asks again with the same id until the message stands at its position: as E3 does. */
async function storedAt(lab: JetStreamLab, asked: Asked & { readonly expected: number }) {
  const position = asked.expected + 1
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const said = await ask(lab, asked)
    if (codeOf(said) === `stored ${position}`) return
    const standing = await lab.manager.streams
      .getMessage(`LAB_J_${asked.shard}`, { seq: position })
      .catch(() => null)
    if (standing !== null) return assert.equal(standing.header.get('Nats-Msg-Id'), asked.id)
    await pause(100)
  }
  assert.fail('the streams found no leader')
}

async function setUp(): Promise<void> {
  const server = await freshNats()
  const one = await JetStreamLab.of([server.url])
  const cluster = await freshNatsCluster()
  const three = await JetStreamLab.of(cluster.urls, { shardCount: 6, replicas: 3 })
  labs.push(one, three)
  for (const replicas of [
    { name: 'R1', lab: one },
    { name: 'R3', lab: three },
  ] as const) {
    expectationSuite(replicas)
    storeSuite(replicas)
  }
  lonelySuite()
  leaderSuite(three, cluster)
}

if (needsNats.skip === false) await setUp()
else test('the broker keeps what the journal relies on', needsNats, () => undefined)
