-- Erasures of profiles and accounts: what is closed has no key any more, in no process. The log's
-- events are the decision and the record; this table is what the vault and the api look at.

create table vault.erasures (
    user_id uuid not null,
    -- Null: the whole account.
    profile_id uuid,
    begun_at timestamptz not null default clock_timestamp(),
    -- From here on nobody reads or makes its data keys; those read before are used for a minute.
    closed_at timestamptz,
    destroyed_at timestamptz,
    unique nulls not distinct (user_id, profile_id)
);
alter table vault.erasures owner to relevo_vault_owner;

create function vault.refuse_erased() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from vault.erasures e
            where e.user_id = new.user_id and e.closed_at is not null
            and (e.profile_id is null or e.profile_id = new.profile_id)) then
        raise exception 'what this key would seal was erased' using errcode = 'RV001';
    end if;
    return new;
end $$;
revoke all on function vault.refuse_erased from public;

create trigger refuse_erased before insert on vault.data_keys
    for each row execute function vault.refuse_erased();

-- From here on no process reads or makes the data keys. What was closed before stays so.
create function vault.close_erasure(p_user uuid, p_profile uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update vault.erasures e set closed_at = clock_timestamp()
        where e.user_id = p_user and e.profile_id is not distinct from p_profile
        and e.closed_at is null
$$;
alter function vault.close_erasure(uuid, uuid) owner to relevo_vault_owner;
revoke all on function vault.close_erasure(uuid, uuid) from public;

-- Destroys the data keys of what was closed a minute ago (`KEPT_FOR` in `vault/cache.rs`, and some
-- time for the closing's commit) or earlier: by then no process holds one. Answers how many rows
-- there were.
create function vault.destroy_keys(p_user uuid, p_profile uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_count bigint;
begin
    update vault.erasures e set destroyed_at = clock_timestamp()
        where e.user_id = p_user and e.profile_id is not distinct from p_profile
        and e.closed_at <= clock_timestamp() - interval '75 seconds';
    if not found then
        raise exception 'keys are destroyed a minute after their erasure was closed'
            using errcode = 'RV002';
    end if;
    delete from vault.data_keys k
        where k.user_id = p_user and (p_profile is null or k.profile_id = p_profile);
    get diagnostics v_count = row_count;
    return v_count;
end $$;
alter function vault.destroy_keys(uuid, uuid) owner to relevo_vault_owner;
revoke all on function vault.destroy_keys(uuid, uuid) from public;

-- Whether a data key is there: what names one that is not can't be opened any more.
create function vault.has_key(p_id uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from vault.data_keys k where k.id = p_id)
$$;
alter function vault.has_key(uuid) owner to relevo_vault_owner;
revoke all on function vault.has_key(uuid) from public;

grant usage on schema vault to relevo_vault_owner, relevo_erase;
grant select, delete on vault.data_keys to relevo_vault_owner;
grant select on vault.erasures to relevo_api, relevo_agent, relevo_keys, relevo_erase;
grant insert (user_id, profile_id) on vault.erasures to relevo_erase;
grant execute on function vault.close_erasure(uuid, uuid), vault.destroy_keys(uuid, uuid),
        vault.has_key(uuid)
    to relevo_erase;

grant usage on schema log to relevo_erase;
grant select on log.events, log.identity to relevo_erase;
grant execute on function log.append to relevo_erase;
create policy read_to_erase on log.events for select to relevo_erase using (true);
