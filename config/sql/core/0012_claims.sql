-- The fencing number of a delivery: how often it was claimed. `attempts` counts what was tried: a claim that was
-- given back, because it had waited too long or its provider was held, is no attempt.
alter table punctual.delivery add column claims int not null default 0;

-- Which of Twilio's messages is the one of a text whose answer was lost: the first of `candidates` that is bound to
-- no other delivery is bound to this one, unless it has one already (its status callback came). In plpgsql, and
-- under a lock, because each statement here is to see what the one before it waited for.
--
-- `wait`: while a fresh text to the same person is on its way, its message may be listed and not yet be bound; and
-- of several whose outcome is unknown the oldest chooses first, since messages are listed in that order.
create function punctual.bind_message(delivery uuid, candidates text[], out sid text, out wait boolean)
language plpgsql volatile as $$
declare
    mine punctual.delivery;
begin
    perform pg_advisory_xact_lock(hashtextextended('punctual.bind_message', 0));
    wait := false;
    select d.* into mine from punctual.delivery d where d.id = delivery for update;
    sid := mine.provider_id;
    if not found or sid is not null or cardinality(candidates) = 0 then
        return;
    end if;
    select exists (
        select from punctual.delivery o
        left join punctual.feed_person p on p.id = o.recipient_id
        where o.state = 'claimed' and o.lease_until > clock_timestamp()
          and o.channel = mine.channel and o.id <> mine.id and o.provider_id is null
          and (o.recipient_id = mine.recipient_id
               or p.phone = (select q.phone from punctual.feed_person q where q.id = mine.recipient_id))
          and (o.reason is distinct from 'outcome_unknown' or o.id < mine.id))
    into wait;
    if wait then
        return;
    end if;
    select c.candidate into sid from unnest(candidates) with ordinality c(candidate, place)
    where not exists (
        select from punctual.delivery o
        where o.provider_id = c.candidate and o.channel <> 'email' and o.provider_id is not null)
    order by c.place limit 1;
    if sid is not null then
        update punctual.delivery d set provider_id = sid, updated_at = clock_timestamp() where d.id = delivery;
    end if;
end
$$;
