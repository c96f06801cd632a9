-- With 0013_light_bell.sql: a booking pays for one statement, and deletions say which ids have been here.

-- This one runs for each booking, so it is one statement: a second one, or an expression of PL/pgSQL, costs
-- each transaction as much as the insert. So would a search path: its operators are spelled out instead, and a
-- caller's own path cannot put others in their place.
create or replace function punctual.appointment_inserted() returns trigger
language plpgsql security definer as $$
begin
    insert into punctual.change (appointment_id, version, what, new_starts_at)
    select n.id,
           -- An id that has been here before goes on counting.
           case when n.id operator(pg_catalog.>) pg_catalog.pg_sequence_last_value('punctual.highest_gone') then 1
                else punctual.version_again(n.id) end,
           'insert', n.starts_at
    from new_rows n
    where punctual.ring_when_quiet();
    return new;  -- null, and "return null" is an expression
end
$$;

create or replace function punctual.appointment_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select c.version from punctual.change c
                         where c.appointment_id = o.id and c.handled_at is null order by c.id desc limit 1),
                        (select s.version from punctual.appointment_state s where s.appointment_id = o.id), 1) + 1,
               'delete', o.starts_at,
               row(o.starts_at, o.duration_minutes, o.session_type, coalesce(o.location, ''), o.patient_id,
                   o.psychologist_id, o.status)::punctual.appointment_image
        from old_rows o
        returning appointment_id, version)
    insert into punctual.gone as g (appointment_id, version)
    select w.appointment_id, w.version from written w order by 1
    on conflict (appointment_id) do update set version = excluded.version;
    if found then
        perform punctual.raise_highest_gone((select max(o.id) from old_rows o));
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

-- There is no transition table for it, so it looks before the rows are gone.
create or replace function punctual.appointment_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select c.version from punctual.change c
                         where c.appointment_id = o.id and c.handled_at is null order by c.id desc limit 1),
                        (select s.version from punctual.appointment_state s where s.appointment_id = o.id), 1) + 1,
               'delete', o.starts_at,
               row(o.starts_at, o.duration_minutes, o.session_type, coalesce(o.location, ''), o.patient_id,
                   o.psychologist_id, o.status)::punctual.appointment_image
        from punctual.appointment o
        returning appointment_id, version)
    insert into punctual.gone as g (appointment_id, version)
    select w.appointment_id, w.version from written w order by 1
    on conflict (appointment_id) do update set version = excluded.version;
    if found then
        perform punctual.raise_highest_gone((select max(o.id) from punctual.appointment o));
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;
