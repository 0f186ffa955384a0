-- The fiscal profiles of a user; the data stays sealed.
create table read.profiles (
    profile_id uuid not null,
    owner uuid not null,
    version bigint not null,
    rfc_key text not null,
    fiscal text not null,
    retired boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    sequence bigint not null,
    position bigint not null,
    primary key (owner, profile_id)
);
alter table read.profiles owner to relevo_read_owner;

alter table read.profiles enable row level security;
alter table read.profiles force row level security;
create policy project on read.profiles to relevo_projector using (true) with check (true);
create policy own on read.profiles to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.profiles to relevo_api;
grant select, insert, update, delete on read.profiles to relevo_projector;
