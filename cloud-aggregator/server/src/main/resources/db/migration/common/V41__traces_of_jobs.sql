-- the W3C traceparent of the call that ordered the job
alter table job add column trace varchar(64);
