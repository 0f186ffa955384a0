-- Data keys, wrapped by the key-encryption key of the key file. Deleting a row erases what it sealed.

create schema if not exists vault;

create table vault.data_keys (
    id uuid primary key,
    -- `user`, `profile`, or `installation` (the key of the keyed hashes).
    kind text not null check (kind in ('installation', 'user', 'profile')),
    user_id uuid,
    profile_id uuid,
    -- Which key file's key wraps it.
    wrapped_by text not null,
    wrapped bytea not null,
    created_at timestamptz not null default clock_timestamp(),
    constraint data_keys_scope check (
        (kind = 'installation' and user_id is null and profile_id is null)
        or (kind = 'user' and user_id is not null and profile_id is null)
        or (kind = 'profile' and user_id is not null and profile_id is not null))
);

create unique index data_keys_one_per_scope on vault.data_keys (
    kind,
    coalesce(user_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(profile_id, '00000000-0000-0000-0000-000000000000'));

-- A known text sealed with each key-encryption key: tells a wrong key file at start.
create table vault.key_checks (
    key_id text primary key,
    check_value bytea not null,
    created_at timestamptz not null default clock_timestamp()
);

grant usage on schema vault to relevo_api, relevo_agent;
grant select, insert on vault.data_keys, vault.key_checks to relevo_api, relevo_agent;
