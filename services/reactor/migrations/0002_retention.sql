-- Passing files of finished tasks: until when they are kept, and which are still to be removed.

create table work.retention (
    task_id uuid primary key,
    -- The end of the task; null: erased by events, the files are to be removed.
    ended_at timestamptz,
    -- Of the event that made the row.
    sequence bigint not null,
    -- When removing them was tried last.
    tried_at timestamptz
);
alter table work.retention owner to relevo_work_owner;
create index retention_ended on work.retention (ended_at);

alter table work.retention enable row level security;
alter table work.retention force row level security;
create policy react on work.retention to relevo_reactor using (true) with check (true);
grant select, insert, update, delete on work.retention to relevo_reactor;

-- What the reactor remembers has a new part: it makes its tables anew, which sends nothing.
delete from work.checkpoint;
