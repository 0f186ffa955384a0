-- One row per task: the columns lists ask for, and the folded task itself.
create table read.tasks (
    task_id uuid primary key,
    owner uuid not null,
    profile uuid not null,
    portal text not null,
    status text not null constraint tasks_status check (status in
        ('PENDING', 'RUNNING', 'PAUSED', 'INTERVENTION_NEEDED', 'COMPLETED', 'FAILED')),
    waiting_for text not null constraint tasks_waiting_for check (waiting_for in
        ('none', 'queue', 'not_before', 'human', 'delivery')),
    not_before timestamptz,
    submit text not null,
    attempts integer not null,
    deferrals integer not null,
    purchase_date date,
    total_cents bigint,
    currency text,
    window_until timestamptz,
    failure_class text,
    archived boolean not null,
    -- The domain's fold of the task's events, and what it does not keep (times, warnings).
    state jsonb not null,
    extra jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    sequence bigint not null,
    position bigint not null
);
alter table read.tasks owner to relevo_read_owner;
create index tasks_owner_status on read.tasks (owner, status);
create index tasks_owner_updated on read.tasks (owner, updated_at desc, task_id desc);

alter table read.tasks enable row level security;
alter table read.tasks force row level security;
create policy project on read.tasks to relevo_projector using (true) with check (true);
create policy own on read.tasks to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.tasks to relevo_api;
grant select, insert, update, delete on read.tasks to relevo_projector;
