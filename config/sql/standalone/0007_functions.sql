-- The only ways in which the daemon writes to appointments.

-- Writes a room's name where the clinic's own programs look for it. Here nobody does.
create function punctual.publish_room(id bigint, name text) returns boolean language sql immutable as $$
    select true
$$;

-- True when it was open and has ended by that time; it is completed now.
create function punctual.complete_appointment(id bigint, at timestamptz default now()) returns boolean
language sql volatile as $$
    with done as (
        update punctual.appointment a set status = 'completed'
        where a.id = complete_appointment.id and a.status in ('scheduled', 'confirmed')
          and a.starts_at + a.duration_minutes * interval '1 minute' <= at
        returning 1)
    select exists (select from done)
$$;
