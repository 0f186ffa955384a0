-- What all read models share. Roles and the schema are made before; `relevo_read_owner` can't log
-- in, and nobody who can owns anything here.

-- How far each read model has applied the log. No user's data.
create table read.checkpoints (
    model text primary key,
    -- Of the model's shape; another one in the program means: fold the log anew.
    version integer not null,
    log_id uuid not null,
    position bigint not null check (position >= 0),
    chain bytea not null check (octet_length(chain) = 32),
    updated_at timestamptz not null default clock_timestamp()
);
alter table read.checkpoints owner to relevo_read_owner;

-- Events that can't be applied, and all later events of their aggregates behind them.
create table read.parked (
    position bigint primary key,
    aggregate_type text not null,
    aggregate_id text not null,
    sequence bigint not null,
    event_type text not null,
    reason text not null,
    parked_at timestamptz not null default clock_timestamp()
);
alter table read.parked owner to relevo_read_owner;
create index parked_aggregate on read.parked (aggregate_type, aggregate_id);
alter table read.parked enable row level security;
alter table read.parked force row level security;
create policy project on read.parked to relevo_projector using (true) with check (true);

grant usage on schema read to relevo_api, relevo_projector, relevo_relay;
grant select on read.checkpoints to relevo_api, relevo_relay;
grant select, insert, update, delete on read.checkpoints, read.parked to relevo_projector;
