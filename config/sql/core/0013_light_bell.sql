-- A booking's trigger made cheaper: it looked at punctual.gone each time, and each expression of PL/pgSQL cost it
-- as much as its insert.

-- The highest id in punctual.gone, ever. A sequence, because reading one is a fraction of a look-up, and each booking
-- reads it: only an id that is not above it can have been here before.
create sequence punctual.highest_gone as bigint minvalue -9223372036854775808;
select setval('punctual.highest_gone', coalesce((select max(appointment_id) from punctual.gone), -9223372036854775808));

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

-- With a value, to stand in a condition.
drop function punctual.ring();
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
