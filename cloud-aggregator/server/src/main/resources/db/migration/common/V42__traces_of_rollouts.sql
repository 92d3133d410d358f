-- the W3C traceparent of the call that made the rollout
alter table rollout add column trace varchar(64);
