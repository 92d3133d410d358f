-- At the end of each block of numbers H2 writes everything that is not yet on disk, in the middle of a transaction; the default is a block of 32.
alter table verdict alter column id set cache 10000;
