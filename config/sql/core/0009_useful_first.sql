-- Retries are taken most useful first. Without this a hundred thousand waiting rows are sorted for each
-- batch: 183 ms for 100.
create index delivery_useful on punctual.delivery (useless_after) include (channel, next_attempt_at, kind)
    where state = 'retrying';
