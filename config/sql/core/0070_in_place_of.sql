-- The WhatsApp message that an SMS is sent in place of. Its row is read again when the SMS is claimed: its callback may
-- have come, or have been lost, in which case Twilio is asked. `reason` cannot tell, since a take-over overwrites it, and
-- a plan may have SMS of its own.
alter table punctual.delivery add column in_place_of uuid;
