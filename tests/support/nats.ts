// Real nats-servers for tests: on loopback, in temporary folders, gone when the file's tests are done.
//
// A suite that cannot have one is skipped with the reason: pass `needsNats` as the options of its tests.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import {
  findNatsServer,
  type NatsCluster,
  NatsServer,
  type NatsServerOptions,
  startNatsCluster,
} from '../../gateway/cluster/nats-server.ts'

/** `{ skip: false }`, or why no nats-server can be had here. */
export const needsNats: { readonly skip: string | false } = await findNatsServer().then(
  () => ({ skip: false }) as const,
  (error: Error) => ({ skip: error.message }),
)

const folders: string[] = []
const running = new Set<NatsServer>()

/** A test that ends its process before the hooks, or runs out of time, leaves no server behind. */
process.once('SIGTERM', () => process.exit(1))
process.once('exit', () => {
  for (const server of running) if (server.isRunning) process.kill(server.pid, 'SIGKILL')
})

after(async () => {
  await Promise.all([...running].map(server => server.kill()))
  await Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true })))
})

async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-nats-'))
  folders.push(folder)
  return folder
}

/** One server; every write synced unless told otherwise. */
export async function freshNats(options: Partial<NatsServerOptions> = {}): Promise<NatsServer> {
  const dataDir = options.dataDir ?? (await freshFolder())
  return remember(await NatsServer.start({ ...options, dataDir }))
}

/** Three servers that replicate; one of them per test file is plenty for two cores. */
export async function freshNatsCluster(
  options: Partial<NatsServerOptions> = {},
): Promise<NatsCluster> {
  const dataDir = options.dataDir ?? (await freshFolder())
  const cluster = await startNatsCluster(3, { ...options, dataDir })
  for (const server of cluster.servers) remember(server)
  return cluster
}

/** A server that a test started again is ended with the others. */
export function remember(server: NatsServer): NatsServer {
  running.add(server)
  return server
}
