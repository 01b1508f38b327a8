// Cards of shows: read once, forgotten on a write, and read again where others write too.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Directory, type ShowCard } from '../../gateway/directory.ts'
import { SHOW, showCardOf } from './live-stage.ts'

/** Rows that a test changes, breaks and slows. */
class Rows {
  card: ShowCard | undefined = showCardOf(4)
  showReadCount = 0
  layoutReadCount = 0
  isBroken = false
  delayMs = 0

  readonly readShow = async (): Promise<ShowCard | undefined> => {
    this.showReadCount += 1
    const { card } = this
    if (this.delayMs > 0) await sleep(this.delayMs)
    if (this.isBroken) throw new Error('the database is away')
    return card
  }

  readonly readLayout = async () => {
    this.layoutReadCount += 1
    return showCardOf(4).layout
  }

  rename(publicId: string): void {
    this.card = { ...showCardOf(4), publicId }
  }
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

test('C1 C2 a card is read once for all who wait, and again after a write', async () => {
  const rows = new Rows()
  const directory = new Directory(rows)
  assert.equal(directory.peek(SHOW), undefined)
  const [one, other] = await Promise.all([directory.load(SHOW), directory.load(SHOW)])
  assert.equal(one, other)
  assert.equal(directory.peek(SHOW), one)
  assert.equal(rows.showReadCount, 1)
  rows.rename('changed')
  directory.forget(SHOW)
  assert.equal(directory.peek(SHOW), undefined)
  assert.equal((await directory.load(SHOW))?.publicId, 'changed')
})

test('C3 a used card is renewed in the background, so that nobody waits', async () => {
  const rows = new Rows()
  const directory = new Directory(rows, { freshMs: 200 })
  await directory.load(SHOW)
  rows.rename('changed')
  const end = performance.now() + 190
  while (performance.now() < end && directory.peek(SHOW)?.publicId !== 'changed') {
    assert.ok(directory.peek(SHOW) !== undefined, 'the old card is there until the new one is')
    await sleep(5)
  }
  assert.equal(directory.peek(SHOW)?.publicId, 'changed')
  assert.equal(rows.showReadCount, 2)
  assert.equal(rows.layoutReadCount, 1, 'a layout never changes')
})

test('C3 a card that nobody used for long is read before it is used', async () => {
  const rows = new Rows()
  const directory = new Directory(rows, { freshMs: 40 })
  await directory.load(SHOW)
  rows.rename('changed')
  await sleep(60)
  assert.equal(directory.peek(SHOW), undefined)
  assert.equal((await directory.load(SHOW))?.publicId, 'changed')
  rows.card = undefined
  await sleep(60)
  assert.equal(await directory.load(SHOW), undefined, 'what was removed is gone')
})

test('C4 a database that fails or hangs does not take away a card that is known', async () => {
  const rows = new Rows()
  const directory = new Directory(rows, { freshMs: 40 })
  const card = await directory.load(SHOW)
  rows.isBroken = true
  await sleep(60)
  assert.equal(await directory.load(SHOW), card)
  rows.delayMs = 5_000
  await sleep(60)
  const beganAt = performance.now()
  assert.equal(await directory.load(SHOW), card)
  assert.ok(performance.now() - beganAt < 400)
  assert.equal(directory.peek(SHOW), card, 'and it is not asked for each time')
})
