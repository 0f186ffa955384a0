-- The event log: the one truth. Only `log.append` writes it; nobody changes or removes a row.
-- Runs with search_path = log; roles are made before (they belong to the cluster, not the database).

-- Which log this is. Renewed after a restore or a lossy failover, so that "position n" of the old
-- log is never taken for "position n" of this one.
create table log.identity (
    singleton boolean primary key default true check (singleton),
    log_id uuid not null,
    adopted_at timestamptz not null default clock_timestamp()
);
insert into log.identity (log_id) values (gen_random_uuid());
alter table log.identity owner to relevo_log_owner;

-- The columns of postgres-es (so that its repository reads the table) and those of an ordered,
-- chained log. `json`, not `jsonb`: the text that was hashed is the text that is read.
create table log.events (
    position bigint primary key check (position > 0),
    sequence bigint not null check (sequence > 0),
    recorded_at timestamptz not null,
    event_id uuid not null,
    aggregate_type text collate "C" not null,
    aggregate_id text collate "C" not null,
    event_type text not null,
    event_version text not null,
    payload json not null,
    metadata json not null,
    leaf bytea not null check (octet_length(leaf) = 32),
    chain bytea not null check (octet_length(chain) = 32),
    constraint events_stream unique (aggregate_type, aggregate_id, sequence),
    constraint events_id_length check (octet_length(aggregate_id) between 1 and 200),
    constraint events_size
        check (octet_length(payload::text) + octet_length(metadata::text) <= 65536),
    -- An escaped NUL is valid JSON that no reader can turn into text. The second half lets a
    -- literal backslash before "u0000" through.
    constraint events_no_nul check (
        (strpos(payload::text, '\u0000') = 0
            or payload::text !~ '(^|[^\\])(\\\\)*\\u0000')
        and (strpos(metadata::text, '\u0000') = 0
            or metadata::text !~ '(^|[^\\])(\\\\)*\\u0000'))
) with (
    autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_threshold = 10000,
    autovacuum_analyze_scale_factor = 0.05
);
alter table log.events owner to relevo_log_owner;

do $$
begin
    alter table log.events alter column payload set compression lz4;
    alter table log.events alter column metadata set compression lz4;
exception when feature_not_supported then
    raise notice 'this server is built without lz4: pglz it is';
end $$;

-- Refused as a statement, so that also an update that matches no row is an error.
create function log.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the log is append-only: % refused', tg_op using errcode = 'RL003';
end $$;
alter function log.refuse_change() owner to relevo_log_owner;

create trigger refuse_update before update on log.events
    for each statement execute function log.refuse_change();
create trigger refuse_delete before delete on log.events
    for each statement execute function log.refuse_change();
create trigger refuse_truncate before truncate on log.events
    for each statement execute function log.refuse_change();

-- Forced, so that a table grant given by mistake opens nothing; the owner, as whom the function
-- runs, needs policies of its own, or it would see an empty log and start again at position 1.
alter table log.events enable row level security;
alter table log.events force row level security;
create policy append on log.events for insert to relevo_log_owner with check (true);
create policy read on log.events for select
    to relevo_log_owner, relevo_api, relevo_agent, relevo_relay, relevo_projector, relevo_reactor
    using (true);

-- Appends a batch. Arrays `p_types`, `p_ids`, `p_expected` have one entry per append; the others one
-- per event, `p_append` naming (from 1) the append it belongs to. An append whose expected sequence
-- is not the aggregate's current one is left out and spoils nothing.
-- Answers: the time and the last position before the batch, and each aggregate's sequence before it.
create function log.append(
    p_log_id uuid,
    p_synchronous_commit text,
    p_types text[],
    p_ids text[],
    p_expected bigint[],
    p_append integer[],
    p_sequences bigint[],
    p_event_ids uuid[],
    p_event_types text[],
    p_event_versions text[],
    p_payloads text[],
    p_metadata text[],
    p_leaves bytea[],
    out recorded_at timestamptz,
    out base_position bigint,
    out current_sequences bigint[]
)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_position bigint;
    v_chain bytea;
    v_time bytea;
    v_leaf bytea;
    v_event integer := 0;
    v_append integer := 0;
    v_accepted boolean := false;
    v_positions bigint[] := '{}';
    v_chains bytea[] := '{}';
begin
    -- A snapshot older than the lock would not see the last event.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'log.append runs in read committed only' using errcode = 'RL002';
    end if;
    -- In the body: a SET clause on the function would be over before the commit.
    perform set_config('synchronous_commit', p_synchronous_commit, true);
    perform pg_advisory_xact_lock(7305460, 1);

    perform 1 from log.identity i where i.singleton and i.log_id = p_log_id;
    if not found then
        raise exception 'this log has another id' using errcode = 'RL001';
    end if;

    select e.position, e.chain, e.recorded_at into base_position, v_chain, recorded_at
        from log.events e order by e.position desc limit 1;
    if not found then
        base_position := 0;
        v_chain := decode(repeat('00', 32), 'hex');
    end if;
    recorded_at := greatest(recorded_at, clock_timestamp());
    v_time := int8send((extract(epoch from recorded_at) * 1000000)::bigint);

    select array_agg(coalesce((
            select e.sequence from log.events e
            where e.aggregate_type = a.type and e.aggregate_id = a.id
            order by e.sequence desc limit 1), 0) order by a.n)
        into current_sequences
        from unnest(p_types, p_ids) with ordinality a(type, id, n);

    v_position := base_position;
    foreach v_leaf in array p_leaves loop
        v_event := v_event + 1;
        if p_append[v_event] <> v_append then
            v_append := p_append[v_event];
            v_accepted := current_sequences[v_append] = p_expected[v_append];
        end if;
        if v_accepted then
            v_position := v_position + 1;
            v_chain := sha256(v_chain || int8send(v_position) || v_time || v_leaf);
            v_positions[v_event] := v_position;
            v_chains[v_event] := v_chain;
        else
            v_positions[v_event] := null;
            v_chains[v_event] := null;
        end if;
    end loop;

    insert into log.events (position, sequence, recorded_at, event_id, aggregate_type,
            aggregate_id, event_type, event_version, payload, metadata, leaf, chain)
        select u.position, u.sequence, append.recorded_at, u.event_id, p_types[u.append],
            p_ids[u.append], u.event_type, u.event_version, u.payload::json, u.metadata::json,
            u.leaf, u.chain
        from unnest(v_positions, p_append, p_sequences, p_event_ids, p_event_types,
                p_event_versions, p_payloads, p_metadata, p_leaves, v_chains)
            u(position, append, sequence, event_id, event_type, event_version, payload, metadata,
                leaf, chain)
        where u.position is not null;
end $$;
alter function log.append owner to relevo_log_owner;

revoke all on function log.append from public;
revoke all on function log.refuse_change from public;
grant execute on function log.append to relevo_api, relevo_agent, relevo_reactor;
grant usage on schema log to
    relevo_log_owner, relevo_api, relevo_agent, relevo_relay, relevo_projector, relevo_reactor;
grant select on log.events, log.identity to
    relevo_api, relevo_agent, relevo_relay, relevo_projector, relevo_reactor;
