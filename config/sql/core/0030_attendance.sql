-- Who was in the room, as Twilio's signed callbacks tell it, and what follows for the visit.

-- A room at Twilio under an appointment's name. There may be several after each other: Twilio ends what nobody
-- uses, and it is made again.
create table punctual.video_room (
    sid            text        primary key,
    appointment_id bigint      not null,
    made_at        timestamptz not null default clock_timestamp(),
    ended_at       timestamptz
);
create index video_room_appointment on punctual.video_room (appointment_id);
insert into punctual.video_room (sid, appointment_id, made_at, ended_at)
    select s.room_sid, s.appointment_id, coalesce(s.room_made_at, s.updated_at), s.room_ended_at
    from punctual.appointment_state s where s.room_sid is not null
    on conflict do nothing;

-- One person in one room from coming to going. Twilio gives each coming a sid of its own, so that callbacks that
-- come late, twice or out of order write the same row. The identity is not kept: it may hold an address.
create table punctual.stay (
    participant_sid text        primary key,
    room_sid        text        not null,
    appointment_id  bigint      not null,
    person_id       bigint      not null,
    joined_at       timestamptz not null,
    left_at         timestamptz  -- null: in the room
);
create index stay_appointment on punctual.stay (appointment_id);
create index stay_room on punctual.stay (room_sid) where left_at is null;

-- A telehealth visit to which nobody or one side came. It is a proposal: the clinic decides, or the configuration.
alter table punctual.appointment_state
    add column no_show_at      timestamptz,
    add column no_show_version int,
    add column no_show_absent  text check (no_show_absent in ('patient', 'psychologist', 'both')),
    add column no_show_written boolean not null default false;

-- What is done once in a while, by whichever daemon comes first.
create table punctual.chore (
    name    text        primary key,
    done_at timestamptz not null
);

create index webhook_unhandled_room on punctual.webhook (received_at) where source = 'room_status' and handled_at is null;

-- Whether the room of that name is one of ours. Another installation on the same Twilio account has names of the
-- same form.
create function punctual.is_our_room(id bigint, name text) returns boolean language sql stable as $$
    select exists (select from punctual.appointment_state s where s.appointment_id = id and s.room_name = name)
$$;

-- Keeps a room's callback and does what it says, in one transaction. True: it is about a room of ours. Whatever
-- comes again writes what is there already.
create function punctual.note_room_event(key text, form text, appointment bigint, room_name text, room_sid text,
                                         event text, participant_sid text, person bigint, at timestamptz,
                                         stayed bigint)
returns boolean language plpgsql volatile as $$
#variable_conflict use_variable
begin
    insert into punctual.webhook as w (source, key, form, handled_at)
    values ('room_status', key, form, clock_timestamp())
    on conflict on constraint webhook_pkey do update set handled_at = clock_timestamp() where w.handled_at is null;
    if room_sid = '' or not punctual.is_our_room(appointment, room_name) then
        return false;
    end if;
    insert into punctual.video_room as r (sid, appointment_id, made_at) values (room_sid, appointment, at)
    on conflict on constraint video_room_pkey do nothing;
    if event = 'participant-connected' and participant_sid <> '' and person > 0 then
        insert into punctual.stay as s (participant_sid, room_sid, appointment_id, person_id, joined_at, left_at)
        values (participant_sid, room_sid, appointment, person, at,
                -- A room that has ended has nobody in it, in whichever order that is heard.
                (select r.ended_at from punctual.video_room r where r.sid = room_sid))
        on conflict on constraint stay_pkey do update set joined_at = excluded.joined_at
            where s.joined_at is distinct from excluded.joined_at;
    elsif event = 'participant-disconnected' and participant_sid <> '' and person > 0 then
        insert into punctual.stay as s (participant_sid, room_sid, appointment_id, person_id, joined_at, left_at)
        values (participant_sid, room_sid, appointment, person,
                at - greatest(stayed, 0) * interval '1 second', at)
        on conflict on constraint stay_pkey do update set left_at = excluded.left_at
            where s.left_at is distinct from excluded.left_at;
    elsif event = 'room-ended' then
        update punctual.video_room r set ended_at = at where r.sid = room_sid and r.ended_at is null;
        update punctual.stay s set left_at = greatest(at, s.joined_at) where s.room_sid = room_sid and s.left_at is null;
        update punctual.appointment_state s set room_ended_at = clock_timestamp(), updated_at = clock_timestamp()
        where s.appointment_id = appointment and s.room_sid = room_sid and s.room_ended_at is null;
    end if;
    return true;
end
$$;

-- Attendance by person: of stays that had not ended by `since`. Seconds of who is in the room count until now.
create function punctual.attendance(id bigint, since timestamptz)
returns table (person_id bigint, joined_at timestamptz, left_at timestamptz, stays bigint, seconds bigint)
language sql stable as $$
    select s.person_id, min(s.joined_at),
           case when bool_or(s.left_at is null) then null else max(s.left_at) end, count(*),
           coalesce(sum(greatest(0, extract(epoch from coalesce(s.left_at, clock_timestamp()) - s.joined_at))), 0)::bigint
    from punctual.stay s
    where s.appointment_id = id and (s.left_at is null or s.left_at > since)
    group by s.person_id
$$;
