-- one aggregator of several acts on gateways: whose row this is until it lets it expire
create table lease (
    name varchar(64) primary key,
    owner varchar(128) not null,
    expires_at timestamp with time zone not null
);

-- wanted by a person on any aggregator; the one that acts heeds it
alter table job add column cancel_wanted boolean default false not null;

create index job_by_state on job (state);
