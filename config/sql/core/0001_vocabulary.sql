-- Types and small functions that everything else stands on. Schema punctual and punctual.migration
-- are there already: `punctuald migrate` makes them before it reads this file.

-- How an appointment stood at some moment; location is '' and never null.
create type punctual.appointment_image as (
    starts_at        timestamptz,
    duration_minutes int,
    session_type     text,
    location         text,
    patient_id       bigint,
    psychologist_id  bigint,
    status           text
);

-- The columns in which two images differ, '' when they are the same.
create function punctual.what_changed(o punctual.appointment_image, n punctual.appointment_image)
returns text language sql stable as $$
    select concat_ws(',',
        case when (o).starts_at is distinct from (n).starts_at then 'starts_at' end,
        case when (o).duration_minutes is distinct from (n).duration_minutes then 'duration_minutes' end,
        case when (o).session_type is distinct from (n).session_type then 'session_type' end,
        case when (o).location is distinct from (n).location then 'location' end,
        case when (o).patient_id is distinct from (n).patient_id then 'patient_id' end,
        case when (o).psychologist_id is distinct from (n).psychologist_id then 'psychologist_id' end,
        case when (o).status is distinct from (n).status then 'status' end)
$$;

-- Everything that people are told of raises the version. Being confirmed, completed or missed does
-- not: nobody is told, and a reminder waiting for its second try must not be superseded by a "C".
create function punctual.raises_version(o punctual.appointment_image, n punctual.appointment_image)
returns boolean language sql immutable as $$
    select ((o).starts_at, (o).duration_minutes, (o).session_type, (o).location, (o).patient_id,
            (o).psychologist_id, (o).status = 'cancelled')
        is distinct from
           ((n).starts_at, (n).duration_minutes, (n).session_type, (n).location, (n).patient_id,
            (n).psychologist_id, (n).status = 'cancelled')
$$;

-- What the daemon can work with. A row beyond it is refused by its id and the others are served.
create function punctual.is_sound(starts_at timestamptz, duration_minutes int, session_type text, status text,
                                  patient_id bigint, psychologist_id bigint)
returns boolean language sql immutable as $$
    select coalesce(starts_at >= '1970-01-01T00:00Z' and starts_at < '2200-01-01T00:00Z'
        and duration_minutes between 0 and 10080
        and session_type in ('telehealth', 'in_person')
        and status in ('scheduled', 'confirmed', 'completed', 'cancelled', 'no_show')
        and patient_id > 0 and psychologist_id > 0, false)
$$;

-- RFC 9562, version 7: rows of one moment lie side by side in the index.
create function punctual.new_id() returns uuid language sql volatile as $$
    select encode(
        set_bit(set_bit(
            overlay(uuid_send(gen_random_uuid())
                    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                    from 1 for 6),
            52, 1), 53, 1),
        'hex')::uuid
$$;

create function punctual.new_room_name(appointment_id bigint) returns text language sql volatile as $$
    select 'apt-' || appointment_id || '-' || extract(epoch from clock_timestamp())::bigint
        || '-' || left(gen_random_uuid()::text, 8)
$$;
