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
create table punctual.gone (
    appointment_id bigint primary key,
    version        int not null
);

-- The highest id in it, ever. A sequence, because reading one is a fraction of a look-up, and each booking
-- reads it: only an id that is not above it can have been here before.
create sequence punctual.highest_gone as bigint minvalue -9223372036854775808;
select setval('punctual.highest_gone', -9223372036854775808);

-- Sequences know no "greatest": two who raise it at once take turns. They wait for nothing else meanwhile, and
-- the roll-back of the inner block gives the lock back at once; what it does to the sequence stays.
create function punctual.raise_highest_gone(id bigint) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
    if id > pg_sequence_last_value('punctual.highest_gone') then
        begin
            perform pg_advisory_xact_lock(hashtextextended('punctual.highest_gone', 0));
            perform setval('punctual.highest_gone', greatest(id, pg_sequence_last_value('punctual.highest_gone')));
            raise exception using errcode = 'PU001';
        exception when sqlstate 'PU001' then
            null;
        end;
    end if;
end
$$;

-- The version of a booking under an id that may have been here before.
create function punctual.version_again(id bigint) returns int
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce((select g.version from punctual.gone g where g.appointment_id = id), 0) + 1;
end
$$;

-- When the bell was last rung, in milliseconds. A sequence, because its value belongs to no
-- transaction: writers do not wait for each other to learn it.
create sequence punctual.bell as bigint minvalue 0;
select setval('punctual.bell', 0);

create function punctual.ring() returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
    perform setval('punctual.bell', (extract(epoch from clock_timestamp()) * 1000)::bigint);
    perform pg_notify('punctual_change', '');
    return true;
end
$$;

-- A transaction that notifies holds a cluster-wide lock through its flush and shares no group commit:
-- 16 writers that all notify keep a quarter of their throughput. So the bell is rung only when it was not
-- in the last 50 ms, and the daemon looks again after a bell by itself. Always true, to stand in a
-- condition. One expression without a search path of its own, so that the planner takes it into the
-- statement that calls it: a call would cost as much as the rest of a booking's trigger.
create function punctual.ring_when_quiet() returns boolean language sql volatile as $$
    select case when pg_catalog.abs(
                         pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000
                         operator(pg_catalog.-) pg_catalog.pg_sequence_last_value('punctual.bell'))
                     operator(pg_catalog.<) 50
                then true else punctual.ring() end
$$;
