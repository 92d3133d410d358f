-- Outlives the gateways that the certificates were of.
create table revoked_certificate (
    fingerprint varchar(64) primary key,
    issuer varchar(1024) not null,
    serial varchar(64) not null,
    not_after timestamp with time zone not null,
    revoked_at timestamp with time zone not null
);

insert into revoked_certificate (fingerprint, issuer, serial, not_after, revoked_at)
select fingerprint, issuer, serial, not_after, revoked_at from gateway_certificate where revoked_at is not null;
