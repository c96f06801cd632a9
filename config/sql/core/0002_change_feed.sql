-- The change feed. Triggers append to it in the writer's own transaction; it is the truth, and NOTIFY
-- is only the bell.
--
-- The clinic's transactions take no lock that the daemon also takes: triggers insert here and touch
-- no row of the daemon's. So the daemon can never block a booking, nor be the other half of a deadlock
-- with one.

create table punctual.change (
    -- Ids do not commit in order. A reader asks for the transactions that its last snapshot did not
    -- see (pg_visible_in_snapshot), and those are found by xact.
    xact           xid8        not null default pg_current_xact_id(),
    id             bigint      not null generated always as identity,
    appointment_id bigint,
    person_id      bigint,
    -- The appointment's version after this change.
    version        int,
    -- insert, delete, or the columns that changed; person.
    what           text        not null,
    old_starts_at  timestamptz,
    new_starts_at  timestamptz,
    -- How it stood before; null for an insert.
    old            punctual.appointment_image,
    changed_at     timestamptz not null default clock_timestamp(),
    -- Notices are sent, or none was due. Changes of people are born handled: nobody is told of them.
    handled_at     timestamptz,
    primary key (xact, id)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);

-- Almost always empty: what nobody has settled yet, by appointment. The version of an appointment is
-- the highest here, else the one in appointment_state, else 1.
create index change_unhandled on punctual.change (appointment_id, id) include (version) where handled_at is null;

-- The last version of appointments that were deleted, so that an id that comes back goes on counting.
-- A booking looks here alone: the hot end of change_unhandled would cost it three times as much.
create table punctual.gone (
    appointment_id bigint primary key,
    version        int not null
);

-- When the bell was last rung, in milliseconds. A sequence, because its value belongs to no
-- transaction: writers do not wait for each other to learn it.
create sequence punctual.bell as bigint minvalue 0;
select setval('punctual.bell', 0);

-- A transaction that notifies holds a cluster-wide lock through its flush and shares no group commit:
-- 16 writers that all notify keep a quarter of their throughput. So triggers call this only when the
-- bell was not rung in the last 50 ms, and the daemon looks again after a bell by itself. They look
-- themselves (pg_sequence_last_value): as a plain expression it costs a third of a call.
create function punctual.ring() returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
    perform setval('punctual.bell', (extract(epoch from clock_timestamp()) * 1000)::bigint);
    perform pg_notify('punctual_change', '');
end
$$;
