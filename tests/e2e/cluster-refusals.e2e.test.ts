// Processes of a cluster that cannot join one: a sentence and exit 78, nothing started.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'usher-refusals-'))

after(() => rmSync(folder, { recursive: true, force: true }))

function usher(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const own = { PATH: process.env.PATH ?? '', USHER_DATA_DIR: join(folder, 'data'), ...env }
  const ended = spawnSync(process.execPath, ['--import', 'tsx', 'gateway/cli/usher.ts', ...args], {
    cwd: root,
    env: own,
    timeout: 60_000,
    encoding: 'utf8',
  })
  return { code: ended.status, said: ended.stderr }
}

test('ND1 a process without a cluster says what is missing, exit 78', () => {
  for (const role of ['gateway', 'allocator', 'ledger']) {
    const { code, said } = usher([role])
    assert.equal(code, 78, said)
    assert.match(said, /NATS_URL/)
    assert.match(said, /DATABASE_URL/)
  }
  assert.deepEqual(readdirSync(folder), [], 'nothing was started')
})

test('unknown flags and counts are usage errors, exit 2', () => {
  assert.equal(usher(['allocator', '--degraded']).code, 2)
  assert.equal(usher(['cluster', '--gateways', '0']).code, 2)
  assert.equal(usher(['cluster', '--allocators', 'two']).code, 2)
})

test('C1 wrong settings of the cluster are reported together, exit 78', () => {
  const { code, said } = usher(['cluster'], { USHER_WEIGHT: '-1', USHER_CLUSTER: 'A B' })
  assert.equal(code, 78, said)
  assert.match(said, /USHER_WEIGHT/)
  assert.match(said, /USHER_CLUSTER/)
})
