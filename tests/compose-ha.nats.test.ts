// Profile ha with real servers: nats-ha.conf on three free ports instead of three hosts.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { findNatsServer } from '../gateway/cluster/nats-server.ts'
import { connectNats } from '../shared/nats.ts'
import { readCompose, readEnvFile, root } from './support/compose.ts'
import { needsNats } from './support/nats.ts'
import { freePort } from './support/usher-process.ts'

const COMPOSE = 'gateway/cluster/compose'
const { services } = readCompose(readEnvFile(`${COMPOSE}/ha.env`))
const NAMES = ['nats', 'nats-2', 'nats-3']
const READY_MS_MAX = 20_000

interface Ports {
  readonly client: number
  readonly monitor: number
  readonly route: number
}

/** The file as it is, but for addresses and the folder. */
function configOn({ client, monitor, route }: Ports, folder: string): string {
  return readFileSync(join(root, COMPOSE, 'nats-ha.conf'), 'utf8')
    .replace('port: 4222', `listen: "127.0.0.1:${client}"`)
    .replace('0.0.0.0:8222', `127.0.0.1:${monitor}`)
    .replace('port: 6222', `listen: "127.0.0.1:${route}"`)
    .replace('"/data"', JSON.stringify(join(folder, 'store')))
}

async function startThree(t: TestContext): Promise<readonly Ports[]> {
  const binary = await findNatsServer()
  const folder = mkdtempSync(join(tmpdir(), 'usher-ha-'))
  const children: ChildProcess[] = []
  t.after(async () => {
    await Promise.all(children.map(ended))
    rmSync(folder, { recursive: true, force: true })
  })
  const ports: Ports[] = []
  for (const _ of NAMES) {
    ports.push({ client: await freePort(), monitor: await freePort(), route: await freePort() })
  }
  const hosts = new Map(NAMES.map((name, at) => [`${name}:6222`, `127.0.0.1:${ports[at]?.route}`]))
  copyFileSync(join(root, COMPOSE, 'nats-users.conf'), join(folder, 'nats-users.conf'))
  for (const [at, name] of NAMES.entries()) {
    const config = join(folder, `${name}.conf`)
    writeFileSync(config, configOn(ports[at] as Ports, join(folder, name)))
    const pairs = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => {
      const host = [...hosts].find(([from]) => value.endsWith(`@${from}`))
      return [key, host === undefined ? value : value.replace(...host)] as const
    })
    const env = { ...process.env, ...Object.fromEntries(pairs) }
    children.push(spawn(binary, ['--config', config], { env, stdio: 'ignore' }))
  }
  return ports
}

function ended(child: ChildProcess): Promise<unknown> {
  const end = new Promise(resolve => child.once('exit', resolve))
  if (!child.kill('SIGKILL')) return Promise.resolve()
  return end
}

async function untilHealthy({ monitor }: Ports): Promise<void> {
  const end = performance.now() + READY_MS_MAX
  for (;;) {
    const url = `http://127.0.0.1:${monitor}/healthz`
    if ((await fetch(url).catch(() => undefined))?.ok === true) return
    assert.ok(performance.now() < end, 'the brokers find no leader among themselves')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

test(
  'the three brokers of profile ha find each other and store on two of them',
  needsNats,
  async t => {
    const ports = await startThree(t)
    await Promise.all(ports.map(untilHealthy))
    const password = services.nats?.environment?.NATS_ALLOCATOR_PASSWORD ?? ''
    const [first, ...rest] = ports.map(({ client }) => `127.0.0.1:${client}`)
    const urls = [`nats://allocator:${password}@${first}`, ...rest.map(host => `nats://${host}`)]
    const nats = await connectNats({ urls, name: 'ha-test' })
    t.after(() => nats.close())
    const manager = await jetstreamManager(nats)
    const stream = { name: 'USHER_J_0', subjects: ['usher.j.0'], num_replicas: 3 }
    const { cluster } = await manager.streams.add(stream)
    assert.equal(cluster?.replicas?.length, 2)
    const ack = await jetstream(nats).publish('usher.j.0', 'frame', { expect: { lastSequence: 0 } })
    assert.equal(ack.seq, 1)
    for (const { monitor } of ports) {
      const about = await (await fetch(`http://127.0.0.1:${monitor}/varz`)).json()
      const { jetstream: js } = about as { jetstream: { config: { sync_always?: boolean } } }
      assert.equal(js.config.sync_always, true)
    }
  },
)
