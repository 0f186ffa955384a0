-- Every browser that was opened for a task.
create table read.browser_sessions (
    session_id uuid primary key,
    task_id uuid not null,
    owner uuid not null,
    epoch bigint not null,
    provider text not null,
    status text not null constraint browser_sessions_status check (status in ('open', 'closed')),
    opened_at timestamptz not null,
    closed_at timestamptz,
    close_reason text,
    sequence bigint not null,
    position bigint not null
);
alter table read.browser_sessions owner to relevo_read_owner;
create index browser_sessions_status on read.browser_sessions (status);
create index browser_sessions_task on read.browser_sessions (task_id);

alter table read.browser_sessions enable row level security;
alter table read.browser_sessions force row level security;
create policy project on read.browser_sessions to relevo_projector using (true) with check (true);
create policy own on read.browser_sessions to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.browser_sessions to relevo_api;
grant select, insert, update, delete on read.browser_sessions to relevo_projector;
