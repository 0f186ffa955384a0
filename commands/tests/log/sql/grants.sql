-- Grants in the catalogue of the schemas $1, those by default included, but for what owners have.
with object(kind, name, owner, acl) as (
    select 'schema', nspname::text, nspowner,
           coalesce(nspacl, acldefault('n', nspowner))
        from pg_namespace where nspname = any($1)
    union all
    select 'table', n.nspname || '.' || c.relname, c.relowner,
           coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'table', n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, a.attacl
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and a.attacl is not null
    union all
    select 'function', n.nspname || '.' || p.proname, p.proowner,
           coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = any($1))
select o.kind || ' ' || o.name || ' ' || coalesce(r.rolname, 'PUBLIC') || ': '
       || string_agg(a.privilege_type, ' ' order by a.privilege_type)
    from object o cross join lateral aclexplode(o.acl) a
    left join pg_roles r on r.oid = a.grantee
    where a.grantee <> o.owner group by o.kind, o.name, r.rolname
