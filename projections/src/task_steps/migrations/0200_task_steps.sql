-- What the worker did and saw, one row per recorded step. Contents are masked in the log already.
create table read.task_steps (
    task_id uuid not null,
    sequence bigint not null,
    owner uuid not null,
    epoch bigint not null,
    at timestamptz not null,
    kind text not null,
    field text,
    content text,
    outcome text not null,
    duration_ms bigint not null,
    position bigint not null,
    primary key (task_id, sequence)
);
alter table read.task_steps owner to relevo_read_owner;
create index task_steps_task_time on read.task_steps (task_id, at desc);

alter table read.task_steps enable row level security;
alter table read.task_steps force row level security;
create policy project on read.task_steps to relevo_projector using (true) with check (true);
create policy own on read.task_steps to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.task_steps to relevo_api;
grant select, insert, update, delete on read.task_steps to relevo_projector;
