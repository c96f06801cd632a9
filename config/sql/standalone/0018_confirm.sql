-- True when it was scheduled; it is confirmed now.
create function punctual.confirm_appointment(id bigint) returns boolean language sql volatile as $$
    with done as (
        update punctual.appointment a set status = 'confirmed'
        where a.id = confirm_appointment.id and a.status = 'scheduled'
        returning 1)
    select exists (select from done)
$$;
