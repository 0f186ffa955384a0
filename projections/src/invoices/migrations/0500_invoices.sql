-- The ledger: one row per completed task. UUID, issuer, series and folio stay sealed in `details`.
create table read.invoices (
    task_id uuid primary key,
    owner uuid not null,
    profile uuid not null,
    portal text not null,
    uuid_key text not null,
    details text not null,
    -- Local time of the place of issue.
    issued_at timestamp not null,
    subtotal_cents bigint not null,
    taxes_cents bigint not null,
    total_cents bigint not null,
    currency text not null,
    uso_cfdi text not null,
    forma_pago text,
    signature text not null,
    delivered_by text not null,
    warnings jsonb not null,
    xml uuid not null,
    pdf uuid,
    completed_at timestamptz not null,
    sequence bigint not null,
    position bigint not null
);
alter table read.invoices owner to relevo_read_owner;
create index invoices_owner_issued on read.invoices (owner, issued_at desc, task_id desc);

alter table read.invoices enable row level security;
alter table read.invoices force row level security;
create policy project on read.invoices to relevo_projector using (true) with check (true);
create policy own on read.invoices to relevo_api
    using (owner = nullif(current_setting('relevo.user_id', true), '')::uuid)
    with check (owner = nullif(current_setting('relevo.user_id', true), '')::uuid);
grant select on read.invoices to relevo_api;
grant select, insert, update, delete on read.invoices to relevo_projector;
