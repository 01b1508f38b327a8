// The ledger's eye on the journal table.

import type pg from 'pg'
import { decodeFrame } from '../shared/frame.ts'
import type { EncodedFrame } from '../shared/ports.ts'
import type { FrameAsk, FrameSource } from './ledger-loop.ts'

const NEXT = `
  select f.bytes
  from unnest($1::int2[], $2::int8[]) as c (shard, after)
  cross join lateral (
    select frame, bytes from journal_frame
    where shard = c.shard and frame > c.after order by frame limit $3
  ) as f
  order by c.shard, f.frame`

/** Every frame's hash is checked on the way in (R1 of frame.ts). */
export class JournalReader implements FrameSource {
  readonly #client: Pick<pg.Client, 'query'>

  constructor(client: Pick<pg.Client, 'query'>) {
    this.#client = client
  }

  async framesAfter(asks: readonly FrameAsk[], countMax: number): Promise<readonly EncodedFrame[]> {
    const values = [asks.map(ask => ask.shard), asks.map(ask => ask.after), countMax]
    const query = { name: 'ledger-frames', text: NEXT, values }
    const { rows } = await this.#client.query<{ readonly bytes: Buffer }>(query)
    return rows.map(row => decodeFrame(row.bytes))
  }
}
