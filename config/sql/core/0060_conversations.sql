-- Free text may go by WhatsApp within a day of a person's last message to that sender of ours.

create index last_inbound_tail on punctual.last_inbound (right(number, 6));

-- Who wrote to which sender of ours in the 24 hours before `tried`, of those whom a number as people write it may be:
-- a line each, number, sender, and whether it is within 24 hours still. A number without its country is compared from
-- its end, as in punctual.opted_out; who composes the message knows the whole number and compares that.
create function punctual.open_conversations(written text, tried timestamptz) returns text language sql stable as $$
    select string_agg(l.number || ' ' || l.sender || ' ' || (l.at > now() - interval '24 hours'), E'\n'
                      order by l.number, l.sender)
    from (select regexp_replace(replace(written, '(0)', ''), '[^0-9+]', '', 'g') as compact) w,
         lateral (select case when compact like '+%' then substr(compact, 2)
                              when compact like '00%' then substr(compact, 3) end as international,
                         ltrim(compact, '+0') as tail) t
         join punctual.last_inbound l on right(l.number, 6) = right(t.tail, 6)
    where length(t.tail) >= 6 and l.at > tried - interval '24 hours' and l.sender like 'whatsapp:%'
      and case when t.international is null then l.number like '%' || t.tail
               else l.number = '+' || t.international end
$$;
