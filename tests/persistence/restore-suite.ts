// What a restore promises, told on any journal that can be lost: one suite for memory and JetStream.

import assert from 'node:assert/strict'
import test from 'node:test'
import { compactJournal } from '../../allocator/compaction.ts'
import { audit } from '../../persistence/audit.ts'
import { readCompactionState } from '../../persistence/compaction-state.ts'
import { type JournalKeeper, restoreShard } from '../../persistence/restore.ts'
import { Fault } from '../../shared/faults.ts'
import type { CompactableJournal } from '../../shared/ports.ts'
import { sampleChain } from '../support/sample-frames.ts'
import { holdSeats, SHARD } from '../support/writer-lab.ts'
import { holdSome, type LosableJournal, opened, readHold, Town } from './restore-town.ts'

const isRefused = (error: unknown) => error instanceof Fault && error.kind === 'restore-refused'
const isDamaged = (error: unknown) => error instanceof Fault && error.kind === 'journal-damaged'

type MakeStore = () => Promise<LosableJournal>

export function restoreSuite(name: string, options: object, make: MakeStore): void {
  lossSuite(name, options, make)
  halfWaySuite(name, options, make)
  refusalSuite(name, options, make)
  compactionSuite(name, options, make)
}

function lossSuite(name: string, options: object, make: MakeStore): void {
  test(
    `${name}: RS2 a lost journal goes on from its archive; its former owner is fenced`,
    options,
    async () => {
      const town = await Town.on(await make())
      const before = await opened(town)
      await holdSome(before, ['anna', 'ben', 'cora'], 1)
      await town.pass()
      await holdSome(before, ['late'], 8) // answered, but neither archived nor to be saved
      const expected = await town.archivedDigest()
      await town.store.lose()
      await assert.rejects(town.start(), Fault, 'E8: nothing starts before the restore')
      assert.deepEqual(
        (await town.plan()).map(({ verdict, lost }) => ({ verdict, lost })),
        [{ verdict: 'missing', lost: 0 }],
      )
      await town.restore()
      assert.equal((await town.plan())[0]?.verdict, 'whole')
      assert.equal(await town.digest(await town.journal()), expected)

      const zombie = await before.allocator.ask(holdSeats('zombie', [20]))
      assert.equal(zombie.kind, 'fault')
      assert.equal(before.faults[0]?.kind, 'ownership-lost')

      const after = await town.start()
      for (const name of ['anna', 'ben', 'cora']) {
        assert.equal((await readHold(after, name)).kind, 'hold', name)
      }
      assert.equal((await readHold(after, 'late')).kind, 'refused')
      await holdSome(after, ['dora', 'late again'], 8)
      await town.pass()
      assert.equal(await town.count('select count(*)::int from hold'), 5)
      assert.equal(await town.count('select max(incarnation) as count from journal_frame'), 2)
      assert.deepEqual(
        (await audit(town.database.sql, { isArchive: true })).filter(
          finding => finding.violations > 0,
        ),
        [],
      )
      await after.allocator.stop()
      await town.stop()
    },
  )
}

function halfWaySuite(name: string, options: object, make: MakeStore): void {
  test(
    `${name}: RS3 a restore that dies half way is told by E8 and mended by the next one`,
    options,
    async () => {
      const town = await Town.on(await make())
      await holdSome(await opened(town), ['anna'], 1)
      await town.pass()
      await town.store.lose()
      const [plan] = await town.plan()
      assert.ok(plan !== undefined)
      const dying: JournalKeeper = {
        ...town.store.keeper,
        begin: () => Promise.reject(new Error('killed')),
      }
      await assert.rejects(
        restoreShard(plan, { ledger: await town.ledger(), keeper: dying }),
        /killed/,
      )
      await assert.rejects(town.start(), Fault)
      await town.restore()
      const after = await town.start()
      assert.equal((await readHold(after, 'anna')).kind, 'hold')
      assert.equal(after.allocator.health()[0]?.epoch, 2)
      await town.pass()
      assert.equal(await town.count('select max(incarnation) as count from journal_frame'), 3)
      await town.stop()
    },
  )

  test(`${name}: RS4 pages of the lost journal are set aside`, options, async () => {
    const town = await Town.on(await make())
    const before = await opened(town)
    await holdSome(before, ['anna'], 1)
    await town.pass()
    await holdSome(before, ['late'], 5)
    await before.allocator.stop() // its last pages tell of frames that the archive does not have
    await town.store.lose()
    await town.restore()
    const after = await town.start()
    assert.equal((await readHold(after, 'anna')).kind, 'hold')
    assert.equal((await readHold(after, 'late')).kind, 'refused')
    await holdSome(after, ['cora'], 5)
    await town.stop()
  })
}

function refusalSuite(name: string, options: object, make: MakeStore): void {
  test(
    `${name}: RS1 a journal ahead of its archive is kept unless the loss is agreed to`,
    options,
    async () => {
      const town = await Town.on(await make())
      const before = await opened(town)
      await holdSome(before, ['anna'], 1)
      await town.pass()
      await holdSome(before, ['ben', 'cora'], 5)
      assert.deepEqual(
        (await town.plan()).map(({ verdict, lost }) => ({ verdict, lost })),
        [{ verdict: 'ahead', lost: 2 }],
      )
      await town.restore() // nothing needs it
      await holdSome(before, ['dora'], 9)
      await assert.rejects(town.restore(2), isRefused)
      await town.restore(3)
      const after = await town.start()
      assert.equal((await readHold(after, 'ben')).kind, 'refused')
      await town.stop()
    },
  )

  test(
    `${name}: RS1 a whole journal, or one that was never used, is left alone`,
    options,
    async () => {
      const town = await Town.on(await make())
      assert.equal((await town.plan())[0]?.verdict, 'unused')
      const running = await opened(town)
      await town.pass()
      assert.equal((await town.plan())[0]?.verdict, 'whole')
      await town.restore()
      await holdSome(running, ['anna'], 1)
      await assert.rejects(town.restore(7), isRefused)
      await town.stop()
    },
  )

  test(
    `${name}: RS1 another journal under the same name is foreign, and its frames count as lost`,
    options,
    async () => {
      const town = await Town.on(await make())
      await holdSome(await opened(town), ['anna', 'ben'], 1)
      await town.pass()
      await town.store.lose()
      const journal = await town.store.open()
      for (const frame of sampleChain(SHARD, 2)) {
        assert.equal(await journal.append(frame), 'appended')
      }
      assert.deepEqual(
        (await town.plan()).map(({ verdict, lost }) => ({ verdict, lost })),
        [{ verdict: 'foreign', lost: 2 }],
      )
      await assert.rejects(town.restore(), isRefused)
      await town.restore(2)
      assert.equal((await readHold(await town.start(), 'anna')).kind, 'hold')
      await town.stop()
    },
  )
}

function compactionSuite(name: string, options: object, make: MakeStore): void {
  const compacting = (town: Town, journal: CompactableJournal) =>
    compactJournal(SHARD, {
      journal,
      framesMin: 1,
      readState: shard => readCompactionState(town.database.pool, shard),
    })

  test(
    `${name}: CP1 CP2 a journal is compacted to its page and cursor, and recovers from there`,
    options,
    async () => {
      const town = await Town.on(await make())
      const first = await opened(town)
      await holdSome(first, ['anna', 'ben'], 1)
      await first.allocator.stop() // writes pages
      const journal = await town.journal()
      assert.equal(await compacting(town, journal), 0, 'CP2: nothing is archived yet')
      const cursor = await town.pass()
      assert.ok((await compacting(town, journal)) > 0)
      assert.ok((await journal.firstFrame(SHARD)) <= cursor)
      assert.ok((await journal.firstFrame(SHARD)) > 1)
      const second = await town.start()
      await holdSome(second, ['cora'], 5)
      assert.equal((await readHold(second, 'anna')).kind, 'hold')
      await town.pass()
      const expected = await town.archivedDigest()
      assert.equal(await town.digest(journal), expected, 'AJ1: without pages the archive tells all')
      await town.stop()
    },
  )

  test(`${name}: E8 a compacted journal that lost its tail is refused`, options, async () => {
    const town = await Town.on(await make())
    const first = await opened(town)
    await holdSome(first, ['anna'], 1)
    await first.allocator.stop()
    await town.pass()
    await compacting(town, await town.journal())
    await town.store.lose()
    await assert.rejects(town.start(), (error: unknown) => error instanceof Fault)
    await town.restore()
    assert.equal((await readHold(await town.start(), 'anna')).kind, 'hold')
    await town.stop()
  })

  test(`${name}: AJ2 an archive with a hole is found missing, never guessed`, options, async () => {
    const town = await Town.on(await make())
    const first = await opened(town)
    await holdSome(first, ['anna', 'ben'], 1)
    await first.allocator.stop()
    await town.pass()
    const journal = await town.journal()
    await compacting(town, journal)
    await town.database.pool.query('delete from journal_frame where frame = 2')
    await assert.rejects(town.digest(journal), isDamaged)
    await town.stop()
  })
}
