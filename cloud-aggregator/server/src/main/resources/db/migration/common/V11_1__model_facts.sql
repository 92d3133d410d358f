alter table model_version add column facts varchar default '{}' not null;
