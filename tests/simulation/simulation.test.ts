// A bounded number of worlds in every test run, and those that once found something.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './world.ts'

const WORLDS = 300
const FIRST = 1

async function holds(seed: number): Promise<string> {
  const { failure, hash, last } = await new World({ seed }).run()
  const how = `${last.join('\n')}\n${failure}\nreplay it: npm run sim -- --seed ${seed} --trace`
  assert.equal(failure, undefined, how)
  return hash
}

test(`S H L D W E F ${WORLDS} worlds keep every promise`, async () => {
  for (let seed = FIRST; seed < FIRST + WORLDS; seed += 1) await holds(seed)
})

test('D4 the same seed makes the same history', async () => {
  assert.equal(await holds(4711), await holds(4711))
  assert.notEqual(await holds(4711), await holds(4712))
})
