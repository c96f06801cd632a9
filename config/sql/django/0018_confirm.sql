-- True when it was scheduled; it is confirmed now.
create function punctual.confirm_appointment(id bigint) returns boolean
language sql volatile set search_path from current as $$
    with done as (
        update appointments_appointment a set status = 'confirmed', updated_at = now()
        where a.id = confirm_appointment.id and a.status = 'scheduled'
        returning 1)
    select exists (select from done)
$$;
