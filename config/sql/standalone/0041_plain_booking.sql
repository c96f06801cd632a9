-- With 0040_plain_booking.sql: what a booking pays for, the feed as it is read now, and the bell in one place.
--
-- They run with the rights of the schema's owner, so the clinic's own roles need none here, and with a search path of
-- their own. Versions are looked up row by row, in a table that grows under them: when it was small at the last ANALYZE
-- the planner takes a scan of it for cheaper than its index, and would read it 100,000 times for a change of 100,000
-- rows in one statement. So that is forbidden, and the compiler, which takes the fine for a scan that there must be (in
-- TRUNCATE) for an expensive statement, with it.

-- This one runs for each booking: one statement, and as few functions in it as can be. A search path of its own would
-- cost it as much as the rest. Its operators are spelled out instead: a caller's own path cannot put others in their
-- place.
create or replace function punctual.appointment_inserted() returns trigger
language plpgsql security definer as $$
begin
    insert into punctual.change (appointment_id, version, what, new_starts_at)
    select n.id, 1, 'insert', n.starts_at
    from new_rows n
    where punctual.ring_when_quiet();
    return new;  -- null, and "return null" is an expression
end
$$;

create or replace function punctual.appointment_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
    set jit = off as $$
begin
    insert into punctual.change (appointment_id, version, what, old_starts_at, new_starts_at, old)
    select p.id,
           coalesce((select u.version from punctual.unhandled u
                     where u.appointment_id = p.id order by u.id desc limit 1),
                    (select s.version from punctual.appointment_state s where s.appointment_id = p.id), 1)
               + case when punctual.raises_version(p.old_image, p.new_image) then 1 else 0 end,
           -- The id itself was changed: one is gone and one is new.
           case when p.new_image is null then 'delete' when p.old_image is null then 'insert'
                else punctual.what_changed(p.old_image, p.new_image) end,
           (p.old_image).starts_at, (p.new_image).starts_at, p.old_image
    from (select coalesce(o.id, n.id) as id,
                 case when o.id is not null then
                     row(o.starts_at, o.duration_minutes, o.session_type, coalesce(o.location, ''), o.patient_id,
                         o.psychologist_id, o.status)::punctual.appointment_image end as old_image,
                 case when n.id is not null then
                     row(n.starts_at, n.duration_minutes, n.session_type, coalesce(n.location, ''), n.patient_id,
                         n.psychologist_id, n.status)::punctual.appointment_image end as new_image
          from old_rows o full join new_rows n on n.id = o.id) p
    where p.old_image is distinct from p.new_image;
    if found then
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

create or replace function punctual.appointment_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
    set jit = off as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select u.version from punctual.unhandled u
                         where u.appointment_id = o.id order by u.id desc limit 1),
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
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

-- There is no transition table for it, so it looks before the rows are gone.
create or replace function punctual.appointment_truncated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
    set jit = off as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select u.version from punctual.unhandled u
                         where u.appointment_id = o.id order by u.id desc limit 1),
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
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

-- People: that they changed is all that is told; nothing of them is kept here.
create or replace function punctual.person_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at) select n.id, 'person', now() from new_rows n;
    if found then
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

create or replace function punctual.person_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at)
    select coalesce(o.id, n.id), 'person', now()
    from old_rows o full join new_rows n on n.id = o.id
    where o is distinct from n;
    if found then
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

create or replace function punctual.person_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at) select o.id, 'person', now() from old_rows o;
    if found then
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;

-- Nobody calls these any more.
drop function punctual.booked_again(bigint, timestamptz);
drop function punctual.version_again(bigint);
drop function punctual.raise_highest_gone(bigint);
drop sequence punctual.highest_gone;
