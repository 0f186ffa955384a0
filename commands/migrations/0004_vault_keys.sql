-- Data keys in versions, and a role that wraps them anew.

alter table vault.data_keys drop constraint data_keys_pkey;
alter table vault.data_keys
    -- Of one key, all under the same id: new values are sealed under the newest, old ones open
    -- under theirs.
    add column version int not null default 1 check (version > 0),
    add primary key (id, version);

drop index vault.data_keys_one_per_scope;
create unique index data_keys_one_per_scope on vault.data_keys (
    kind,
    coalesce(user_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(profile_id, '00000000-0000-0000-0000-000000000000'),
    version);

-- A later version hangs on the first: a key that is destroyed while it gets a new version is
-- destroyed as a whole.
alter table vault.data_keys
    add column first_version int generated always as (1) stored,
    add foreign key (id, first_version) references vault.data_keys (id, version) on delete cascade;

create index data_keys_by_kek on vault.data_keys (wrapped_by, id, version);

grant usage on schema vault to relevo_keys;
grant select on vault.data_keys, vault.key_checks to relevo_keys;
grant insert on vault.data_keys, vault.key_checks to relevo_keys;
grant update (wrapped_by, wrapped) on vault.data_keys to relevo_keys;
