import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterIdentity, refuseClusters } from '../../persistence/cluster-identity.ts'
import { exitCodeOf } from '../../shared/service.ts'
import { freshDatabase } from '../support/postgres.ts'

test('M3 one process alone is refused the database of a cluster, and no other', async () => {
  const database = await freshDatabase()
  await refuseClusters(database.sql)
  const identity = await clusterIdentity(database.sql)
  assert.equal(await clusterIdentity(database.sql), identity, 'made once')
  await assert.rejects(refuseClusters(database.sql), error => {
    assert.match(String(error), /belongs to a cluster.*usher cluster/)
    return exitCodeOf(error) === 78
  })
  await database.stop()
})
