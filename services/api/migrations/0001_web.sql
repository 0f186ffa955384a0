-- What the api keeps of people's browsers: sign-ins under way, and sessions. The schema and its
-- owner, `relevo_web_owner`, who can't log in, are made before.

-- A person who was sent to the provider. What the answer is checked by is sealed under the secret
-- of their sign-in cookie.
create table web.sign_ins (
    -- SHA-256 of the state in the address they come back with.
    state_hash bytea primary key check (octet_length(state_hash) = 32),
    -- SHA-256 of the sign-in cookie.
    secret_hash bytea not null check (octet_length(secret_hash) = 32),
    sealed bytea not null,
    created_at timestamptz not null default clock_timestamp()
);
alter table web.sign_ins owner to relevo_web_owner;
create index sign_ins_created on web.sign_ins (created_at);

-- A signed-in browser. Who it is by name, and the provider's token, are sealed under the secret of
-- the session cookie, which is not here; the browser's name, which its owner sees from other
-- sessions, too, is sealed by the vault.
create table web.sessions (
    session_id uuid primary key,
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    user_id uuid not null,
    sealed bytea not null,
    user_agent text,
    created_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null
);
alter table web.sessions owner to relevo_web_owner;
create index sessions_user on web.sessions (user_id);

alter table web.sign_ins enable row level security;
alter table web.sign_ins force row level security;
alter table web.sessions enable row level security;
alter table web.sessions force row level security;

create policy keep on web.sign_ins to relevo_web_owner using (true) with check (true);
create policy keep on web.sessions to relevo_web_owner using (true) with check (true);
-- Nobody is known yet while they sign in.
create policy begin on web.sign_ins to relevo_api using (true) with check (true);
create policy own on web.sessions to relevo_api
    using (user_id = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (user_id = nullif(current_setting('relevo.user_id', true), '')::uuid);

grant usage on schema web to relevo_web_owner, relevo_api;
grant select, insert, delete on web.sign_ins to relevo_api;
grant select (session_id, user_id, user_agent, created_at, last_seen_at, expires_at), insert, delete
    on web.sessions to relevo_api;

-- The live session of that cookie, if there is one; being asked for counts as use. Stamped every
-- ten seconds at most, so that a busy page doesn't write with each request.
create function web.use_session(p_secret_hash bytea, p_idle_s integer)
returns table (session_id uuid, user_id uuid, sealed bytea, expires_at timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    v_now timestamptz := clock_timestamp();
    v_idle interval := make_interval(secs => p_idle_s);
begin
    update web.sessions s set last_seen_at = v_now
        where s.secret_hash = p_secret_hash
            and s.expires_at > v_now and s.last_seen_at > v_now - v_idle
            and s.last_seen_at < v_now - interval '10 seconds';
    return query select s.session_id, s.user_id, s.sealed, s.expires_at
        from web.sessions s
        where s.secret_hash = p_secret_hash
            and s.expires_at > v_now and s.last_seen_at > v_now - v_idle;
end $$;
alter function web.use_session owner to relevo_web_owner;
revoke all on function web.use_session from public;
grant execute on function web.use_session to relevo_api;

-- Ends the session of that cookie.
create function web.end_session(p_secret_hash bytea) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    delete from web.sessions s where s.secret_hash = p_secret_hash;
$$;
alter function web.end_session owner to relevo_web_owner;
revoke all on function web.end_session from public;
grant execute on function web.end_session to relevo_api;

-- Deletes what nobody can come back to. A late sign-in is kept an hour, to say that it was late.
create function web.sweep(p_idle_s integer) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    delete from web.sign_ins s where s.created_at < clock_timestamp() - interval '1 hour';
    delete from web.sessions s
        where s.expires_at <= clock_timestamp()
            or s.last_seen_at <= clock_timestamp() - make_interval(secs => p_idle_s);
$$;
alter function web.sweep owner to relevo_web_owner;
revoke all on function web.sweep from public;
grant execute on function web.sweep to relevo_api;
