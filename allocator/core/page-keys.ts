// The keys of a hold or entry as bytes. D5

import type { ByteReader, ByteWriter } from '../../shared/binary.ts'
import { readKey, writeKey } from '../../shared/codec-fields.ts'
import type { CommandKey } from '../../shared/commands.ts'
import { LIMITS } from '../../shared/limits.ts'

/** Oldest first, so that adding them in order makes the same chain. */
export function encodeKeys(writer: ByteWriter, newestFirst: readonly CommandKey[]): void {
  writer.varint(newestFirst.length)
  for (const key of [...newestFirst].reverse()) writeKey(writer, key)
}

export function decodeKeys(reader: ByteReader): CommandKey[] {
  const count = reader.count(LIMITS.commandKeysPerShardMax)
  const keys: CommandKey[] = []
  for (let at = 0; at < count; at += 1) keys.push(readKey(reader))
  return keys
}
