alter table person add column role varchar(16) default 'ADMIN' not null;

alter table api_token add column id varchar(16);
alter table api_token add column role varchar(16) default 'ADMIN' not null;
alter table api_token add column expires_at timestamp with time zone;
alter table api_token add column last_used_at timestamp with time zone;
update api_token set id = substring(token_hash, 1, 16);
alter table api_token alter column id set not null;
alter table api_token add constraint api_token_id unique (id);

create table audit_entry (
    sequence bigint primary key,
    begun bigint,
    at timestamp with time zone not null,
    actor varchar(256) not null,
    role varchar(16) not null,
    via varchar(160) not null,
    address varchar(64) not null,
    action varchar(256) not null,
    subject varchar(1024) not null,
    outcome varchar(256) not null,
    previous varchar(64) not null,
    hash varchar(64) not null
);

create index audit_entry_by_begun on audit_entry (begun);

create table audit_head (
    id integer primary key,
    sequence bigint not null,
    hash varchar(64) not null
);

insert into audit_head (id, sequence, hash) values (1, 0, '');
