-- Adapter `django`: the clinic's live tables, in the schema that the search path finds them in when this
-- is applied. None of their columns is changed.

-- A visit in person takes place at the practice. It is part of what people are told, so images in the
-- feed carry it too.
create function punctual.place_of(psychologist_id bigint, session_type text) returns text
language sql stable set search_path from current as $$
    select case when session_type = 'in_person' then
        coalesce((select concat_ws(', ', nullif(trim(s.practice_name), ''), nullif(trim(s.practice_address), ''))
                  from services_psychologist_profile s where s.user_id = place_of.psychologist_id limit 1), '')
        else '' end
$$;

-- Australian states have a zone each; the clinic's own holds for everything else.
create view punctual.feed_person as
select u.id::bigint as id,
       coalesce(nullif(trim(concat_ws(' ', trim(u.first_name), trim(u.last_name))), ''), u.email::text, '') as full_name,
       u.email::text as email, u.phone_number::text as phone, u.role::text as role,
       case upper(trim(u.state))
           when 'NSW' then 'Australia/Sydney' when 'ACT' then 'Australia/Sydney' when 'VIC' then 'Australia/Melbourne'
           when 'QLD' then 'Australia/Brisbane' when 'SA' then 'Australia/Adelaide' when 'NT' then 'Australia/Darwin'
           when 'WA' then 'Australia/Perth' when 'TAS' then 'Australia/Hobart' end as time_zone,
       null::text as locale,
       coalesce(p.email_notifications_enabled, true) as email_enabled,
       -- The patient's own switch is the consent; who has no profile has not given any.
       coalesce(p.sms_notifications_enabled, false) as texts_enabled,
       null::timestamptz as texts_consent_at,
       case when p.sms_notifications_enabled then 'profile' end as texts_consent_source,
       coalesce(p.appointment_reminders_enabled, true) as reminders_enabled,
       coalesce(u.is_active, true) as is_active
from users_user u
left join users_patientprofile p on p.user_id = u.id;

create view punctual.feed_appointment as
select a.id::bigint as id, a.patient_id::bigint as patient_id, a.psychologist_id::bigint as psychologist_id,
       a.appointment_date as starts_at, a.duration_minutes::int as duration_minutes,
       a.session_type::text as session_type, a.status::text as status,
       punctual.place_of(a.psychologist_id, a.session_type::text) as location,
       null::text as cancelled_by, a.cancellation_reason::text as cancellation_reason, a.created_at, a.updated_at,
       nullif(a.video_room_id::text, '') as room_name
from appointments_appointment a;
