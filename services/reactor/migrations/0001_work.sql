-- What the reactor knows and decides: work, timers, leases. Roles and the schema are made before;
-- `relevo_work_owner` can't log in.

-- How far the reactor has followed the log. No user's data.
create table work.checkpoint (
    singleton boolean primary key default true check (singleton),
    log_id uuid not null,
    position bigint not null check (position >= 0),
    chain bytea not null check (octet_length(chain) = 32),
    updated_at timestamptz not null default clock_timestamp()
);
alter table work.checkpoint owner to relevo_work_owner;

-- The reactor's memory of each task.
create table work.tasks (
    task_id uuid primary key,
    memory jsonb not null,
    -- Of the lease that is held, and since when.
    lease_epoch bigint,
    lease_since timestamptz,
    -- Of the human who drives, and since when.
    control_epoch bigint,
    control_since timestamptz,
    sequence bigint not null,
    -- Why nothing is done for this task any more: an event of it can't be understood.
    broken text
);
alter table work.tasks owner to relevo_work_owner;
create index tasks_leased on work.tasks (task_id) where lease_epoch is not null;
create index tasks_controlled on work.tasks (task_id) where control_epoch is not null;

-- Tasks that wait for a worker, and those that have one.
create table work.work (
    task_id uuid primary key,
    owner uuid not null,
    portal text not null,
    state text not null check (state in ('queued', 'running')),
    -- 1: a human has just done their part.
    priority smallint not null,
    not_before timestamptz,
    -- Of the task's first event: the older first.
    position bigint not null,
    epoch bigint,
    worker text,
    -- Offered to a worker, who may not have claimed it yet.
    reserved_by text,
    reserved_until timestamptz,
    sequence bigint not null
);
alter table work.work owner to relevo_work_owner;
create index work_queued on work.work (priority desc, position) where state = 'queued';

-- What is to be done at a time, unless events overtake it.
create table work.timers (
    task_id uuid not null,
    kind text not null,
    due_at timestamptz not null,
    -- Of the event that set it.
    sequence bigint not null,
    primary key (task_id, kind)
);
alter table work.timers owner to relevo_work_owner;
create index timers_due on work.timers (due_at);

-- What was told to somebody, once per event and target.
create table work.deliveries (
    event_id uuid not null,
    target text not null,
    task_id uuid not null,
    delivered_at timestamptz not null default clock_timestamp(),
    primary key (event_id, target)
);
alter table work.deliveries owner to relevo_work_owner;

-- Workers' heartbeats. Logged tables: an outage must not lose them.
create table work.leases (
    task_id uuid primary key,
    epoch bigint not null,
    worker text not null,
    beat_at timestamptz not null
);
alter table work.leases owner to relevo_work_owner;

-- Stamped while a socket of the human who drives is open.
create table work.control_beats (
    task_id uuid primary key,
    control_epoch bigint not null,
    beat_at timestamptz not null
);
alter table work.control_beats owner to relevo_work_owner;

do $$
declare
    t text;
begin
    foreach t in array array['tasks', 'work', 'timers', 'deliveries', 'leases', 'control_beats'] loop
        execute format('alter table work.%I enable row level security', t);
        execute format('alter table work.%I force row level security', t);
        execute format('create policy react on work.%I to relevo_reactor '
            'using (true) with check (true)', t);
        execute format('grant select, insert, update, delete on work.%I to relevo_reactor', t);
    end loop;
end $$;

create policy hand_out on work.work to relevo_work_owner using (true) with check (true);
create policy beat on work.leases to relevo_agent using (true) with check (true);
create policy beat on work.control_beats to relevo_api using (true) with check (true);

grant usage on schema work to
    relevo_work_owner, relevo_reactor, relevo_agent, relevo_api, relevo_relay;
grant select, insert, update, delete on work.checkpoint to relevo_reactor;
grant select on work.checkpoint to relevo_relay;
grant select, insert, update, delete on work.leases to relevo_agent;
grant select, insert, update, delete on work.control_beats to relevo_api;

-- Offers up to `slots` tasks to a worker, each kept for it for 10 s; claimed is one only by the
-- command StartTask. Fair: the owner with the fewest busy tasks first, then what a human has just
-- done their part of, then the oldest. `caps` maps a portal to how many of its tasks may run at
-- once; `*` stands for those not named, 1 where neither is given.
create function work.next_work(worker text, slots integer, caps jsonb default '{}')
returns table (task_id uuid, owner uuid, portal text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    v_now timestamptz;
    v_pick record;
begin
    -- One at a time, or two workers would both take a portal's last place.
    perform pg_advisory_xact_lock(7305460, 30);
    v_now := clock_timestamp();
    for n in 1 .. slots loop
        with busy as materialized (
            select b.owner, b.portal from work.work b
            where b.state = 'running' or b.reserved_until > v_now
        ), by_owner as (
            select owner, count(*) as n from busy group by owner
        ), by_portal as (
            select portal, count(*) as n from busy group by portal
        )
        select w.task_id, w.owner, w.portal into v_pick
            from work.work w
            left join by_owner o on o.owner = w.owner
            left join by_portal p on p.portal = w.portal
            where w.state = 'queued'
                and (w.not_before is null or w.not_before <= v_now)
                and (w.reserved_until is null or w.reserved_until <= v_now)
                and coalesce(p.n, 0) < coalesce(
                    (caps ->> w.portal)::bigint, (caps ->> '*')::bigint, 1)
            order by coalesce(o.n, 0), w.priority desc, w.position
            limit 1
            for update of w skip locked;
        exit when not found;
        update work.work w
            set reserved_by = worker, reserved_until = v_now + interval '10 seconds'
            where w.task_id = v_pick.task_id;
        task_id := v_pick.task_id;
        owner := v_pick.owner;
        portal := v_pick.portal;
        return next;
    end loop;
end $$;
alter function work.next_work owner to relevo_work_owner;
revoke all on function work.next_work from public;
grant execute on function work.next_work to relevo_agent;
