// The hash table of ids against a plain Map.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { CommandTable, EntryKeys } from '../../allocator/core/command-table.ts'
import { IdTable } from '../../allocator/core/id-table.ts'
import { SeatLists } from '../../allocator/core/seat-lists.ts'
import { TagTable, tagOf } from '../../allocator/core/tag-table.ts'
import type { CommandKey } from '../../shared/commands.ts'
import { asSeatIndexes, type CommandId, type EntryId, type Id, idOf } from '../../shared/ids.ts'

/** Lanes like those of show numbers, counters and random bits. */
const lane = fc.oneof(fc.nat(2), fc.constant(-1), fc.integer())
const id = fc.oneof(
  fc.tuple(lane, lane, lane, lane).map(([a, b, c, d]) => idOf<Id>(a, b, c, d)),
  fc.nat(60).map(number => idOf<Id>(7, 0, 0, number)),
)

test('I1 I2 an id table finds what a Map finds, after any sets and deletes', () => {
  const step = fc.record({ id, isDelete: fc.boolean(), value: fc.nat(2 ** 31 - 2) })
  const isRight = fc.property(fc.array(step, { maxLength: 300, size: 'max' }), steps => {
    const table = new IdTable()
    const plain = new Map<string, number>()
    const nameOf = (one: Id) => `${one.a} ${one.b} ${one.c} ${one.d}`
    for (const one of steps) {
      const name = nameOf(one.id)
      if (one.isDelete) assert.equal(table.delete(one.id), plain.delete(name))
      else {
        table.set(one.id, one.value)
        plain.set(name, one.value)
      }
      assert.equal(table.size, plain.size)
    }
    for (const one of steps) assert.equal(table.get(one.id), plain.get(nameOf(one.id)) ?? -1)
  })
  fc.assert(isRight, { numRuns: 300 })
})

test('I1 ids that count up in any lane stay apart', () => {
  for (const at of [0, 1, 2, 3]) {
    const table = new IdTable()
    const nth = (number: number) => {
      const lanes = [7, 0, 0, 0]
      lanes[at] = number
      return idOf<Id>(lanes[0] ?? 0, lanes[1] ?? 0, lanes[2] ?? 0, lanes[3] ?? 0)
    }
    for (let number = 0; number < 50_000; number += 1) table.set(nth(number), number)
    for (let number = 0; number < 50_000; number += 1) assert.equal(table.get(nth(number)), number)
  }
})

test('G1 G2 a tag table names the values of every tag, after any adds and deletes', () => {
  const tag = fc.oneof(fc.nat(8), fc.constant(-1), fc.integer(), fc.constant(1 << 31))
  const step = fc.record({ tag, isDelete: fc.boolean(), value: fc.nat(4), by: fc.nat(4) })
  const isRight = fc.property(fc.array(step, { maxLength: 300, size: 'max' }), steps => {
    const table = new TagTable()
    const plain: { tag: number; value: number }[] = []
    const indexOf = (tag: number, value: number): number =>
      plain.findIndex(row => row.tag === tag && row.value === value)
    for (const { tag, isDelete, value, by } of steps) {
      const at = indexOf(tag, value)
      if (isDelete) {
        assert.equal(table.delete(tag, value), at >= 0)
        if (at >= 0) plain.splice(at, 1)
      } else if (at < 0) {
        table.add(tag, value)
        plain.push({ tag, value })
      } else if (indexOf(tag, by) < 0) {
        assert.ok(table.replace(tag, value, by))
        plain.splice(at, 1, { tag, value: by })
      }
      assert.equal(table.size, plain.length)
    }
    for (const { tag } of steps) {
      const wanted = plain.filter(row => row.tag === tag).map(row => row.value)
      assert.deepEqual(valuesOf(table, tag), wanted.sort())
    }
  })
  fc.assert(isRight, { numRuns: 300 })
})

function valuesOf(table: TagTable, tag: number): number[] {
  const values: number[] = []
  for (let at = table.first(tag); at >= 0; at = table.next(at, tag)) values.push(table.valueAt(at))
  return values.sort()
}

test('G1 the tags of ids that count up in any lane are spread', () => {
  for (const at of [0, 1, 2, 3]) {
    const homes = new Set<number>()
    for (let number = 0; number < 65_536; number += 1) {
      const lanes = [7, 0, 0, 0]
      lanes[at] = number
      const [a = 0, b = 0, c = 0, d = 0] = lanes
      homes.add(tagOf(a, b, c, d) & 0x1_ffff)
    }
    assert.ok(homes.size > 45_000, `lane ${at}: ${homes.size} homes`) // random ones: 51 500
  }
})

const keyOf = (number: number): CommandKey => ({
  id: idOf<CommandId>(number, 1, 2, 3),
  bodyHigh: number,
  bodyLow: -number,
})

test('D5 K1 the keys of an owner are one chain and go together', () => {
  const table = new CommandTable(3)
  let head = table.add(keyOf(1), 5, -1)
  head = table.add(keyOf(2), 5, head)
  const other = table.add(keyOf(3), 6, -1)
  assert.ok(table.isFull)
  assert.deepEqual(table.keysOf(head), [keyOf(2), keyOf(1)])
  assert.equal(table.ownerOf(table.find(keyOf(1).id)), 5)
  assert.ok(table.hasBody(table.find(keyOf(1).id), keyOf(1)))
  assert.ok(!table.hasBody(table.find(keyOf(1).id), { ...keyOf(1), bodyLow: 9 }))
  head = table.remove(table.find(keyOf(1).id), head)
  assert.deepEqual(table.keysOf(head), [keyOf(2)])
  table.drop(head)
  assert.equal(table.size, 1)
  assert.deepEqual(table.keysOf(other), [keyOf(3)])
})

test('K1 the keys of an entry are found by its id, and forgotten with its head', () => {
  const keys = new EntryKeys()
  const entry = idOf<EntryId>(7, 1, 1, 1)
  assert.equal(keys.headOf(entry), -1)
  assert.deepEqual(keys.entryOf(keys.ownerOf(entry)), entry)
  keys.setHead(entry, 12)
  assert.equal(keys.headOf(entry), 12)
  keys.setHead(entry, -1)
  assert.equal(keys.headOf(entry), -1)
})

test('P1 seat lists of every size keep their seats and prices', () => {
  const lists = new SeatLists()
  const of = (count: number) =>
    asSeatIndexes(Array.from({ length: count }, (_, index) => count * 100 + index))
  const pricesOf = (count: number) => Array.from({ length: count }, (_, index) => index * 2 ** 33)
  for (let round = 0; round < 3; round += 1) {
    const places = Array.from({ length: 64 }, (_, index) => {
      const count = index + 1
      return { count, at: lists.add(of(count), pricesOf(count)) }
    })
    for (const { count, at } of places) {
      assert.deepEqual(lists.seatsOf(at, count), of(count))
      assert.deepEqual(lists.pricesOf(at, count), pricesOf(count))
      if (round < 2) lists.remove(at, count)
    }
  }
})
