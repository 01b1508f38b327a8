// Starting and stopping as people do it: npm start, signals, taken ports, exit codes of the command.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePort, UsherProcess } from '../support/usher-process.ts'

const root = join(import.meta.dirname, '../..')
const START_MS_MAX = 60_000
let usher: UsherProcess

before(async () => {
  usher = await UsherProcess.start({ env: { USHER_DEMO: 'off' } })
})
after(() => usher.stop())

test('V1 a SIGTERM to npm start reaches Usher, which ends with 0 within 8 s', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-'))
  const opsPort = await freePort()
  const npm = spawn('npm', ['start'], {
    cwd: root,
    stdio: 'ignore',
    env: environment({
      USHER_DATA_DIR: dataDir,
      USHER_PORT: String(await freePort()),
      USHER_OPS_PORT: String(opsPort),
      USHER_DEMO: 'off',
    }),
  })
  try {
    await untilReady(opsPort)
    const startedAt = performance.now()
    npm.kill('SIGTERM')
    assert.equal(await exitOf(npm), 0)
    assert.ok(performance.now() - startedAt < 8_000)
    await assert.rejects(fetch(`http://127.0.0.1:${opsPort}/healthz`), 'Usher itself has ended')
  } finally {
    npm.kill('SIGKILL')
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 })
  }
})

test('V2 a port that another Usher serves is not shared: exit 78 naming the setting', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-'))
  const child = spawn(process.execPath, ['--import', 'tsx', 'gateway/cli/usher.ts', 'start'], {
    cwd: root,
    env: environment({
      USHER_DATA_DIR: dataDir,
      USHER_PORT: usher.url.port,
      USHER_OPS_PORT: '0',
      USHER_DEMO: 'off',
    }),
  })
  const overdue = setTimeout(() => child.kill('SIGTERM'), START_MS_MAX)
  const output = wordsOf(child)
  assert.equal(await exitOf(child), 78)
  clearTimeout(overdue)
  assert.match(output(), /Set USHER_PORT/)
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 })
})

test('usher doctor ends with 1 when something is missing', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const child = spawn(process.execPath, ['--import', 'tsx', 'gateway/cli/usher.ts', 'doctor'], {
    cwd: root,
    env: environment({ USHER_PORT: String(port), USHER_DATA_DIR: usher.dataDir }),
  })
  const output = wordsOf(child)
  assert.equal(await exitOf(child), 1)
  assert.match(output(), /missing USHER_PORT/)
  assert.match(output(), /(ok {5}|absent ) nats-server/)
  taken.close()
})

function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('USHER_') && name !== 'DATABASE_URL' && name !== 'NODE_OPTIONS',
  )
  return { ...Object.fromEntries(inherited), ...settings }
}

function wordsOf(child: ChildProcess): () => string {
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      words += data.toString()
    })
  }
  return () => words
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise(resolve => child.once('exit', code => resolve(code)))
}

async function untilReady(opsPort: number): Promise<void> {
  const end = performance.now() + START_MS_MAX
  while (performance.now() < end) {
    const isReady = await fetch(`http://127.0.0.1:${opsPort}/readyz`).then(
      answer => answer.ok,
      () => false,
    )
    if (isReady) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('npm start was not ready within a minute')
}
