-- The table's schema is found by the path with which it was migrated; temporary tables are looked through last, so
-- that none of the caller's stands in its place.
select set_config('search_path', current_setting('search_path') || ', pg_temp', true);

-- There is no transition table for it, so it looks before the rows are gone.
create or replace function punctual.appointment_truncated() returns trigger
language plpgsql security definer set search_path from current set enable_seqscan = off
    set jit = off as $$
begin
    with written as (
        insert into punctual.change (appointment_id, version, what, old_starts_at, old)
        select o.id,
               coalesce((select u.version from punctual.unhandled u
                         where u.appointment_id = o.id order by u.id desc limit 1),
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
    if found then
        perform punctual.ring_when_quiet();
    end if;
    return null;
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
                     row(o.appointment_date, o.duration_minutes, o.session_type::text,
                         punctual.place_of(o.psychologist_id, o.session_type::text), o.patient_id,
                         o.psychologist_id, o.status::text)::punctual.appointment_image end as old_image,
                 case when n.id is not null then
                     row(n.appointment_date, n.duration_minutes, n.session_type::text,
                         punctual.place_of(n.psychologist_id, n.session_type::text), n.patient_id,
                         n.psychologist_id, n.status::text)::punctual.appointment_image end as new_image
          from old_rows o full join new_rows n on n.id = o.id) p
    where p.old_image is distinct from p.new_image;
    if found then
        -- An id that was changed: a booking that gets the old one goes on from its version.
        insert into punctual.gone as g (appointment_id, version)
        select o.id, (select u.version from punctual.unhandled u
                      where u.appointment_id = o.id order by u.id desc limit 1)
        from old_rows o
        where not exists (select from new_rows n where n.id = o.id)
        order by 1
        on conflict (appointment_id) do update set version = excluded.version;
        perform punctual.ring_when_quiet();
    end if;
    return null;
end
$$;
