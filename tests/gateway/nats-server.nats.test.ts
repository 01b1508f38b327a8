// NS1, NS2: which nats-server is used, how it is started, and what is said when none can be had.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  findNatsServer,
  natsVersionOf,
  startNatsServer,
} from '../../gateway/cluster/nats-server.ts'
import { Fault } from '../../shared/faults.ts'
import { connectNats } from '../../shared/nats.ts'
import { freshNats, freshNatsCluster, needsNats, remember } from '../support/nats.ts'

const folder = await mkdtemp(join(tmpdir(), 'usher-find-'))
after(() => rm(folder, { recursive: true, force: true }))

/** A program of that version, as far as `--version` tells. */
async function programOf(version: string): Promise<string> {
  const place = join(folder, `bin-${version}`)
  await mkdir(place, { recursive: true })
  const program = join(place, 'nats-server')
  await writeFile(program, `#!/bin/sh\necho "nats-server: v${version}"\n`)
  await chmod(program, 0o755)
  return place
}

async function refused(finding: Promise<unknown>, sentence: RegExp): Promise<void> {
  await assert.rejects(finding, (error: unknown) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.kind, 'configuration')
    assert.match(error.message, sentence)
    return true
  })
}

test('NS1 PATH comes first, the cache second, and what is too old is passed over', async () => {
  const [old, fit, cacheDir] = [
    await programOf('2.9.10'),
    await programOf('2.14.3'),
    await programOf('2.12.12'),
  ]
  const find = (path: string) => findNatsServer({ path, cacheDir, mayFetch: false })
  assert.equal(await find(`${old}:${fit}`), join(fit, 'nats-server'))
  assert.equal(await find(old), join(cacheDir, 'nats-server'))
  assert.equal(await find(''), join(cacheDir, 'nats-server'))
})

test('NS1 when none fits, the sentence says what was found and what is needed', async () => {
  const options = { path: await programOf('2.9.10'), cacheDir: folder, mayFetch: false }
  await refused(
    findNatsServer(options),
    /2\.12\.12 .* is needed: \S+ is 2\.9\.10; .*put it on PATH/,
  )
  await refused(findNatsServer({ ...options, path: '' }), /none is on PATH/)
})

test('NS1 a machine without apt is told why nothing was fetched', async () => {
  const path = process.env.PATH
  process.env.PATH = join(folder, 'nothing')
  try {
    await refused(
      findNatsServer({ cacheDir: join(folder, 'empty') }),
      /fetching it failed: .*apt-get/,
    )
  } finally {
    process.env.PATH = path
  }
  assert.equal(existsSync(join(folder, 'empty', 'nats-server')), false)
})

test(
  'NS2 it syncs every write, and keeps its data and ports over a restart',
  needsNats,
  async () => {
    const server = await freshNats()
    const syncs = async (url: string): Promise<unknown> => {
      const seen = (await (await fetch(`${url}/varz`)).json()) as {
        jetstream: { config: { sync_always: boolean } }
      }
      return seen.jetstream.config.sync_always
    }
    assert.equal(await syncs(server.monitorUrl), true)
    await server.stop()
    assert.equal(server.isRunning, false)
    const again = remember(await server.again({ syncAlways: false }))
    assert.equal(again.url, server.url)
    assert.notEqual(await syncs(again.monitorUrl), true)
  },
)

test('NS2 a server that cannot start says why', needsNats, async () => {
  const { port } = (await freshNats()).options
  const dataDir = join(folder, 'second')
  await refused(startNatsServer({ dataDir, port }), /nats-server did not start: .*in use/)
  await refused(startNatsServer({ dataDir, port: 1, settings: 'nonsense {' }), /did not start: \S/)
})

test('NS2 three servers form one cluster that replicates', needsNats, async () => {
  const { urls, servers } = await freshNatsCluster()
  const nats = await connectNats({ urls, name: 'test' })
  assert.equal(nats.info?.cluster, 'usher')
  await nats.close()
  const binary = servers[0]?.options.binary ?? ''
  assert.match((await natsVersionOf(binary)) ?? '', /^\d+\.\d+\.\d+/)
})
