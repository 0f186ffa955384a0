-- What needs its owner: a row while a task waits for a human.
create table read.inbox (
    task_id uuid primary key,
    owner uuid not null,
    portal text not null,
    status text not null,
    -- The intervention's kind, or `start`, `paused`, `control` (held, or lapsed).
    reason text not null,
    intervention uuid,
    guide text,
    answer_by timestamptz,
    window_until timestamptz,
    -- A browser waits: answering goes on at once.
    session_lives boolean not null,
    since timestamptz not null,
    sequence bigint not null,
    position bigint not null
);
alter table read.inbox owner to relevo_read_owner;
create index inbox_owner_since on read.inbox (owner, since);

alter table read.inbox enable row level security;
alter table read.inbox force row level security;
create policy project on read.inbox to relevo_projector using (true) with check (true);
create policy own on read.inbox to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.inbox to relevo_api;
grant select, insert, update, delete on read.inbox to relevo_projector;
