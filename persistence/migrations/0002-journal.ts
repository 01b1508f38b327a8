// The journal of embedded mode (in a cluster its archive), snapshots, and the ledger's position.

import { type Kysely, sql } from 'kysely'

const STATEMENTS = [
  `create table journal_frame (
    shard int2 not null,
    frame int8 not null,
    incarnation int4 not null,
    epoch int4 not null,
    first_sequence int8 not null,
    transition_count int4 not null,
    time_ms int8 not null,
    hash bytea not null,
    bytes bytea not null,
    primary key (shard, frame)
  )`,
  // frames are hashed and dense: compressing them costs more than it saves
  'alter table journal_frame alter column bytes set storage external',
  `create table snapshot_page (
    shard int2 not null,
    show int8 not null,
    incarnation int4 not null,
    frame int8 not null,
    sequence int8 not null,
    sha bytea not null,
    bytes bytea not null,
    primary key (shard, show)
  )`,
  'alter table snapshot_page alter column bytes set storage external',
  `create table ledger_cursor (
    shard int2 primary key,
    frame int8 not null default 0,
    sequence int8 not null default 0,
    moved_at timestamptz not null default now()
  ) with (fillfactor = 20)`,
  'insert into ledger_cursor (shard) select generate_series(0, 15)',
]

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database)
}
