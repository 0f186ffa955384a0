-- Signed heads: where the log stood, at which time, each naming the one before it. What was signed
-- is in `commands/src/audit/head.rs`.

create table log.heads (
    log_id uuid not null,
    position bigint not null check (position > 0),
    chain bytea not null check (octet_length(chain) = 32),
    signed_at timestamptz not null,
    -- Hash of the head before this one; zeros for the first.
    previous bytea not null check (octet_length(previous) = 32),
    key_id bytea not null check (octet_length(key_id) = 8),
    signature bytea not null check (octet_length(signature) = 64),
    primary key (log_id, position),
    -- Two signers at once can't make the heads fork: one of them finds its predecessor taken.
    constraint heads_do_not_fork unique (log_id, previous)
);
alter table log.heads owner to relevo_log_owner;

create trigger refuse_update before update on log.heads
    for each statement execute function log.refuse_change();
create trigger refuse_delete before delete on log.heads
    for each statement execute function log.refuse_change();
create trigger refuse_truncate before truncate on log.heads
    for each statement execute function log.refuse_change();

grant select, insert on log.heads to relevo_relay;
