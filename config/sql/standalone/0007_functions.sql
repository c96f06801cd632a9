-- The only ways in which the daemon writes to appointments.

-- Names the rooms of those that have none yet and gives back all of them. Two at once get one name.
create function punctual.assign_rooms(ids bigint[]) returns table (appointment_id bigint, room_name text)
language sql volatile as $$
    insert into punctual.appointment_state as s (appointment_id, room_name)
    select i.id, punctual.new_room_name(i.id) from (select distinct unnest(ids) as id order by 1) i
    on conflict (appointment_id) do update set room_name = coalesce(s.room_name, excluded.room_name)
    returning s.appointment_id, s.room_name
$$;

create function punctual.assign_room(id bigint) returns text language sql volatile as $$
    select r.room_name from punctual.assign_rooms(array[id]) r
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
