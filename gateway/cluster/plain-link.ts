// The link and the feed in their plainest form: one message each, values as V8 writes them.

import { deserialize, serialize } from 'node:v8'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Request } from '../../shared/commands.ts'
import { shardOf } from '../../shared/placement.ts'
import type { FeedSink, Link, Owners } from '../../shared/ports.ts'
import type { FrameNews, PersonalNews, Reply } from '../../shared/views.ts'

const ANSWER_MS_MAX = 2_000
const GONE: Reply = {
  kind: 'fault',
  code: 'shard-unavailable',
  detail: 'This show is changing hands; try again.',
  retryAfterMs: 500,
}

interface PlainParts {
  readonly nats: NatsConnection
  readonly cluster: string
}

export class PlainLink implements Link {
  readonly #parts: PlainParts & { readonly owners: Owners }

  constructor(parts: PlainParts & { readonly owners: Owners }) {
    this.#parts = parts
  }

  submit(request: Request, origin: number, onReply: (reply: Reply) => void): void {
    void this.#ask(request, origin, onReply)
  }

  async #ask(request: Request, origin: number, onReply: (reply: Reply) => void): Promise<void> {
    const { nats, cluster, owners } = this.#parts
    const owner = owners.ownerOf(shardOf(request.show))
    if (owner === undefined) return onReply(GONE)
    const data = serialize({ request, origin })
    const answer = await nats
      .request(`${cluster}.plain.${owner}`, data, { timeout: ANSWER_MS_MAX })
      .catch(() => undefined)
    onReply(answer === undefined ? GONE : (deserialize(answer.data) as Reply))
  }
}

export function servePlainly({ nats, cluster }: PlainParts, node: string, link: Link): void {
  nats.subscribe(`${cluster}.plain.${node}`, {
    callback: (_, message) => {
      const { request, origin } = deserialize(message.data)
      link.submit(request, origin, reply => message.respond(serialize(reply)))
    },
  })
}

export function plainFeed({ nats, cluster }: PlainParts): FeedSink {
  const tell = (kind: string, news: unknown): void =>
    nats.publish(`${cluster}.plainfeed.${kind}`, serialize(news))
  return {
    seats: news => tell('seats', news),
    personal: news => tell('personal', news),
    turnEnded: () => undefined,
  }
}

export function hearPlainly({ nats, cluster }: PlainParts, sink: FeedSink): void {
  nats.subscribe(`${cluster}.plainfeed.*`, {
    callback: (_, message) => {
      const news = deserialize(message.data)
      if (message.subject.endsWith('seats')) sink.seats(news as FrameNews)
      else sink.personal((news as PersonalNews[]).map(one => ({ ...one, origin: 0 })))
      sink.turnEnded()
    },
  })
}
