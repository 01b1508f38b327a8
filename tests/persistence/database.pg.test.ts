// The embedded server and the database behind it: made, migrated, held, left behind, taken over.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { openDatabase } from '../../persistence/database.ts'
import { findPostmaster } from '../../persistence/embedded/postmaster.ts'
import { migrateUp, migrationsOf } from '../../persistence/migrate.ts'
import { freshDatabase, temporaryFolder } from '../support/postgres.ts'

const MIGRATIONS = ['0001-catalogue', '0002-journal', '0003-ledger', '0004-journal-inline']

test('MI1 an empty database gets every table, a migrated one stays as it is', async () => {
  const database = await freshDatabase({ migrate: false })
  assert.deepEqual(await migrateUp(database.sql), MIGRATIONS)
  await database.pool.query(`insert into movie (title) values ('kept')`)
  assert.deepEqual(await migrateUp(database.sql), [])
  const rows = await migrationsOf(database.sql)
  assert.ok(rows.every(row => row.executedAt !== undefined))
  const { rows: movies } = await database.pool.query('select title from movie')
  assert.deepEqual(movies, [{ title: 'kept' }])
  await database.stop()
})

test('MI2 a database of a newer Usher is refused', async () => {
  const database = await freshDatabase()
  await database.pool.query(`insert into kysely_migration values ('9999-future', 'now')`)
  await assert.rejects(migrateUp(database.sql), { kind: 'database-unavailable' })
  await database.stop()
})

test('id_text and id_of turn uuids to and from the text of the API', async () => {
  const database = await freshDatabase()
  const { rows } = await database.pool.query(`select bool_and(id_of(id_text(id)) = id) as ok,
    id_text('00000001-0002-0003-0004-00000000ff05') as text
    from (select gen_random_uuid() as id from generate_series(1, 50)) as ids`)
  assert.deepEqual(rows, [{ ok: true, text: 'aaaaaaiaaiaagaaeaaaaaah7au' }])
  await database.stop()
})

test('ES2 what is acknowledged survives a power cut', async () => {
  const database = await freshDatabase()
  const { rows } = await database.pool.query(`select name, setting from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name`)
  assert.deepEqual(
    rows.map(row => row.setting),
    ['on', 'on', 'on'],
  )
  await database.stop()
})

/** Another Usher, as far as the database can tell: opens it, holds it, and says so. */
async function startOther(dataDir: string) {
  const database = join(import.meta.dirname, '../../persistence/database.ts')
  const program = `
    import { openDatabase } from ${JSON.stringify(database)}
    const database = await openDatabase({ dataDir: ${JSON.stringify(dataDir)} })
    await database.holdAlone(() => process.exit(3))
    await database.pool.query('create table if not exists proof (value int)')
    await database.pool.query('insert into proof values (1)')
    console.log('holding')
    setInterval(() => {}, 1000)`
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: join(import.meta.dirname, '../..') },
  )
  await once(child.stdout, 'data')
  return child
}

test('ES3 DL1 a killed Usher leaves its Postgres to the next one; a living one is named', async () => {
  const dataDir = await temporaryFolder('usher-orphan')
  const other = await startOther(dataDir)
  const second = await openDatabase({ dataDir })
  await assert.rejects(
    second.holdAlone(() => assert.fail('never held')),
    (error: Error) => /already used by "usher [0-9]+"/.test(error.message),
  )
  await second.stop()
  const running = await findPostmaster(join(dataDir, 'postgres'))
  assert.ok(running !== undefined, 'DB2 the server of the other one still runs')

  const ended = once(other, 'exit')
  other.kill('SIGKILL')
  await ended
  const third = await openDatabase({ dataDir })
  await third.holdAlone(() => assert.fail('never lost'))
  const taken = await findPostmaster(join(dataDir, 'postgres'))
  assert.equal(taken?.pid, running.pid, 'ES3 the orphan was taken over')
  const { rows } = await third.pool.query('select value from proof')
  assert.deepEqual(rows, [{ value: 1 }])
  await third.stop()
  assert.equal(await findPostmaster(join(dataDir, 'postgres')), undefined)
  await rm(dataDir, { recursive: true })
})

test('EM2 a pid file of a process that is no Postgres is stale', async () => {
  const dataDir = await temporaryFolder('usher-stale')
  const first = await openDatabase({ dataDir })
  await first.stop()
  const folder = join(dataDir, 'postgres')
  const lines = [process.pid, folder, 0, 5432, folder, '127.0.0.1', '0 0', 'ready   ', '']
  await writeFile(join(folder, 'postmaster.pid'), lines.join('\n'))
  const again = await openDatabase({ dataDir })
  await again.pool.query('select 1')
  await again.stop()
  await rm(dataDir, { recursive: true })
})

test('ES4 the password is random and readable by its owner only', async () => {
  const [left, right] = [await temporaryFolder('usher-a'), await temporaryFolder('usher-b')]
  const passwords: string[] = []
  for (const dataDir of [left, right]) {
    await (await openDatabase({ dataDir })).stop()
    const path = join(dataDir, 'database.json')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal((await stat(dataDir)).mode & 0o066, 0, 'nobody else lists the folder')
    passwords.push(JSON.parse(await readFile(path, 'utf8')).password)
    await rm(dataDir, { recursive: true })
  }
  assert.ok(passwords[0]?.length === 48 && passwords[0] !== passwords[1])
})

test('a database that does not answer is a fault without its password', async () => {
  const dataDir = await temporaryFolder('usher-away')
  await assert.rejects(
    openDatabase({ dataDir, databaseUrl: 'postgres://u:sesame@127.0.0.1:1/nothing' }),
    (error: Error) => !error.message.includes('sesame') && /does not answer/.test(error.message),
  )
  await rm(dataDir, { recursive: true })
})
