// What the ledger writes: transitions, holds, bookings, tickets, waitlist entries.
//
// Ids are 128 bits and stored as uuid; id_text() and id_of() turn them to and from the text that
// people and the API see. Rows that change in place leave room on their page, and no index covers
// a column that changes, so that an update touches one page.

import { type Kysely, sql } from 'kysely'

const ID_TEXT = `
  create function id_text(id uuid) returns text language sql immutable strict parallel safe as $$
    select string_agg(
      substr('abcdefghijklmnopqrstuvwxyz234567', 1 + substring(
        (('x' || replace(id::text, '-', ''))::bit(128) || b'00') from 1 + 5 * place for 5
      )::bit(5)::int, 1), '' order by place)
    from generate_series(0, 25) as place
  $$`

const ID_OF = `
  create function id_of(text_id text) returns uuid language sql immutable strict parallel safe as $$
    select string_agg(lpad(to_hex(get_byte(bytes, place)), 2, '0'), '' order by place)::uuid
    from (
      select decode(string_agg(
        lpad(to_hex(substring(bits from 1 + 8 * place for 8)::bit(8)::int), 2, '0'),
        '' order by place), 'hex') as bytes
      from (
        select string_agg((strpos('abcdefghijklmnopqrstuvwxyz234567', letter) - 1)::bit(5)::text,
          '' order by place)::varbit as bits
        from unnest(string_to_array(text_id, null)) with ordinality as l (letter, place)
      ) as spelled, generate_series(0, 15) as place
    ) as packed, generate_series(0, 15) as place
  $$`

const STATEMENTS = [
  ID_TEXT,
  ID_OF,
  // show 0: the shard's own facts
  `create table transition (
    shard int2 not null,
    sequence int8 not null,
    frame int8 not null,
    at timestamptz not null,
    show int8 not null,
    kind text not null,
    hold uuid,
    entry uuid,
    booking uuid,
    customer uuid,
    seats int4[],
    expires_at timestamptz,
    detail jsonb,
    primary key (show, sequence, shard)
  )`,
  `create index transition_customer on transition (customer, at) where customer is not null`,
  'create index transition_at on transition using brin (at)',
  `create table hold (
    id uuid primary key,
    show int8 not null,
    customer uuid not null,
    phase text not null,
    seats int4[] not null,
    prices int8[] not null,
    origin text not null,
    entry uuid,
    booking uuid,
    extension_count int2 not null default 0,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    shard int2 not null,
    incarnation int4 not null,
    deadline_sequence int8 not null,
    sequence int8 not null
  ) with (fillfactor = 80)`,
  'create index hold_created on hold using brin (created_at)',
  `create table waitlist_entry (
    id uuid primary key,
    show int8 not null,
    customer uuid not null,
    state text not null,
    party int4 not null,
    min_party int4 not null,
    categories int4 not null,
    together boolean not null,
    accessible boolean not null,
    decline_count int2 not null default 0,
    hold uuid,
    joined_at timestamptz not null,
    ended_at timestamptz,
    sequence int8 not null
  ) with (fillfactor = 80)`,
  'create index waitlist_entry_show on waitlist_entry (show)',
  `create table booking (
    id uuid primary key,
    show int8 not null,
    customer uuid not null,
    hold uuid not null,
    number int4,
    status text not null,
    amount int8 not null,
    currency text not null,
    intent text,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    sequence int8 not null
  ) with (fillfactor = 80)`,
  'create index booking_customer on booking (customer, created_at, id)',
  'create unique index booking_number on booking (show, number) where number is not null',
  // a ticket's id is derived from its booking and seat (ticket-ids.ts)
  `create table ticket (
    booking uuid not null references booking,
    show int8 not null,
    seat_index int4 not null,
    price int8 not null,
    is_live boolean not null,
    died_at timestamptz,
    cause text,
    admitted_at timestamptz,
    primary key (booking, seat_index)
  )`,
  // the last wall: no seat is sold twice, whatever the journal says (design.md §0.1)
  'create unique index ticket_live_seat on ticket (show, seat_index) where is_live',
]

export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database)
}
