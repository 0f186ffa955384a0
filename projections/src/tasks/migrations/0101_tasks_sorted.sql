-- For the orders people use most, and for ranges of purchase dates. The other orders sort one
-- owner's rows in memory (10 000 tickets of one owner: 15 ms): an index for each of them would be
-- written with every event, since `updated_at` moves with each and keeps updates from being HOT.
create index tasks_owner_created on read.tasks (owner, created_at desc, task_id desc);
create index tasks_owner_purchase on read.tasks (owner, purchase_date, task_id);
