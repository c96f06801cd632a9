-- The room's name is fixed at the first need and kept for ever: it is in the links that people have.

-- Names the rooms of those that have none yet and gives back all of them. Two at once get one name.
-- In plpgsql because it keeps its plan; null, as most claims pass, costs nothing.
create function punctual.assign_rooms(ids bigint[]) returns table (appointment_id bigint, room_name text)
language plpgsql volatile as $$
#variable_conflict use_column
begin
    if ids is null then
        return;
    end if;
    return query
        with named as (
            insert into punctual.appointment_state as s (appointment_id, room_name)
            select a.id, coalesce(a.room_name, punctual.new_room_name(a.id))
            from punctual.feed_appointment a where a.id = any (ids) order by a.id
            on conflict (appointment_id) do update
                set room_name = coalesce(s.room_name, excluded.room_name), updated_at = now()
            returning s.appointment_id, s.room_name)
        select n.appointment_id, n.room_name
        from named n, lateral (select punctual.publish_room(n.appointment_id, n.room_name) offset 0) p;
end
$$;

create function punctual.assign_room(id bigint) returns text language sql volatile as $$
    select r.room_name from punctual.assign_rooms(array[id]) r
$$;
