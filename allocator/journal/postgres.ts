// The Journal in the Postgres table journal_frame: what an embedded Usher writes to.
//
// Owns: one statement and one commit for the frames of all shards of a turn; settling silence.
// Leaves to others: the table (persistence/migrations), when a frame is sealed (writer.ts).
//
//   E2. A frame's first send that inserts no row is fenced: another frame stands there, or the head
//       is not the one it names by number and hash.
//   E3. After silence or an error the same frames are sent again; a missing row is then settled by
//       reading what stands there and comparing hashes.
//   E9. One statement is in flight; the appends made meanwhile gather for the next one.

import type pg from 'pg'
import { assert } from '../../shared/assert.ts'
import { Fault } from '../../shared/faults.ts'
import { decodeFrame, prevHashOf, sameBytes } from '../../shared/frame.ts'
import type { FrameNumber, ShardNumber } from '../../shared/ids.ts'
import { asEpoch, asFrameNumber, asIncarnation } from '../../shared/ids.ts'
import type {
  AppendOutcome,
  Clock,
  EncodedFrame,
  Journal,
  JournalHead,
} from '../../shared/ports.ts'
import { byteaArray, int2Array, int4Array, int8Array } from './pg-arrays.ts'
import { type LineOptions, PostgresLine } from './postgres-line.ts'

const FRAMES_PER_PAGE = 128

const APPEND = `
insert into journal_frame
  (shard, frame, incarnation, epoch, first_sequence, transition_count, time_ms, hash, bytes)
select n.shard, n.frame, n.incarnation, n.epoch, n.first_sequence, n.transition_count, n.time_ms,
       n.hash, n.bytes
from unnest($1::int2[], $2::int8[], $3::int4[], $4::int4[], $5::int8[], $6::int4[], $7::int8[],
            $8::bytea[], $9::bytea[], $10::bytea[])
  as n(shard, frame, incarnation, epoch, first_sequence, transition_count, time_ms, hash, bytes,
       prev_hash)
where n.frame = 1 or n.prev_hash = (
  select p.hash from journal_frame p where p.shard = n.shard and p.frame = n.frame - 1)
on conflict (shard, frame) do nothing
returning shard`

/** The same for a single frame, which most turns are: half the work of unpacking arrays of one. */
const APPEND_ONE = `
insert into journal_frame
  (shard, frame, incarnation, epoch, first_sequence, transition_count, time_ms, hash, bytes)
select $1::int2, $2::int8, $3::int4, $4::int4, $5::int8, $6::int4, $7::int8, $8::bytea, $9::bytea
where $2::int8 = 1 or $10::bytea = (
  select p.hash from journal_frame p where p.shard = $1::int2 and p.frame = $2::int8 - 1)
on conflict (shard, frame) do nothing
returning shard`

const HASHES = `
select f.shard, f.hash from journal_frame f
join unnest($1::int2[], $2::int8[]) as n(shard, frame) on f.shard = n.shard and f.frame = n.frame`

const HEAD = `
select incarnation, epoch, frame, hash from journal_frame
where shard = $1 order by frame desc limit 1`

const PAGE = `
select bytes from journal_frame
where shard = $1 and frame >= $2 order by frame limit ${FRAMES_PER_PAGE}`

const WALL_CLOCK = 'select extract(epoch from clock_timestamp())::float8 * 1000 as ms'

const REQUIRED_ON = ['fsync', 'full_page_writes', 'synchronous_commit']

interface Pending {
  readonly frame: EncodedFrame
  readonly resolve: (outcome: AppendOutcome) => void
  readonly reject: (cause: unknown) => void
}

export class PostgresJournal implements Journal {
  readonly #line: PostgresLine
  #gathered: Pending[] = []
  #inFlight: Promise<void> | undefined

  private constructor(line: PostgresLine) {
    this.#line = line
  }

  /** Checks that the server keeps what it confirms; throws Fault('configuration') when not. */
  static async open(options: LineOptions): Promise<PostgresJournal> {
    const line = new PostgresLine(options)
    try {
      await line.attempt(checkDurable)
    } catch (cause) {
      await line.close()
      throw cause
    }
    return new PostgresJournal(line)
  }

  append(frame: EncodedFrame): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ frame, resolve, reject })
      if (this.#inFlight !== undefined) return // E9
      this.#inFlight = Promise.resolve().then(() => this.#flush())
    })
  }

  /** A short page is the last: what is appended meanwhile may be told or not. */
  async *read(shard: ShardNumber, from: FrameNumber): AsyncIterable<EncodedFrame> {
    let next = Math.max(from, 1)
    for (;;) {
      const rows = await this.#line.attempt(client => readPage(client, [shard, next]))
      for (const row of rows) {
        const frame = decodeFrame(row.bytes)
        next = frame.number + 1
        yield frame
      }
      if (rows.length < FRAMES_PER_PAGE) return
    }
  }

  async head(shard: ShardNumber): Promise<JournalHead | undefined> {
    const { rows } = await this.#line.attempt(client => client.query(HEAD, [shard]))
    const row = rows[0]
    if (row === undefined) return undefined
    return {
      incarnation: asIncarnation(row.incarnation),
      epoch: asEpoch(row.epoch),
      number: asFrameNumber(Number(row.frame)),
      hash: row.hash,
    }
  }

  /** How far the database's wall clock is ahead of this one, for readiness (§5 Time). */
  async wallSkewMs(clock: Clock): Promise<number> {
    const sentAt = clock.wallMs()
    const { rows } = await this.#line.attempt(client => client.query(WALL_CLOCK))
    return Math.round(rows[0].ms - (sentAt + clock.wallMs()) / 2)
  }

  /** Waits for the appends under way. */
  async close(): Promise<void> {
    while (this.#inFlight !== undefined) await this.#inFlight
    await this.#line.close()
  }

  async #flush(): Promise<void> {
    while (this.#gathered.length > 0) {
      const batch = this.#gathered
      this.#gathered = []
      assertOnePerShard(batch)
      await this.#send(batch)
    }
    this.#inFlight = undefined
  }

  /** Never rejects: every append of the batch is told. */
  async #send(batch: readonly Pending[]): Promise<void> {
    try {
      const frames = batch.map(pending => pending.frame)
      const appended = await this.#line.attempt((client, attempt) =>
        attempt === 0 ? insert(client, frames) : insertAgain(client, frames),
      )
      for (const { frame, resolve } of batch)
        resolve(appended.has(frame.shard) ? 'appended' : 'fenced')
    } catch (cause) {
      for (const { reject } of batch) reject(cause)
    }
  }
}

/** The statement sees only what stood before it, so a Shard's next frame needs its own (E2). */
function assertOnePerShard(batch: readonly Pending[]): void {
  const shards = new Set(batch.map(pending => pending.frame.shard))
  assert(shards.size === batch.length, 'W1: a Shard has one frame in flight')
}

async function insert(
  client: pg.Client,
  frames: readonly EncodedFrame[],
): Promise<ReadonlySet<number>> {
  const [first] = frames
  const isOne = first !== undefined && frames.length === 1
  const { rows } = await client.query(isOne ? insertionOf(first) : insertionOfAll(frames))
  return new Set(rows.map(row => row.shard as number))
}

function insertionOf(frame: EncodedFrame): pg.QueryConfig {
  return {
    name: 'append-frame',
    text: APPEND_ONE,
    values: [
      frame.shard,
      frame.number,
      frame.incarnation,
      frame.epoch,
      frame.firstSequence,
      frame.transitionCount,
      frame.time,
      frame.hash,
      frame.bytes,
      prevHashOf(frame),
    ],
  }
}

function insertionOfAll(frames: readonly EncodedFrame[]): pg.QueryConfig {
  return {
    name: 'append-frames',
    text: APPEND,
    values: [
      int2Array(frames.map(frame => frame.shard)),
      int8Array(frames.map(frame => frame.number)),
      int4Array(frames.map(frame => frame.incarnation)),
      int4Array(frames.map(frame => frame.epoch)),
      int8Array(frames.map(frame => frame.firstSequence)),
      int4Array(frames.map(frame => frame.transitionCount)),
      int8Array(frames.map(frame => frame.time)),
      byteaArray(frames.map(frame => frame.hash)),
      byteaArray(frames.map(frame => frame.bytes)),
      byteaArray(frames.map(prevHashOf)),
    ],
  }
}

/** E3 */
async function insertAgain(
  client: pg.Client,
  frames: readonly EncodedFrame[],
): Promise<ReadonlySet<number>> {
  const inserted = await insert(client, frames)
  const { rows } = await client.query({
    text: HASHES,
    values: [
      int2Array(frames.map(frame => frame.shard)),
      int8Array(frames.map(frame => frame.number)),
    ],
  })
  const standing = new Map(rows.map(row => [row.shard as number, row.hash as Uint8Array]))
  const mine = frames.filter(({ shard, hash }) => {
    const stored = standing.get(shard)
    return stored !== undefined && sameBytes(stored, hash)
  })
  return new Set([...inserted, ...mine.map(frame => frame.shard)])
}

async function readPage(
  client: pg.Client,
  values: readonly number[],
): Promise<readonly { readonly bytes: Buffer }[]> {
  const query = { name: 'read-frames', text: PAGE, values: [...values] }
  const { rows } = await client.query<{ readonly bytes: Buffer }>(query)
  return rows
}

async function checkDurable(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    'select name, setting from pg_settings where name = any($1)',
    [REQUIRED_ON],
  )
  const off = rows.filter(row => row.setting !== 'on').map(row => `${row.name} = ${row.setting}`)
  if (off.length === 0) return
  throw new Fault(
    'configuration',
    `Postgres would lose confirmed seats in a power cut: ${off.join(', ')}. Set it to on.`,
  )
}
