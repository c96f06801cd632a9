-- The clinic may add columns of its own, of any type and with any use: what the daemon does not read is no change, and
-- is compared with no operator that its type may not have.

create or replace trigger punctual_touch before update on punctual.appointment
    for each row when (old.* operator(pg_catalog.*<>) new.*) execute function punctual.touch_appointment();

create or replace function punctual.person_updated() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into punctual.change (person_id, what, handled_at)
    select coalesce(o.id, n.id), 'person', now()
    from old_rows o full join new_rows n on n.id = o.id
    -- Those of the view feed_person.
    where (o.id, o.full_name, o.email, o.phone, o.role, o.time_zone, o.locale, o.email_enabled, o.texts_enabled,
           o.texts_consent_at, o.texts_consent_source, o.reminders_enabled, o.is_active)
          is distinct from
          (n.id, n.full_name, n.email, n.phone, n.role, n.time_zone, n.locale, n.email_enabled, n.texts_enabled,
           n.texts_consent_at, n.texts_consent_source, n.reminders_enabled, n.is_active);
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
                     row(o.starts_at, o.duration_minutes, o.session_type, coalesce(o.location, ''), o.patient_id,
                         o.psychologist_id, o.status)::punctual.appointment_image end as old_image,
                 case when n.id is not null then
                     row(n.starts_at, n.duration_minutes, n.session_type, coalesce(n.location, ''), n.patient_id,
                         n.psychologist_id, n.status)::punctual.appointment_image end as new_image
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
