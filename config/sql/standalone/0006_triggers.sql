-- One firing a statement, whatever the number of rows. They run with the rights of the schema's owner:
-- the clinic's own roles need none here. The search path is fixed for the same reason. Scalar subselects
-- instead of joins: they are a third cheaper for the booking of one appointment.

-- This one runs for each booking. Setting a search path costs as much as the rest of it, so its operators
-- are spelled out instead: a caller's own path cannot put others in their place.
create function punctual.appointment_inserted() returns trigger
language plpgsql security definer as $$
declare
    quiet_for bigint;
begin
    insert into punctual.change (appointment_id, version, what, new_starts_at)
    select n.id,
           -- An id that has been here before goes on counting.
           coalesce((select g.version from punctual.gone g
                     where g.appointment_id operator(pg_catalog.=) n.id), 0) operator(pg_catalog.+) 1,
           'insert', n.starts_at
    from new_rows n;
    if found then
        quiet_for := (extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000)
                     operator(pg_catalog.-) pg_catalog.pg_sequence_last_value('punctual.bell');
        if quiet_for operator(pg_catalog.<) 0 or quiet_for operator(pg_catalog.>) 49 then
            perform punctual.ring();
        end if;
    end if;
    return null;
end
$$;

create function punctual.appointment_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (appointment_id, version, what, old_starts_at, new_starts_at, old)
    select p.id,
           coalesce((select c.version from punctual.change c
                     where c.appointment_id = p.id and c.handled_at is null order by c.id desc limit 1),
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
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

create function punctual.appointment_deleted() returns trigger
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
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

-- There is no transition table for it, so it looks before the rows are gone.
create function punctual.appointment_truncated() returns trigger
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
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

create trigger punctual_insert after insert on punctual.appointment
    referencing new table as new_rows for each statement execute function punctual.appointment_inserted();
create trigger punctual_update after update on punctual.appointment
    referencing old table as old_rows new table as new_rows
    for each statement execute function punctual.appointment_updated();
create trigger punctual_delete after delete on punctual.appointment
    referencing old table as old_rows for each statement execute function punctual.appointment_deleted();
create trigger punctual_truncate before truncate on punctual.appointment
    for each statement execute function punctual.appointment_truncated();

-- People: that they changed is all that is told; nothing of them is kept here.
create function punctual.person_inserted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at) select n.id, 'person', now() from new_rows n;
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

create function punctual.person_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at)
    select coalesce(o.id, n.id), 'person', now()
    from old_rows o full join new_rows n on n.id = o.id
    where o is distinct from n;
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

create function punctual.person_deleted() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at) select o.id, 'person', now() from old_rows o;
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

create trigger punctual_insert after insert on punctual.person
    referencing new table as new_rows for each statement execute function punctual.person_inserted();
create trigger punctual_update after update on punctual.person
    referencing old table as old_rows new table as new_rows
    for each statement execute function punctual.person_updated();
create trigger punctual_delete after delete on punctual.person
    referencing old table as old_rows for each statement execute function punctual.person_deleted();
