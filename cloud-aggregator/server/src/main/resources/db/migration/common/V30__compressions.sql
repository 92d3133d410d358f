create table compression (
    account varchar(128) not null,
    client_id varchar(128) not null,
    job varchar(64) not null,
    model varchar(64) not null,
    parent varchar(71) not null,
    state varchar(16) not null,
    told varchar not null,
    requested_by varchar(128) not null,
    requested_at timestamp with time zone not null,
    registered varchar(71),
    note varchar not null,
    primary key (account, client_id, job),
    foreign key (account, client_id) references gateway (account, client_id) on delete cascade
);
