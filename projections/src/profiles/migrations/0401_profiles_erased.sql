-- Erased profiles keep their row, with `[erased]` in the place of what was sealed; and the look-up by
-- an RFC's keyed hash.
alter table read.profiles add column erased boolean not null default false;
create index profiles_owner_rfc on read.profiles (owner, rfc_key);
