// Bugs that only a cluster can have, planted between a process and its surroundings.
//
// Owns: the bugs. Leaves to others: that each is found (cluster-sabotage.test.ts).

import { ByteReader, ByteWriter } from '../../../shared/binary.ts'
import type { Request } from '../../../shared/commands.ts'
import { FrameBuilder, prevHashOf, transitionsOf } from '../../../shared/frame.ts'
import {
  asEpoch,
  asFrameNumber,
  asSequence,
  type CommandId,
  idFromText,
  type ShardNumber,
} from '../../../shared/ids.ts'
import {
  type AskBatch,
  type AskGroup,
  beginAskGroup,
  beginAsks,
  beginReplies,
  beginReplyPart,
  closeGroup,
  type ReplyPart,
  readAsks,
  readReplies,
  writeAsk,
  writeRoundPart,
} from '../../../shared/link-batches.ts'
import { writeReply } from '../../../shared/link-replies.ts'
import type { EncodedFrame, Journal, Transport } from '../../../shared/ports.ts'
import type { Plant } from './cluster-options.ts'

/** An owner that goes on when the journal tells that it was replaced. */
export function deafOwner(honest: Journal): Journal {
  return over(honest, async frame => {
    await honest.append(frame)
    return 'appended'
  })
}

/** Says that a frame is durable when it was sent. */
export function hastyOwner(honest: Journal): Journal {
  return over(honest, async frame => {
    const outcome = honest.append(frame)
    const isClaim = transitionsOf(frame)[0]?.kind === 'shard-claimed'
    return frame.transitionCount === 0 || isClaim ? outcome : 'appended'
  })
}

/** Claims behind the head although it has not replayed the last frame. */
export function blindClaimant(honest: Journal): Journal {
  const skipped = new Map<ShardNumber, EncodedFrame>()
  const tails = new Map<ShardNumber, EncodedFrame>()
  return {
    ...over(honest, async frame => {
      const last = skipped.get(frame.shard)
      if (last === undefined) return honest.append(frame)
      const moved = movedBehind(frame, last, tails.get(frame.shard) ?? last)
      const outcome = await honest.append(moved)
      if (outcome === 'appended') tails.set(frame.shard, moved)
      return outcome
    }),
    async *read(shard, from) {
      const frames: EncodedFrame[] = []
      for await (const frame of honest.read(shard, from)) frames.push(frame)
      skipped.delete(shard)
      tails.delete(shard)
      const last = frames.at(-1)
      const isData = last !== undefined && last.transitionCount > 0
      const isHold = isData && transitionsOf(last)[0]?.kind === 'seats-held'
      if (isHold && frames.length > 1) skipped.set(shard, frames.pop() as EncodedFrame)
      yield* frames
    },
    async head(shard) {
      const head = await honest.head(shard)
      return head
    },
  }
}

function over(honest: Journal, append: Journal['append']): Journal {
  return {
    append,
    read: (shard, from) => honest.read(shard, from),
    head: shard => honest.head(shard),
    close: () => honest.close(),
  }
}

/** The same records one place later. */
function movedBehind(frame: EncodedFrame, skipped: EncodedFrame, tail: EncodedFrame): EncodedFrame {
  const builder = new FrameBuilder()
  builder.begin(frame.time)
  for (const transition of transitionsOf(frame)) builder.record(transition)
  const [moved] = builder.seal({
    shard: frame.shard,
    incarnation: frame.incarnation,
    epoch: frame.epoch,
    number: asFrameNumber(frame.number + 1),
    firstSequence: asSequence(frame.firstSequence + skipped.transitionCount),
    time: frame.time,
    prevHash: tail.number === frame.number ? tail.hash : prevHashOf(frame),
  })
  return moved as EncodedFrame
}

/** A link that takes a late reply of any reign for one of the present. */
export const reignlessLink: Plant = {
  transport: honest => hearing(honest, 'reply', bytes => encodedReplies(bytes, level)),
}

function level(part: ReplyPart): ReplyPart {
  if (part.kind !== 'replies') return part
  return { ...part, reign: { ...part.reign, epoch: asEpoch(1) } }
}

/** A link that sends an ask again as another command. */
export function renamingLink(): Plant {
  const sent = new Set<string>()
  let renamed = 0
  const rename = (request: Request): Request => {
    if (!('key' in request) || request.key === undefined) return request
    renamed += 1
    return { ...request, key: { ...request.key, id: idFromText<CommandId>(`again ${renamed}`) } }
  }
  return {
    transport: (honest, node) =>
      saying(honest, 'ask', bytes =>
        encodedAsks(bytes, group => ({
          ...group,
          asks: group.asks.map(ask => {
            const name = `${node}/${ask.number}`
            if (sent.has(name)) return { ...ask, request: rename(ask.request) }
            sent.add(name)
            return ask
          }),
        })),
      ),
  }
}

/** A link that sends what waited in the wrong order. */
export const backwardLink: Plant = {
  transport: honest =>
    saying(honest, 'ask', bytes =>
      encodedAsks(bytes, group =>
        group.round === 1 ? group : { ...group, asks: [...group.asks].reverse() },
      ),
    ),
}

/** An owner whose seats leave after the replies that they belong to. */
export const lateSeats: Plant = {
  transport: (honest, node) => {
    if (!node.startsWith('a')) return honest
    let kept: { readonly subject: string; readonly bytes: Uint8Array } | undefined
    return {
      ...passing(honest),
      publish(subject, bytes) {
        const before = kept
        kept = undefined
        if (subject.includes('.feed.') && before === undefined) kept = { subject, bytes }
        else honest.publish(subject, bytes)
        if (before !== undefined) honest.publish(before.subject, before.bytes)
      },
    }
  },
}

/** A feed that does not care for holes. */
export const holeyFeed: Plant = {
  feedEnd: honest => ({
    seats: news => honest.seats(news),
    personal: news => honest.personal(news),
    turnEnded: () => honest.turnEnded(),
    mayHaveHole: () => undefined,
  }),
}

type Change = (bytes: Uint8Array) => Uint8Array

function hearing(honest: Transport, kind: string, change: Change): Transport {
  return {
    ...passing(honest),
    subscribe: (subject, onMessage) =>
      honest.subscribe(subject, bytes =>
        onMessage(subject.includes(`.${kind}.`) ? change(bytes) : bytes),
      ),
  }
}

function saying(honest: Transport, kind: string, change: Change): Transport {
  return {
    ...passing(honest),
    publish: (subject, bytes) =>
      honest.publish(subject, subject.includes(`.${kind}.`) ? change(bytes) : bytes),
  }
}

function passing(honest: Transport): Transport {
  return {
    get isUp() {
      return honest.isUp
    },
    publish: (subject, bytes) => honest.publish(subject, bytes),
    subscribe: (subject, onMessage) => honest.subscribe(subject, onMessage),
    onBack: listener => honest.onBack(listener),
  }
}

function encodedReplies(bytes: Uint8Array, change: (part: ReplyPart) => ReplyPart): Uint8Array {
  const { session, parts } = readReplies(new ByteReader(bytes))
  const writer = new ByteWriter(bytes.length + 64)
  beginReplies(writer, session)
  for (const part of parts.map(change)) {
    if (part.kind !== 'replies') writeRoundPart(writer, part)
    else {
      const countAt = beginReplyPart(writer, part.shard, part.reign)
      for (const { number, reply } of part.items) {
        writer.varint(number)
        writeReply(writer, reply)
      }
      closeGroup(writer, countAt, part.items.length)
    }
  }
  return writer.take()
}

function encodedAsks(bytes: Uint8Array, change: (group: AskGroup) => AskGroup): Uint8Array {
  const batch: AskBatch = readAsks(new ByteReader(bytes))
  const writer = new ByteWriter(bytes.length + 64)
  beginAsks(writer, batch.gateway, batch.session)
  for (const group of batch.groups.map(change)) {
    const countAt = beginAskGroup(writer, group)
    for (const ask of group.asks) writeAsk(writer, ask)
    closeGroup(writer, countAt, group.asks.length)
  }
  return writer.take()
}
