// A real Postgres for tests: one embedded server per test file, a fresh database per test.

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { connect, type Database } from '../../persistence/database.ts'
import { type EmbeddedServer, startEmbedded } from '../../persistence/embedded/server.ts'
import { migrateUp } from '../../persistence/migrate.ts'

let server: Promise<EmbeddedServer> | undefined
let folder: string | undefined
let count = 0
let isStopped = false

/** Called by the first test that needs it; stopped and removed when the file's tests are done. */
async function sharedServer(): Promise<EmbeddedServer> {
  folder = await mkdtemp(join(tmpdir(), 'usher-pg-'))
  await chmod(folder, 0o711)
  const started = await startEmbedded(folder)
  stopAtExit(started)
  return started
}

/** A test that ends its process before the hooks leaves no server behind. */
function stopAtExit({ pid }: EmbeddedServer): void {
  process.once('exit', () => {
    try {
      if (!isStopped) process.kill(pid, 'SIGINT')
    } catch {
      // it has ended by itself
    }
  })
}

after(async () => {
  await (await server)?.stop()
  isStopped = true
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** A private database with every table; the caller stops it (the server stays for the next test). */
export async function freshDatabase(options = { migrate: true }): Promise<Database> {
  server ??= sharedServer()
  const { url } = await server
  const root = await connect(url, undefined, undefined)
  count += 1
  const name = `test_${count}`
  await root.pool.query(`create database ${name}`)
  await root.stop()
  const own = new URL(url)
  own.pathname = `/${name}`
  const database = await connect(own.toString(), undefined, undefined)
  if (options.migrate) await migrateUp(database.sql)
  return database
}

/** An empty data folder for tests that start their own server. */
export async function temporaryFolder(prefix: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), `${prefix}-`))
  await chmod(path, 0o711)
  return path
}
