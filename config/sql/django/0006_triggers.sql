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
           'insert', n.appointment_date
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
                     row(o.appointment_date, o.duration_minutes, o.session_type::text,
                         punctual.place_of(o.psychologist_id, o.session_type::text), o.patient_id,
                         o.psychologist_id, o.status::text)::punctual.appointment_image end as old_image,
                 case when n.id is not null then
                     row(n.appointment_date, n.duration_minutes, n.session_type::text,
                         punctual.place_of(n.psychologist_id, n.session_type::text), n.patient_id,
                         n.psychologist_id, n.status::text)::punctual.appointment_image end as new_image
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
               'delete', o.appointment_date,
               row(o.appointment_date, o.duration_minutes, o.session_type::text,
                             punctual.place_of(o.psychologist_id, o.session_type::text), o.patient_id,
                             o.psychologist_id, o.status::text)::punctual.appointment_image
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
language plpgsql security definer set search_path from current as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select c.version from punctual.change c
                         where c.appointment_id = o.id and c.handled_at is null order by c.id desc limit 1),
                        (select s.version from punctual.appointment_state s where s.appointment_id = o.id), 1) + 1,
               'delete', o.appointment_date,
               row(o.appointment_date, o.duration_minutes, o.session_type::text,
                             punctual.place_of(o.psychologist_id, o.session_type::text), o.patient_id,
                             o.psychologist_id, o.status::text)::punctual.appointment_image
        from appointments_appointment o
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

create trigger punctual_insert after insert on appointments_appointment
    referencing new table as new_rows for each statement execute function punctual.appointment_inserted();
create trigger punctual_update after update on appointments_appointment
    referencing old table as old_rows new table as new_rows
    for each statement execute function punctual.appointment_updated();
create trigger punctual_delete after delete on appointments_appointment
    referencing old table as old_rows for each statement execute function punctual.appointment_deleted();
create trigger punctual_truncate before truncate on appointments_appointment
    for each statement execute function punctual.appointment_truncated();

-- People, in two tables. A login touches users_user too: only what the daemon reads counts.
create function punctual.person_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        insert into punctual.change (person_id, what, handled_at)
        select (to_jsonb(n) ->> tg_argv[0])::bigint, 'person', now() from new_rows n;
    elsif tg_op = 'DELETE' then
        insert into punctual.change (person_id, what, handled_at)
        select (to_jsonb(o) ->> tg_argv[0])::bigint, 'person', now() from old_rows o;
    else
        insert into punctual.change (person_id, what, handled_at)
        select (o.row ->> tg_argv[0])::bigint, 'person', now()
        from (select to_jsonb(r) as row from old_rows r) o
        join (select to_jsonb(r) as row from new_rows r) n on n.row -> 'id' = o.row -> 'id'
        where exists (select from unnest(string_to_array(tg_argv[1], ',')) c
                      where o.row -> c is distinct from n.row -> c);
    end if;
    if found and extract(epoch from clock_timestamp()) * 1000
                 - pg_sequence_last_value('punctual.bell') not between 0 and 49 then
        perform punctual.ring();
    end if;
    return null;
end
$$;

do $$
declare
    spec record;
begin
    for spec in select * from (values
        ('users_user', 'id', 'email,first_name,last_name,phone_number,role,state,is_active'),
        ('users_patientprofile', 'user_id',
         'email_notifications_enabled,sms_notifications_enabled,appointment_reminders_enabled')) s(source, person, columns)
    loop
        execute format('create trigger punctual_insert after insert on %I referencing new table as new_rows '
            'for each statement execute function punctual.person_changed(%L, %L)', spec.source, spec.person, spec.columns);
        execute format('create trigger punctual_update after update on %I '
            'referencing old table as old_rows new table as new_rows '
            'for each statement execute function punctual.person_changed(%L, %L)', spec.source, spec.person, spec.columns);
        execute format('create trigger punctual_delete after delete on %I referencing old table as old_rows '
            'for each statement execute function punctual.person_changed(%L, %L)', spec.source, spec.person, spec.columns);
    end loop;
end
$$;
