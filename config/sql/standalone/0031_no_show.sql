-- True when it was open and has ended by that time; it is a no_show now.
create function punctual.mark_no_show(id bigint, at timestamptz default now()) returns boolean
language sql volatile as $$
    with done as (
        update punctual.appointment a set status = 'no_show'
        where a.id = mark_no_show.id and a.status in ('scheduled', 'confirmed')
          and a.starts_at + a.duration_minutes * interval '1 minute' <= at
        returning 1)
    select exists (select from done)
$$;
