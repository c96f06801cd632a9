-- A booking's trigger made cheaper once more, by what callgrind counts of a backend: each function in its statement
-- costs as much as a look-up, and the condition of a partial index as much as an index.

-- Whole, not only where handled_at is null: cheaper to add to, and a row that is marked handled stays where it is
-- (no index has a column of it any more).
drop index punctual.change_unhandled;
create index change_appointment on punctual.change (appointment_id, id);

-- Everything that transactions below this one wrote is handled: what is not need not be looked for among all that was
-- ever written. The daemon moves it on.
create table punctual.feed_start (
    single boolean primary key default true check (single),
    xact   xid8    not null
);
insert into punctual.feed_start (xact) values ('0');

-- As above, and nothing at all when the database was restored from a dump into a younger cluster, whose transactions
-- are numbered lower.
create function punctual.handled_below() returns xid8
language sql stable set search_path = pg_catalog, pg_temp as $$
    select case when f.xact <= pg_snapshot_xmax(pg_current_snapshot()) then f.xact else '0' end
    from punctual.feed_start f
$$;

-- The oldest transaction that wrote what is not handled, or may still write.
create function punctual.oldest_unhandled() returns xid8
language sql stable set search_path = pg_catalog, pg_temp as $$
    select least(pg_snapshot_xmin(pg_current_snapshot()),
                 (select c.xact from punctual.change c
                  where c.xact >= punctual.handled_below() and c.handled_at is null order by c.xact, c.id limit 1))
$$;

-- What nobody has settled yet. A booking writes version 1 and looks nothing up; an id that was deleted and comes back
-- goes on counting here. Of one appointment the last row has its version: deleted again meanwhile, an earlier one reads
-- too high.
create view punctual.unhandled as
select c.xact, c.id, c.appointment_id,
       case when c.what = 'insert'
            then greatest(c.version, (select g.version + 1 from punctual.gone g where g.appointment_id = c.appointment_id))
            else c.version end as version,
       c.what, c.old, c.changed_at
from punctual.change c
where c.handled_at is null and c.appointment_id is not null;

-- The bell is quiet until this time, in milliseconds.
create or replace function punctual.ring() returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
    perform setval('punctual.bell', (extract(epoch from clock_timestamp()) * 1000)::bigint + 50);
    perform pg_notify('punctual_change', '');
    return true;
end
$$;

-- True, and rings unless somebody rang in the last 50 ms: to stand in a condition. A transaction that notifies holds
-- a cluster-wide lock through its flush and shares no group commit, so not all may. One expression without a search
-- path of its own, so that the planner takes it into the statement that calls it.
create or replace function punctual.ring_when_quiet() returns boolean language sql volatile as $$
    select pg_catalog.pg_sequence_last_value('punctual.bell')
               operator(pg_catalog.>) (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)
           or punctual.ring()
$$;

-- A clock that was set back leaves the bell quiet until that time comes again. The daemon calls this, whose role needs
-- no rights to sequences; true when it was so.
create function punctual.wake_bell() returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    if pg_sequence_last_value('punctual.bell') > extract(epoch from clock_timestamp()) * 1000 + 1000 then
        perform setval('punctual.bell', 0);
        return true;
    end if;
    return false;
end
$$;

select setval('punctual.bell', 0);
