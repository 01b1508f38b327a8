// What travels between processes comes back equal, and bytes that are nothing end no process.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter, MalformedBytes } from '../../shared/binary.ts'
import { asEpoch, asIncarnation, asShardNumber, type NodeId } from '../../shared/ids.ts'
import {
  type AskGroup,
  beginAskGroup,
  beginAsks,
  beginReplies,
  beginReplyPart,
  closeGroup,
  readAsks,
  readReplies,
  writeAsk,
  writeRoundPart,
} from '../../shared/link-batches.ts'
import {
  readFrameNews,
  readHead,
  readPersonal,
  writeFrameNews,
  writeHead,
  writePersonal,
} from '../../shared/link-news.ts'
import { readReply, writeReply } from '../../shared/link-replies.ts'
import { readRequest, writeRequest } from '../../shared/link-requests.ts'
import {
  arbitraryFrameNews,
  arbitraryPersonal,
  arbitraryReply,
  arbitraryReplyOf,
  arbitraryRequest,
  arbitraryRequestOf,
  REPLY_KINDS,
  REQUEST_KINDS,
} from '../support/arbitrary-messages.ts'

const GATEWAY = 'gateway-1' as NodeId

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(16)
  write(writer)
  return writer.take()
}

for (const kind of REQUEST_KINDS) {
  test(`K1 request ${kind} comes back equal`, () => {
    fc.assert(
      fc.property(arbitraryRequestOf(kind), request => {
        const reader = new ByteReader(written(writer => writeRequest(writer, request)))
        assert.deepStrictEqual(readRequest(reader), request)
        reader.finish()
      }),
      { numRuns: 60 },
    )
  })
}

for (const kind of REPLY_KINDS) {
  test(`K1 reply ${kind} comes back equal`, () => {
    fc.assert(
      fc.property(arbitraryReplyOf(kind), reply => {
        const reader = new ByteReader(written(writer => writeReply(writer, reply)))
        assert.deepStrictEqual(readReply(reader), reply)
        reader.finish()
      }),
      { numRuns: 60 },
    )
  })
}

test('K1 news and heads come back equal', () => {
  fc.assert(
    fc.property(arbitraryFrameNews, news => {
      const reader = new ByteReader(written(writer => writeFrameNews(writer, news)))
      assert.deepStrictEqual(readFrameNews(reader), news)
      reader.finish()
      const { shard, incarnation, epoch, frame } = news
      const head = { shard, incarnation, epoch, frame }
      const bytes = written(writer => writeHead(writer, head))
      assert.deepStrictEqual(readHead(new ByteReader(bytes)), head)
    }),
  )
})

test('F7 personal news come back equal, their origin only where it is at home', () => {
  const session = fc.integer({ min: 1, max: 2 ** 32 - 1 })
  fc.assert(
    fc.property(
      arbitraryPersonal,
      session,
      session,
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      (news, home, elsewhere, socket) => {
        const bytes = written(writer => writePersonal(writer, news, { session: home, socket }))
        const seen = readPersonal(new ByteReader(bytes), home)
        assert.deepStrictEqual(seen, { ...news, origin: socket })
        const other = readPersonal(new ByteReader(bytes), elsewhere)
        assert.deepStrictEqual(other, { ...news, origin: home === elsewhere ? socket : 0 })
        const unasked = written(writer => writePersonal(writer, news, undefined))
        assert.deepStrictEqual(readPersonal(new ByteReader(unasked), home), news)
      },
    ),
  )
})

function askBatch(groups: readonly AskGroup[]): Uint8Array {
  return written(writer => {
    beginAsks(writer, GATEWAY, 77)
    for (const group of groups) {
      const countAt = beginAskGroup(writer, group)
      for (const ask of group.asks) writeAsk(writer, ask)
      closeGroup(writer, countAt, group.asks.length)
    }
  })
}

const arbitraryGroups = fc.array(
  fc.record({
    shard: fc.nat(15).map(asShardNumber),
    round: fc.nat(),
    first: fc.nat(),
    asks: fc.array(
      fc.record({
        number: fc.nat(),
        origin: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        request: arbitraryRequest,
        bytes: fc.constant(0),
      }),
      { maxLength: 5 },
    ),
  }),
  { maxLength: 4 },
)

test('K1 batches of asks come back equal', () => {
  fc.assert(
    fc.property(arbitraryGroups, groups => {
      const batch = readAsks(new ByteReader(askBatch(groups)))
      assert.equal(batch.gateway, GATEWAY)
      assert.equal(batch.session, 77)
      const read = batch.groups.map(group => ({
        ...group,
        asks: group.asks.map(ask => ({ ...ask, bytes: 0 })),
      }))
      assert.deepStrictEqual(
        read,
        groups.map(group => ({ ...group, asks: group.asks.map(ask => ({ ...ask })) })),
      )
    }),
  )
})

const REIGN = { incarnation: asIncarnation(2), epoch: asEpoch(9) }

test('K1 batches of replies come back equal', () => {
  const items = fc.array(fc.record({ number: fc.nat(), reply: arbitraryReply }), { maxLength: 6 })
  fc.assert(
    fc.property(items, fc.nat(), (replies, round) => {
      const shard = asShardNumber(3)
      const bytes = written(writer => {
        beginReplies(writer, 78)
        writeRoundPart(writer, { kind: 'accepted', shard, round })
        const countAt = beginReplyPart(writer, shard, REIGN)
        for (const { number, reply } of replies) {
          writer.varint(number)
          writeReply(writer, reply)
        }
        closeGroup(writer, countAt, replies.length)
        writeRoundPart(writer, { kind: 'refused', shard, round })
      })
      assert.deepStrictEqual(readReplies(new ByteReader(bytes)), {
        session: 78,
        parts: [
          { kind: 'accepted', shard, round },
          { kind: 'replies', shard, reign: REIGN, items: replies.map(item => ({ ...item })) },
          { kind: 'refused', shard, round },
        ],
      })
    }),
  )
})

test('K3 any cut, flipped or foreign message is read or refused, never anything else', () => {
  const readers: ((reader: ByteReader) => unknown)[] = [
    readAsks,
    readReplies,
    readRequest,
    readReply,
    readFrameNews,
    readHead,
    reader => readPersonal(reader, 1),
  ]
  const message = fc.oneof(
    arbitraryGroups.map(askBatch),
    arbitraryReply.map(reply => written(writer => writeReply(writer, reply))),
    arbitraryFrameNews.map(news => written(writer => writeFrameNews(writer, news))),
    fc.uint8Array({ maxLength: 200 }),
  )
  fc.assert(
    fc.property(message, fc.nat(), fc.nat(255), (bytes, place, value) => {
      if (bytes.length > 0) bytes[place % bytes.length] = value
      const end = place % (bytes.length + 1)
      for (const read of readers) {
        for (const reader of [new ByteReader(bytes), new ByteReader(bytes, 0, end)]) {
          try {
            read(reader)
          } catch (error) {
            assert.ok(error instanceof MalformedBytes, String(error))
          }
        }
      }
    }),
    { numRuns: 400 },
  )
})
