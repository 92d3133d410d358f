create table gateway_identity (
    account varchar(128) not null,
    client_id varchar(128) not null,
    certificate_required boolean not null,
    login varchar(16),
    login_at timestamp with time zone,
    enrolment varchar(16) not null,
    step varchar not null,
    new_key boolean not null,
    begun_at timestamp with time zone,
    primary key (account, client_id),
    foreign key (account, client_id) references gateway (account, client_id) on delete cascade
);

create table gateway_certificate (
    fingerprint varchar(64) primary key,
    account varchar(128) not null,
    client_id varchar(128) not null,
    issuer varchar(1024) not null,
    serial varchar(64) not null,
    how varchar(16) not null,
    not_before timestamp with time zone not null,
    not_after timestamp with time zone not null,
    known_since timestamp with time zone not null,
    pem varchar not null,
    revoked_at timestamp with time zone,
    revoked_reason varchar(1024),
    foreign key (account, client_id) references gateway (account, client_id) on delete cascade
);

create index gateway_certificate_by_gateway on gateway_certificate (account, client_id, known_since);

create table enrolment_token (
    token_hash varchar(64) primary key,
    account varchar(128) not null,
    client_id varchar(128) not null,
    expires_at timestamp with time zone not null,
    used_at timestamp with time zone,
    foreign key (account, client_id) references gateway (account, client_id) on delete cascade
);
