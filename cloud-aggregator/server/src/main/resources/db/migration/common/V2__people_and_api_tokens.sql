create table person (
    name varchar(128) primary key,
    password_hash varchar(512) not null,
    created_at timestamp with time zone not null
);

create table api_token (
    token_hash varchar(64) primary key,
    name varchar(128) not null,
    person varchar(128) not null references person (name) on delete cascade,
    created_at timestamp with time zone not null
);
