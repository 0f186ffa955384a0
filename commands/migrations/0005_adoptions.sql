-- Adoptions: which ids this log had before, up to where, and how it stood there. Leaves hold the id
-- under which they were made, so a check needs to know which one holds where. What is hashed of an
-- adoption is in `commands/src/audit/history.rs`; `relevo log adopt` writes one.

create table log.adoptions (
    number integer primary key check (number > 0),
    -- The id that ended.
    log_id uuid not null unique,
    successor uuid not null unique check (successor <> log_id),
    -- Of its last event; 0 when there was none.
    position bigint not null check (position >= 0),
    chain bytea not null check (octet_length(chain) = 32),
    adopted_at timestamptz not null,
    -- Hash of its last head; of the adoption before this one when it had none; else zeros.
    previous bytea not null check (octet_length(previous) = 32)
);
alter table log.adoptions owner to relevo_log_owner;

create trigger refuse_update before update on log.adoptions
    for each statement execute function log.refuse_change();
create trigger refuse_delete before delete on log.adoptions
    for each statement execute function log.refuse_change();
create trigger refuse_truncate before truncate on log.adoptions
    for each statement execute function log.refuse_change();

-- An id is renewed by an adoption or not at all: leaves under an id that nothing leads to would
-- look forged.
create function log.refuse_unrecorded_id() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from log.adoptions a
            where a.log_id = old.log_id and a.successor = new.log_id) then
        raise exception 'the log''s id is renewed by `relevo log adopt` only'
            using errcode = 'RL003';
    end if;
    return new;
end $$;
alter function log.refuse_unrecorded_id() owner to relevo_log_owner;
revoke all on function log.refuse_unrecorded_id from public;

create trigger refuse_unrecorded_id before update on log.identity
    for each row execute function log.refuse_unrecorded_id();
create trigger refuse_delete before delete on log.identity
    for each statement execute function log.refuse_change();
create trigger refuse_truncate before truncate on log.identity
    for each statement execute function log.refuse_change();

grant select on log.adoptions to
    relevo_api, relevo_agent, relevo_relay, relevo_projector, relevo_reactor;
