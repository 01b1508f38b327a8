// A real redis-server for tests, with a sentence for machines that have none.

import { after, type TestContext } from 'node:test'
import { findRedisServer, RedisServer } from '../../gateway/cluster/redis-server.ts'

const running = new Set<RedisServer>()

after(async () => {
  for (const server of running) await server.kill()
})

/** Undefined when the test was skipped since PATH has no redis-server. CI fails on skips. */
export async function redisFor(
  t: TestContext,
  options: { readonly port?: number } = {},
): Promise<RedisServer | undefined> {
  if (findRedisServer() === undefined) {
    t.skip('redis-server is not on PATH: install it to run this test')
    return undefined
  }
  const server = await RedisServer.start(options)
  running.add(server)
  t.after(async () => {
    running.delete(server)
    await server.kill()
  })
  return server
}
