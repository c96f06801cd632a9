-- True when it was open and has ended by that time; it is a no_show now.
create function punctual.mark_no_show(id bigint, at timestamptz default now()) returns boolean
language sql volatile set search_path from current as $$
    with done as (
        update appointments_appointment a set status = 'no_show', updated_at = now()
        where a.id = mark_no_show.id and a.status in ('scheduled', 'confirmed')
          and a.appointment_date + a.duration_minutes * interval '1 minute' <= at
        returning 1)
    select exists (select from done)
$$;
