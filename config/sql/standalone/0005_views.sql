-- All that the daemon reads of people and appointments.

create view punctual.feed_person as
select p.id, p.full_name, p.email, p.phone, p.role, p.time_zone, p.locale,
       coalesce(p.email_enabled, true) as email_enabled,
       coalesce(p.texts_enabled, false) as texts_enabled,
       p.texts_consent_at, p.texts_consent_source,
       coalesce(p.reminders_enabled, true) as reminders_enabled,
       coalesce(p.is_active, true) as is_active
from punctual.person p;

create view punctual.feed_appointment as
select a.id, a.patient_id, a.psychologist_id, a.starts_at, a.duration_minutes, a.session_type, a.status,
       coalesce(a.location, '') as location,
       a.cancelled_by, a.cancellation_reason, a.created_at, a.updated_at,
       -- A room name that was given before this daemon.
       null::text as room_name
from punctual.appointment a;
