-- The fencing number of a delivery: how often it was claimed. `attempts` counts what was tried: a claim that was
-- given back, because it had waited too long or its provider was held, is no attempt.
alter table punctual.delivery add column claims int not null default 0;
