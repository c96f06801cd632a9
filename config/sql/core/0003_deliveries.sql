-- What the daemon knows and does. Nobody else writes here.

-- One row an appointment of which something is known; outlives the appointment.
create table punctual.appointment_state (
    appointment_id bigint primary key,
    -- The last settled version and when it was written; see punctual.change for newer ones.
    version        int not null default 1,
    version_at     timestamptz,
    -- What people have been told last, and before that.
    told           punctual.appointment_image,
    previous       punctual.appointment_image,
    -- Given once and kept across reschedules: it is in the links that people have.
    room_name      text,
    -- The last room at Twilio of that name.
    room_sid       text,
    room_made_at   timestamptz,
    room_ended_at  timestamptz,
    updated_at     timestamptz not null default now()
) with (fillfactor = 80);
create index appointment_state_open_room on punctual.appointment_state (appointment_id)
    where room_sid is not null and room_ended_at is null;

create table punctual.delivery (
    id               uuid        primary key default punctual.new_id(),
    appointment_id   bigint      not null,
    kind             text        not null,
    channel          text        not null check (channel in ('email', 'whatsapp', 'sms')),
    recipient_id     bigint      not null,  -- 0: the clinic
    recipient_role   text        not null,
    version          int         not null,
    state            text        not null check (state in ('claimed', 'retrying', 'accepted', 'delivered',
                                     'failed', 'skipped', 'expired', 'superseded', 'unconfirmed')),
    reason           text,
    due_at           timestamptz,
    useless_after    timestamptz,
    attempts         int         not null default 0,
    next_attempt_at  timestamptz,
    provider_id      text,
    provider_status  text,
    error_code       text,
    error_text       text,
    claimed_at       timestamptz,
    accepted_at      timestamptz,
    delivered_at     timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    -- While claimed: by which process, and until when nobody else may take it.
    claimed_by       text,
    lease_until      timestamptz,
    -- Accepted by WhatsApp, and an SMS goes when no final status has come by then.
    fallback_at      timestamptz,
    -- Cancellation: the appointment as it stood. Reschedule: as people knew it.
    stood            punctual.appointment_image,
    unique (appointment_id, kind, channel, recipient_id, version)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
create index delivery_retrying on punctual.delivery (channel, next_attempt_at) where state = 'retrying';
create index delivery_claimed on punctual.delivery (lease_until) where state = 'claimed';
create index delivery_fallback on punctual.delivery (fallback_at) where state = 'accepted' and fallback_at is not null;
-- Inbound webhooks name the provider's id. Mails are never looked up by it.
create index delivery_provider on punctual.delivery (provider_id) where channel <> 'email' and provider_id is not null;

-- Requests as they came, before they are answered; the key makes a repetition harmless.
create table punctual.webhook (
    source      text        not null,
    key         text        not null,
    form        text        not null,
    received_at timestamptz not null default now(),
    handled_at  timestamptz,
    primary key (source, key)
);
create index webhook_received on punctual.webhook (received_at);

-- STOP, per number and not per person: families share a phone, and people write numbers as they like.
create table punctual.opt_out (
    number      text        not null check (number ~ '^\+[0-9]{6,15}$'),  -- E.164
    sender      text        not null default '',                          -- ours, that it was said to
    source      text        not null default 'inbound',                   -- inbound, 21610, staff
    since       timestamptz not null default now(),
    revoked_at  timestamptz,
    primary key (number, sender)
);
create index opt_out_tail on punctual.opt_out (right(number, 6)) where revoked_at is null;

-- Whether texts to a number, as people write it, have been stopped at any sender of ours. A number
-- written without its country is compared from its end.
create function punctual.opted_out(written text) returns boolean language sql stable as $$
    select exists (
        select from
            (select regexp_replace(replace(written, '(0)', ''), '[^0-9+]', '', 'g') as compact) w,
            lateral (select case when compact like '+%' then substr(compact, 2)
                                 when compact like '00%' then substr(compact, 3) end as international,
                            ltrim(compact, '+0') as tail) t
            join punctual.opt_out o
                on right(o.number, 6) = right(t.tail, 6) and o.revoked_at is null
        where length(t.tail) >= 6
          and case when t.international is null then o.number like '%' || t.tail
                   else o.number = '+' || t.international end)
$$;
