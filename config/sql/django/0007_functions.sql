-- The only ways in which the daemon writes to the clinic's tables.

-- The room's name where Django looks for it. A row that somebody is changing right now is left alone:
-- the daemon waits for none of the clinic's locks, and the name stands in appointment_state anyway.
create function punctual.publish_room(id bigint, name text) returns boolean
language plpgsql volatile set search_path from current as $$
begin
    update appointments_appointment a set video_room_id = publish_room.name
    where a.id in (select l.id from appointments_appointment l
                   where l.id = publish_room.id and l.video_room_id is distinct from publish_room.name
                   for update skip locked);
    return true;
end
$$;

-- True when it was open and has ended by that time; it is completed now.
create function punctual.complete_appointment(id bigint, at timestamptz default now()) returns boolean
language sql volatile set search_path from current as $$
    with done as (
        update appointments_appointment a set status = 'completed', completed_at = now(), updated_at = now()
        where a.id = complete_appointment.id and a.status in ('scheduled', 'confirmed')
          and a.appointment_date + a.duration_minutes * interval '1 minute' <= at
        returning 1)
    select exists (select from done)
$$;
