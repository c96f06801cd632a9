-- What people write to us by text: understood, acted on, or forwarded to the clinic.

alter table punctual.webhook
    add column effect      text,         -- of an inbound message: stopped, started, confirmed, forward
    add column number      text,         -- E.164, whom it came from
    add column appointment bigint,       -- confirmed
    add column lease_until timestamptz;  -- somebody is forwarding it
create index webhook_unread on punctual.webhook (received_at) where effect = 'forward' and handled_at is null;

-- A person's last message opens a day in which free text may go to them by WhatsApp. Per number and sender of ours.
create table punctual.last_inbound (
    number text        not null,  -- E.164
    sender text        not null,  -- as Twilio writes it, "whatsapp:" included
    at     timestamptz not null,
    primary key (number, sender)
);

-- Whether a number as people write it is that E.164 number. One without its country is compared from its end, as in
-- punctual.opted_out.
create function punctual.is_number(written text, number text) returns boolean language sql immutable as $$
    select case when w.compact like '+%' then w.compact = number
                when w.compact like '00%' then '+' || substr(w.compact, 3) = number
                else length(w.tail) >= 6 and number like '%' || w.tail end
    from (select c.compact, ltrim(c.compact, '0') as tail
          from (select regexp_replace(replace(written, '(0)', ''), '[^0-9+]', '', 'g') as compact) c) w
$$;

-- The visit that a bare "C" confirms: of those ahead of a patient with that number, the one of the message that was
-- answered, else the one of which the newest text told. Families share a phone, so it is not just the next one.
create function punctual.visit_to_confirm(number text, replied_to text) returns bigint language sql stable as $$
    select d.appointment_id
    from punctual.feed_person p
    join punctual.feed_appointment a on a.patient_id = p.id
    join punctual.delivery d on d.appointment_id = a.id and d.recipient_id = p.id
    where punctual.is_number(p.phone, visit_to_confirm.number) and p.is_active
      and a.status in ('scheduled', 'confirmed') and a.starts_at > now()
      and d.channel in ('whatsapp', 'sms') and d.state in ('accepted', 'delivered') and d.kind <> 'cancellation'
    order by (d.provider_id = replied_to) is true desc, d.accepted_at desc nulls last
    limit 1
$$;

-- Writes an inbound message down and does what it says, once however often it comes; gives back what it did then.
create function punctual.receive_inbound(key text, form text, number text, sender text, intent text, replied_to text,
                                         out effect text, out appointment bigint, out locale text)
language plpgsql volatile as $$
begin
    insert into punctual.webhook (source, key, form, number)
    values ('message_inbound', receive_inbound.key, receive_inbound.form, receive_inbound.number)
    on conflict do nothing;
    if not found then
        select w.effect, w.appointment into effect, appointment from punctual.webhook w
        where w.source = 'message_inbound' and w.key = receive_inbound.key;
    else
        effect := 'forward';
        if receive_inbound.number <> '' then
            insert into punctual.last_inbound as l (number, sender, at)
            values (receive_inbound.number, receive_inbound.sender, clock_timestamp())
            on conflict on constraint last_inbound_pkey do update set at = greatest(l.at, excluded.at);
        end if;
        if intent = 'stop' and receive_inbound.number <> '' then
            effect := 'stopped';
            insert into punctual.opt_out as o (number, sender, source)
            values (receive_inbound.number, receive_inbound.sender, 'inbound')
            on conflict on constraint opt_out_pkey do update
                set source = excluded.source, revoked_at = null,
                    since = case when o.revoked_at is null then o.since else excluded.since end;
        elsif intent = 'start' and receive_inbound.number <> '' then
            -- That sender may write again. A STOP to another one stands: nobody has taken that back. One that a
            -- provider told of ('') is taken back by any.
            effect := 'started';
            update punctual.opt_out o set revoked_at = clock_timestamp()
            where o.number = receive_inbound.number and o.sender in (receive_inbound.sender, '')
              and o.revoked_at is null;
        elsif intent = 'confirm' and receive_inbound.number <> '' then
            appointment := punctual.visit_to_confirm(receive_inbound.number, receive_inbound.replied_to);
            if appointment is not null then
                perform punctual.confirm_appointment(appointment);
                effect := 'confirmed';
            end if;
        end if;
        update punctual.webhook w
        set effect = receive_inbound.effect, appointment = receive_inbound.appointment,
            handled_at = case when receive_inbound.effect <> 'forward' then clock_timestamp() end
        where w.source = 'message_inbound' and w.key = receive_inbound.key;
    end if;
    if appointment is not null then
        select p.locale into locale from punctual.feed_appointment a join punctual.feed_person p on p.id = a.patient_id
        where a.id = receive_inbound.appointment;
    end if;
end
$$;

-- Staff may have a message sent again. Who and when, beside what became of it.
alter table punctual.delivery
    add column resent_at timestamptz,
    add column resent_by bigint;
