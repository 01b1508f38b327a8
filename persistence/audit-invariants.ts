// The invariants of the tables, in SQL: each query answers one text per violation.
//
// Owns: what must hold between rows, and between rows and the log of Transitions.
// Leaves to others: running them on one snapshot (audit.ts), frames (audit-journal.ts).
//
//   AI1. A state in a table is judged by the Transitions alone, not by how the projection folds them.

/** What tickets, holds and bookings say about each other. */
const ROWS: Readonly<Record<string, string>> = {
  'a seat has one live ticket': `
    select 'show ' || show || ' seat ' || seat_index from ticket
    where is_live group by show, seat_index having count(*) > 1`,
  'a seat is in one live hold': `
    select 'show ' || show || ' seat ' || seat from hold, unnest(seats) as seat
    where phase in ('selecting', 'paying', 'settling')
    group by show, seat having count(*) > 1`,
  'a held seat is not sold to somebody else': `
    select 'show ' || h.show || ' seat ' || t.seat_index from hold h
    join ticket t on t.show = h.show and t.is_live and t.seat_index = any (h.seats)
    join booking b on b.id = t.booking
    where h.phase in ('selecting', 'paying', 'settling') and b.hold <> h.id`,
  'a ticket has its booking': `
    select 'show ' || t.show || ' seat ' || t.seat_index from ticket t
    left join booking b on b.id = t.booking
    where b.id is null or b.show <> t.show`,
  'a booking has live tickets exactly while it stands': `
    select 'booking ' || id_text(b.id) from booking b
    where (b.status in ('pending', 'confirmed', 'partly-cancelled'))
      <> exists (select from ticket t where t.booking = b.id and t.is_live)`,
  'a booking has the tickets of its hold': `
    select 'booking ' || id_text(b.id) from booking b
    left join hold h on h.id = b.hold
    where h.id is null or h.booking is distinct from b.id or h.customer <> b.customer
      or (select array_agg(t.seat_index order by t.seat_index) from ticket t where t.booking = b.id)
        is distinct from (select array_agg(seat order by seat) from unnest(h.seats) as seat)`,
  'a confirmed booking costs what its tickets cost': `
    select 'booking ' || id_text(b.id) from booking b join ticket t on t.booking = b.id and t.is_live
    where b.status = 'confirmed' group by b.id having sum(t.price) <> min(b.amount)`,
  'a show sells and holds no more seats than its layout has': `
    with taken as (
      select show, seat from hold, unnest(seats) as seat
      where phase in ('selecting', 'paying', 'settling')
      union select show, seat_index from ticket where is_live
    )
    select 'show ' || taken.show from taken join show_journaled j on j.show = taken.show
    join layout l on l.number = (j.terms ->> 'layout')::int
    group by taken.show, l.seat_count
    having count(*) > l.seat_count or max(taken.seat) >= l.seat_count or min(taken.seat) < 0`,
}

/** AI1; a show's end ends what is selecting, paying or waiting without a Transition of its own. */
const HOLD_PHASES = `
  with last as (
    select distinct on (hold) hold, show, sequence, case
        when kind in ('seats-held', 'waiter-offered') then 'selecting'
        when kind = 'payment-started' then 'paying'
        when kind = 'hold-settling' then 'settling'
        when kind = 'hold-booked' then 'booked'
        when kind = 'hold-expired' then 'expired'
        else 'released' end as phase
    from transition
    where hold is not null and kind not in ('hold-changed', 'hold-extended')
    order by hold, sequence desc
  ), expected as (
    select last.hold, case when phase in ('selecting', 'paying') and exists (
        select from transition c where c.show = last.show and c.kind = 'show-cancelled'
          and c.sequence > last.sequence) then 'released' else phase end as phase
    from last
  )
  select 'hold ' || id_text(coalesce(h.id, e.hold)) || ': ' || coalesce(h.phase, 'no row')
    || ' instead of ' || coalesce(e.phase, 'none')
  from hold h full join expected e on e.hold = h.id
  where h.phase is distinct from e.phase`

const ENTRY_STATES = `
  with last as (
    select distinct on (entry) entry, show, sequence, kind, hold,
      count(*) filter (where kind = 'offer-declined') over (partition by entry) as declines
    from transition where entry is not null
      and kind in ('waiter-joined', 'waiter-offered', 'waiter-left', 'offer-declined')
    order by entry, sequence desc
  ), ended as (
    select last.*, show_end.sequence as end_at, show_end.kind as end_kind,
      hold_end.kind as hold_end,
      exists (select from transition s where s.show = last.show and s.hold = last.hold
        and s.kind = 'hold-settling' and s.sequence < show_end.sequence) as was_settling
    from last
    left join lateral (
      select c.sequence, c.kind from transition c where c.show = last.show
        and c.kind in ('show-cancelled', 'sales-closed') and c.sequence > last.sequence
      order by c.kind = 'show-cancelled' desc, c.sequence limit 1
    ) as show_end on true
    left join lateral (
      select h.kind from transition h where h.show = last.show and h.hold = last.hold
        and last.kind = 'waiter-offered' and h.sequence > last.sequence
        and h.kind in ('hold-released', 'settlement-failed', 'hold-expired', 'hold-booked')
      order by h.sequence desc limit 1
    ) as hold_end on true
  ), expected as (
    select entry, case
        when kind = 'waiter-left' then 'left'
        when kind = 'offer-declined' and declines >= 2 then 'left'
        when kind in ('waiter-joined', 'offer-declined') and end_at is not null then 'left'
        when kind in ('waiter-joined', 'offer-declined') then 'waiting'
        when hold_end = 'hold-booked' then 'served'
        when hold_end = 'hold-expired' then 'lapsed'
        when hold_end is not null then 'left'
        when end_kind = 'show-cancelled' and not was_settling then 'left'
        else 'offered' end as state
    from ended
  )
  select 'entry ' || id_text(coalesce(w.id, e.entry)) || ': ' || coalesce(w.state, 'no row')
    || ' instead of ' || coalesce(e.state, 'none')
  from waitlist_entry w full join expected e on e.entry = w.id
  where w.state is distinct from e.state`

const BOOKING_STATUSES = `
  with told as (
    select s.booking, case
        when exists (select from transition c where c.show = s.show and c.booking = s.booking
          and c.kind = 'booking-cancelled') then 'cancelled'
        when exists (select from transition c where c.show = s.show and c.booking = s.booking
          and c.kind = 'hold-booked') then 'confirmed'
        when exists (select from transition c where c.show = s.show and c.hold = s.hold
          and c.kind = 'settlement-failed' and c.sequence > s.sequence) then 'failed'
        else 'pending' end as status
    from transition s where s.kind = 'hold-settling'
  )
  select 'booking ' || id_text(coalesce(b.id, e.booking)) || ': ' || coalesce(b.status, 'no row')
    || ' instead of ' || coalesce(e.status, 'none')
  from booking b full join told e on e.booking = b.id
  where (case b.status when 'partly-cancelled' then 'cancelled' else b.status end)
    is distinct from e.status`

const TRANSITIONS: Readonly<Record<string, string>> = {
  'a hold is as its transitions left it': HOLD_PHASES,
  'a waitlist entry is as its transitions left it': ENTRY_STATES,
  'a booking is as its transitions left it': BOOKING_STATUSES,
}

const LEDGER: Readonly<Record<string, string>> = {
  'the ledger is not ahead of the journal': `
    select 'shard ' || c.shard from ledger_cursor c
    where c.frame > (select coalesce(max(f.frame), 0) from journal_frame f where f.shard = c.shard)`,
  'the ledger has every transition up to its cursor': `
    select 'shard ' || c.shard from ledger_cursor c
    where (select coalesce(sum(f.transition_count), 0) from journal_frame f
        where f.shard = c.shard and f.frame <= c.frame)
      <> (select count(*) from transition t where t.shard = c.shard)`,
  'the sequences of a shard have no hole': `
    select 'shard ' || coalesce(t.shard, c.shard) from (
      select shard, min(sequence) as least, max(sequence) as most, count(distinct sequence) as count
      from transition group by shard
    ) as t full join ledger_cursor c on c.shard = t.shard
    where coalesce(t.least, 1) <> 1 or coalesce(t.most, 0) <> coalesce(t.count, 0)
      or coalesce(t.most, 0) is distinct from c.sequence`,
  'a transition stands in the frame that recorded it': `
    select 'shard ' || t.shard || ' sequence ' || t.sequence from transition t
    left join journal_frame f on f.shard = t.shard and f.frame = t.frame
    where f.frame is null or t.sequence < f.first_sequence
      or t.sequence >= f.first_sequence + f.transition_count limit 100`,
}

/** Only where the table is an archive: an embedded journal may be ahead of its ledger. */
export const ARCHIVE_INVARIANTS: Readonly<Record<string, string>> = {
  'the archive ends where the ledger stands': `
    select 'shard ' || c.shard from ledger_cursor c
    where c.frame <> (select coalesce(max(f.frame), 0) from journal_frame f where f.shard = c.shard)`,
}

export const INVARIANTS: Readonly<Record<string, string>> = { ...ROWS, ...TRANSITIONS, ...LEDGER }
