//! The read models in a real Postgres: rows, their owners, pages, and waiting for a position.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use devstack::{Stack, StackOptions};
use domain::account::{AccountEvent, ProfileData};
use domain::fiscal::{Money, UsoCfdi};
use domain::task::*;
use domain::{
    ArtifactId, InterventionId, InvoiceDetails, KeyedHash, ProfileId, Sealed, SessionId, TaskId,
    UserId,
};
use projections::tasks::query::TaskFilter;
use projections::tasks::{Sort, SortBy, TaskRecord};
use projections::{
    Body, Change, MODELS, Progress, ReadError, ReadPool, apply, browser_sessions, inbox, invoices,
    profiles, store_progress, task_steps, tasks, use_read,
};
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

struct World {
    stack: Stack,
    admin: PgPool,
    projector: PgPool,
    read: ReadPool,
    sequences: BTreeMap<Uuid, u64>,
    position: u64,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        stack.postgres().create_database("relevo").await.unwrap();
        let postgres = stack.postgres();
        let admin = postgres.url("postgres", postgres.password(), "relevo");
        let admin = PgPool::connect(&admin).await.unwrap();
        commands::migrate(&admin, stack.service_password())
            .await
            .unwrap();
        projections::migrate(&admin).await.unwrap();
        // Again: nothing to do.
        projections::migrate(&admin).await.unwrap();
        let url = |role| postgres.url(role, stack.service_password(), "relevo");
        let projector = PgPool::connect(&url("relevo_projector")).await.unwrap();
        let read = ReadPool::connect(&url("relevo_api"), 4).await.unwrap();
        Self {
            stack,
            admin,
            projector,
            read,
            sequences: BTreeMap::new(),
            position: 0,
        }
    }

    fn at(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        start + TimeDelta::seconds(i64::try_from(self.position).unwrap())
    }

    fn change(&mut self, aggregate: Uuid, body: Body) -> Change {
        self.position += 1;
        let sequence = self.sequences.entry(aggregate).or_default();
        *sequence += 1;
        let sequence = *sequence;
        Change {
            position: self.position,
            recorded_at: self.at(),
            sequence,
            body,
        }
    }

    async fn task(&mut self, task: TaskId, events: Vec<TaskEvent>) {
        let changes: Vec<Change> = events
            .into_iter()
            .map(|event| self.change(task.0, Body::Task(task, Box::new(event))))
            .collect();
        self.apply(&changes).await;
    }

    async fn account(&mut self, user: UserId, event: AccountEvent) {
        let change = self.change(user.0, Body::Account(user, event));
        self.apply(&[change]).await;
    }

    async fn apply(&self, changes: &[Change]) {
        // What is read must be of the log, which is written first.
        sqlx::query(
            "insert into log.events select $1, $1, now(), gen_random_uuid(), 'task', 't', 'E', '1', \
             '{}', '{}', $2, $2 where $1 > 0 on conflict do nothing",
        )
        .bind(i64::try_from(self.position).unwrap())
        .bind(vec![0_u8; 32])
        .execute(&self.admin)
        .await
        .unwrap();
        let mut tx = self.projector.begin().await.unwrap();
        use_read(&mut tx).await.unwrap();
        apply(&mut tx, changes).await.unwrap();
        let progress = Progress {
            log_id: Uuid::nil(),
            position: self.position,
            chain: vec![0; 32],
        };
        store_progress(&mut tx, &progress).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn end(self) {
        self.admin.close().await;
        self.projector.close().await;
        self.stack.stop().await.unwrap();
    }
}

fn user() -> UserId {
    UserId(Uuid::now_v7())
}

fn sealed() -> Sealed {
    Sealed("c2VhbGVk".to_owned())
}

fn submitted(owner: UserId, portal: &str) -> TaskEvent {
    TaskEvent::TaskSubmitted(Submission {
        owner,
        ticket: Ticket {
            portal: portal.to_owned(),
            url: None,
            key: KeyedHash("a1".to_owned()),
            fields: sealed(),
            purchase_date: None,
            total: Some(Money::mxn(12_345)),
        },
        profile: ProfileId(owner.0),
        uso_cfdi: UsoCfdi::parse("G03").unwrap(),
        forma_pago: None,
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Ask,
        confirmed_values: None,
        needs_human: false,
    })
}

fn started() -> TaskEvent {
    TaskEvent::TaskStarted {
        epoch: 1,
        mode: RunMode::Run,
        worker: "w".to_owned(),
        profile_version: 1,
    }
}

fn question() -> Intervention {
    Intervention {
        id: InterventionId(Uuid::now_v7()),
        kind: InterventionKind::Captcha,
        guide: "Escribe el texto de la imagen".to_owned(),
        answer: AnswerShape::Text { max_chars: 8 },
        answer_by: None,
    }
}

/// A life through every event that leaves a row.
fn life(owner: UserId, session: SessionId, xml: ArtifactId) -> Vec<TaskEvent> {
    let step = Step {
        kind: StepKind::Fill,
        field: Some("total".to_owned()),
        content: Some("•••".to_owned()),
        outcome: StepOutcome::Ok,
        duration_ms: 12,
    };
    let asked = question();
    let id = asked.id;
    vec![
        submitted(owner, "plain"),
        started(),
        TaskEvent::SessionOpened {
            epoch: 1,
            session,
            provider: "local".to_owned(),
        },
        TaskEvent::StepRecorded { epoch: 1, step },
        TaskEvent::InterventionRequested {
            intervention: asked,
        },
        TaskEvent::InterventionAnswered {
            id,
            answer: sealed(),
            resumes: Resumes::Session,
        },
        TaskEvent::ArtifactStored {
            artifact: Artifact {
                id: xml,
                kind: ArtifactKind::Xml,
                size_bytes: 4000,
                digest: KeyedHash("d1".to_owned()),
            },
        },
        TaskEvent::TaskCompleted {
            invoice: Box::new(Invoice {
                uuid_key: KeyedHash("u1".to_owned()),
                details: sealed(),
                issued_at: DateTime::from_timestamp(1_700_000_000, 0)
                    .unwrap()
                    .naive_utc(),
                subtotal: Money::mxn(10_642),
                taxes: Money::mxn(1_703),
                total: Money::mxn(12_345),
                uso_cfdi: "G03".to_owned(),
                forma_pago: Some("01".to_owned()),
                signature: "valid".to_owned(),
                xml,
                pdf: None,
            }),
            warnings: vec!["pdf_missing".to_owned()],
            delivered_by: DeliveredBy::Portal,
        },
        TaskEvent::SessionClosed {
            session,
            reason: "completed".to_owned(),
        },
    ]
}

fn details() -> InvoiceDetails {
    InvoiceDetails {
        uuid: "5D6F0C5B-0D3C-4A0D-9C3B-1B7E1E0F2A11".to_owned(),
        issuer_rfc: "AAA010101AAA".to_owned(),
        issuer_name: "Tienda".to_owned(),
        receiver_rfc: "XAXX010101000".to_owned(),
        series: None,
        folio: Some("7".to_owned()),
        receiver_regimen: "601".to_owned(),
        stamped_at: DateTime::from_timestamp(1_700_000_000, 0)
            .unwrap()
            .naive_utc(),
    }
}

#[tokio::test]
async fn every_model_shows_its_owner_a_life_and_nobody_else() {
    let mut world = World::start().await;
    let (ana, eva) = (user(), user());
    let (task, session, xml) = (
        TaskId(Uuid::now_v7()),
        SessionId(Uuid::now_v7()),
        ArtifactId(Uuid::now_v7()),
    );
    world.task(task, life(ana, session, xml)).await;
    let waiting = TaskId(Uuid::now_v7());
    let asked = TaskEvent::InterventionRequested {
        intervention: question(),
    };
    world
        .task(waiting, vec![submitted(ana, "wizard"), started(), asked])
        .await;
    let added = AccountEvent::ProfileAdded {
        profile: ProfileId(ana.0),
        data: ProfileData {
            rfc_key: KeyedHash("r1".to_owned()),
            fiscal: sealed(),
        },
    };
    world.account(ana, added).await;

    let mut tx = world.read.begin(ana).await.unwrap();
    assert_eq!(tx.position(), world.position);
    let record = tasks::query::get(&mut tx, task).await.unwrap().unwrap();
    let view = record.view("Portal", Some(&details()));
    assert_eq!(
        (view.status.as_str(), view.submit.as_str(), view.sequence),
        ("COMPLETED", "accepted", 9)
    );
    assert_eq!(view.invoice.unwrap().uuid, details().uuid);
    assert_eq!(view.warnings, vec!["pdf_missing"]);
    assert_eq!(view.artifacts[0].id, xml);
    assert_eq!(
        view.artifacts[0].stored_at,
        record.updated_at - TimeDelta::seconds(2)
    );
    let steps = task_steps::query::list(&mut tx, task, None, 10)
        .await
        .unwrap();
    assert_eq!((steps.items.len(), steps.next), (1, None));
    let sessions = browser_sessions::query::list(&mut tx, task).await.unwrap();
    assert_eq!(sessions[0].status, "closed");
    let ledger = invoices::query::list(&mut tx, None, 10).await.unwrap();
    assert_eq!(ledger.items[0].view(&details()).total, Money::mxn(12_345));
    assert_eq!(
        invoices::query::get(&mut tx, task).await.unwrap().unwrap(),
        ledger.items[0]
    );
    assert_eq!(profiles::query::list(&mut tx).await.unwrap().len(), 1);
    let needs = inbox::query::list(&mut tx, &[]).await.unwrap();
    assert_eq!(
        (needs.len(), needs[0].task_id, needs[0].reason.as_str()),
        (1, waiting, "captcha")
    );
    let blocked = [ProfileId(ana.0)];
    let needs = inbox::query::list(&mut tx, &blocked).await.unwrap();
    assert!(needs.is_empty(), "of a blocked profile");
    drop(tx);

    let mut tx = world.read.begin(eva).await.unwrap();
    assert!(tasks::query::get(&mut tx, task).await.unwrap().is_none());
    let all = TaskFilter::default();
    let listed = tasks::query::list(&mut tx, &all, None, 10).await.unwrap();
    assert!(listed.items.is_empty());
    let steps = task_steps::query::list(&mut tx, task, None, 10)
        .await
        .unwrap();
    assert!(steps.items.is_empty());
    assert!(
        browser_sessions::query::list(&mut tx, task)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(invoices::query::get(&mut tx, task).await.unwrap().is_none());
    assert!(profiles::query::list(&mut tx).await.unwrap().is_empty());
    assert!(
        profiles::query::get(&mut tx, ProfileId(ana.0))
            .await
            .unwrap()
            .is_none()
    );
    assert!(inbox::query::list(&mut tx, &[]).await.unwrap().is_empty());
    drop(tx);
    world.end().await;
}

#[tokio::test]
async fn where_something_sealed_stood_that_was_erased_stands_a_word() {
    let mut world = World::start().await;
    let (ana, eva) = (user(), user());
    let mut all = Vec::new();
    for owner in [ana, eva] {
        let task = TaskId(Uuid::now_v7());
        let (session, xml) = (SessionId(Uuid::now_v7()), ArtifactId(Uuid::now_v7()));
        world.task(task, life(owner, session, xml)).await;
        for (profile, key) in [(owner.0, "r1"), (task.0, "r2")] {
            let added = AccountEvent::ProfileAdded {
                profile: ProfileId(profile),
                data: ProfileData {
                    rfc_key: KeyedHash(key.to_owned()),
                    fiscal: sealed(),
                },
            };
            world.account(owner, added).await;
        }
        all.push(task);
    }
    let profile = Some(ProfileId(ana.0));
    world
        .account(ana, AccountEvent::ErasureBegun { profile })
        .await;
    for (owner, task, erased) in [(ana, all[0], true), (eva, all[1], false)] {
        let mut tx = world.read.begin(owner).await.unwrap();
        let profiles = profiles::query::list(&mut tx).await.unwrap();
        let of = |n: usize| {
            (
                profiles[n].erased,
                profiles[n].fiscal.0 == projections::ERASED,
            )
        };
        assert_eq!((of(0), of(1)), ((erased, erased), (false, false)));
        let invoice = invoices::query::get(&mut tx, task).await.unwrap().unwrap();
        assert_eq!(invoice.details.0 == projections::ERASED, erased);
        let first = KeyedHash("r1".to_owned());
        let found = profiles::query::find(&mut tx, &first).await.unwrap();
        assert_eq!(found.len(), usize::from(!erased));
    }
    let profile = None;
    world
        .account(eva, AccountEvent::ErasureBegun { profile })
        .await;
    let mut tx = world.read.begin(eva).await.unwrap();
    let profiles = profiles::query::list(&mut tx).await.unwrap();
    assert!(profiles.iter().all(|profile| profile.erased));
    drop(tx);
    world.end().await;
}

#[tokio::test]
async fn row_security_is_on_every_table_and_services_own_nothing() {
    let mut world = World::start().await;
    let ana = user();
    let task = TaskId(Uuid::now_v7());
    world
        .task(
            task,
            life(ana, SessionId(Uuid::now_v7()), ArtifactId(Uuid::now_v7())),
        )
        .await;
    // No user's data: how far the models are, and which migrations ran.
    let open = ["checkpoints", "_sqlx_migrations"];
    let bare: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = 'read' and c.relkind in ('r', 'p', 'v', 'm', 'f') \
         and not (c.relrowsecurity and c.relforcerowsecurity) order by 1",
    )
    .fetch_all(&world.admin)
    .await
    .unwrap();
    let mut open_sorted = open.map(str::to_owned).to_vec();
    open_sorted.sort();
    assert_eq!(bare, open_sorted);
    let unchecked: i64 = sqlx::query_scalar(
        "select count(*) from pg_policies where schemaname = 'read' and with_check is null",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(unchecked, 0);
    let owned: i64 = sqlx::query_scalar(
        "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner \
         where r.rolname like 'relevo%' and r.rolcanlogin",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(owned, 0);
    let powerful: i64 = sqlx::query_scalar(
        "select count(*) from pg_roles where rolname like 'relevo%' \
         and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)",
    )
    .fetch_one(&world.admin)
    .await
    .unwrap();
    assert_eq!(powerful, 0);

    // Without a user: no rows, and no error; not even after a transaction that had one.
    let api = world
        .stack
        .postgres()
        .url("relevo_api", world.stack.service_password(), "relevo");
    let api = PgPool::connect(&api).await.unwrap();
    let mut connection = api.acquire().await.unwrap();
    for round in 0..2 {
        for model in MODELS {
            let sql = format!("select count(*) from read.{model}");
            let rows: i64 = sqlx::query_scalar(&sql)
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            assert_eq!(rows, 0, "{model} in round {round}");
        }
        let mut tx = sqlx::Connection::begin(&mut *connection).await.unwrap();
        let seen: i64 = sqlx::query_scalar(
            "select count(*) from set_config('relevo.user_id', $1, true), read.tasks",
        )
        .bind(ana.to_string())
        .fetch_one(&mut *tx)
        .await
        .unwrap();
        assert_eq!(seen, 1);
        tx.commit().await.unwrap();
    }
    let written = sqlx::query("update read.tasks set portal = 'x'")
        .execute(&mut *connection)
        .await;
    let refused = written.unwrap_err();
    let code = refused.as_database_error().unwrap().code();
    assert_eq!(code.as_deref(), Some("42501"), "the api may only read");
    drop(connection);
    api.close().await;

    let postgres = world.stack.postgres();
    let superuser = postgres.url("postgres", postgres.password(), "relevo");
    assert!(matches!(
        ReadPool::connect(&superuser, 1).await,
        Err(ReadError::TooPowerful { .. })
    ));
    world.end().await;
}

#[tokio::test]
async fn lists_go_page_by_page_and_by_filter() {
    let mut world = World::start().await;
    let ana = user();
    for n in 0..7 {
        let portal = if n % 2 == 0 { "plain" } else { "wizard" };
        let task = TaskId(Uuid::now_v7());
        let mut events = vec![submitted(ana, portal)];
        if n == 0 {
            let failure = Failure {
                class: FailureClass::Cancelled,
                retryable: true,
                next_step: String::new(),
            };
            events.push(TaskEvent::TaskFailed { failure });
            events.push(TaskEvent::TaskArchived);
        }
        world.task(task, events).await;
    }
    let mut tx = world.read.begin(ana).await.unwrap();
    let filter = TaskFilter::default();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = tasks::query::list(&mut tx, &filter, cursor.as_deref(), 2).await;
        let page = page.unwrap();
        seen.extend(page.items.into_iter().map(|t| t.updated_at));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 6, "all but the archived one");
    assert!(seen.is_sorted_by(|a, b| a > b), "the last changed first");
    let count = async |tx: &mut projections::UserTx, filter: TaskFilter| {
        let page = tasks::query::list(tx, &filter, None, 100).await.unwrap();
        page.items.len()
    };
    let wizard = TaskFilter {
        portal: Some("wizard".to_owned()),
        ..TaskFilter::default()
    };
    assert_eq!(count(&mut tx, wizard).await, 3);
    let archived = TaskFilter {
        archived: true,
        statuses: vec![Status::Failed, Status::Completed],
        ..TaskFilter::default()
    };
    assert_eq!(count(&mut tx, archived).await, 1);
    let running = TaskFilter {
        statuses: vec![Status::Running],
        ..TaskFilter::default()
    };
    assert_eq!(count(&mut tx, running).await, 0);
    let bad = tasks::query::list(&mut tx, &filter, Some("x.y"), 2).await;
    assert!(matches!(bad, Err(ReadError::BadCursor)));
    drop(tx);
    world.end().await;
}

fn bought(owner: UserId, portal: &str, day: Option<u32>, cents: Option<i64>) -> TaskEvent {
    let TaskEvent::TaskSubmitted(mut submission) = submitted(owner, portal) else {
        unreachable!()
    };
    let day = day.map(|day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap());
    submission.ticket.purchase_date = day;
    submission.ticket.total = cents.map(Money::mxn);
    TaskEvent::TaskSubmitted(submission)
}

/// Page by page, three rows each.
async fn paged(tx: &mut projections::UserTx, filter: &TaskFilter) -> Vec<TaskRecord> {
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = tasks::query::list(tx, filter, cursor.as_deref(), 3).await;
        let page = page.unwrap();
        seen.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return seen;
        }
    }
}

/// Ten tasks with ties and gaps in every column, for `owner`.
async fn ten_tasks(world: &mut World, owner: UserId) {
    let portals = ["plain", "wizard", "otro"];
    for n in 0..10_u32 {
        let day = (n % 3 != 0).then_some(1 + n % 4);
        let cents = (n % 4 != 0).then_some(i64::from(100 * (n % 3)));
        let portal = portals[n as usize % 3];
        let mut events = vec![bought(owner, portal, day, cents)];
        if n % 2 == 0 {
            events.push(started());
        }
        if n % 4 == 0 {
            events.push(TaskEvent::TaskPaused);
        }
        world.task(TaskId(Uuid::now_v7()), events).await;
    }
}

#[tokio::test]
async fn every_order_goes_through_all_rows_once_with_nulls_last() {
    let mut world = World::start().await;
    let ana = user();
    ten_tasks(&mut world, ana).await;
    ten_tasks(&mut world, user()).await;
    let mut tx = world.read.begin(ana).await.unwrap();
    for (by, descending) in SortBy::all()
        .into_iter()
        .flat_map(|by| [(by, false), (by, true)])
    {
        let sort = Sort { by, descending };
        assert_eq!(Sort::parse(&sort.to_string()), Some(sort));
        let filter = TaskFilter {
            sort,
            ..TaskFilter::default()
        };
        let seen = paged(&mut tx, &filter).await;
        let key = |record: &TaskRecord| -> Option<String> {
            let ticket = &record.task.submission.as_ref().unwrap().ticket;
            match by {
                SortBy::Updated => Some(record.updated_at.to_string()),
                SortBy::Created => Some(record.created_at.to_string()),
                SortBy::PurchaseDate => ticket.purchase_date.map(|d| d.to_string()),
                SortBy::Total => ticket.total.map(|t| format!("{:09}", t.cents)),
                SortBy::Portal => Some(ticket.portal.clone()),
                SortBy::Status => match record.task.status {
                    Status::Paused => Some("1".to_owned()),
                    Status::Running => Some("2".to_owned()),
                    _ => Some("3".to_owned()),
                },
            }
        };
        let mut wanted: Vec<&TaskRecord> = seen.iter().collect();
        wanted.sort_by(|a, b| {
            let (x, y) = (key(a), key(b));
            let mut order = (&x, a.task_id).cmp(&(&y, b.task_id));
            if descending {
                order = order.reverse();
            }
            x.is_none().cmp(&y.is_none()).then(order)
        });
        assert_eq!(seen.iter().collect::<Vec<_>>(), wanted, "{sort}");
        let ids: std::collections::BTreeSet<TaskId> = seen.iter().map(|t| t.task_id).collect();
        assert_eq!((seen.len(), ids.len()), (10, 10), "{sort}: each once");
    }
    drop(tx);
    world.end().await;
}

#[tokio::test]
async fn a_cursor_belongs_to_its_order_and_rows_that_come_shift_nothing() {
    let mut world = World::start().await;
    let ana = user();
    ten_tasks(&mut world, ana).await;
    let by = |sort: &str| TaskFilter {
        sort: Sort::parse(sort).unwrap(),
        ..TaskFilter::default()
    };
    let mut tx = world.read.begin(ana).await.unwrap();
    let total = by("-total");
    let whole = paged(&mut tx, &total).await;
    let first = tasks::query::list(&mut tx, &total, None, 4).await.unwrap();
    let cursor = first.next.unwrap();
    for other in ["total", "-created", "-updated", "status"] {
        let refused = tasks::query::list(&mut tx, &by(other), Some(&cursor), 4).await;
        assert!(matches!(refused, Err(ReadError::BadCursor)), "{other}");
    }
    let id = Uuid::nil().simple();
    for made_up in [
        "",
        "-total",
        "-total.x",
        "-total.9",
        &format!("-total.x.{id}"),
    ] {
        let refused = tasks::query::list(&mut tx, &total, Some(made_up), 4).await;
        assert!(matches!(refused, Err(ReadError::BadCursor)), "{made_up}");
    }
    for odd in ["+20000-01-01", "2026-1-1", "-2026-01-01"] {
        let date = by("purchase_date");
        let cursor = format!("purchase_date.{odd}.{id}");
        let refused = tasks::query::list(&mut tx, &date, Some(&cursor), 4).await;
        assert!(matches!(refused, Err(ReadError::BadCursor)), "{odd}");
    }
    drop(tx);
    let more = vec![bought(ana, "plain", None, Some(999_999))];
    world.task(TaskId(Uuid::now_v7()), more).await;
    let mut tx = world.read.begin(ana).await.unwrap();
    let rest = tasks::query::list(&mut tx, &total, Some(&cursor), 100).await;
    assert_eq!(rest.unwrap().items, whole[4..]);
    drop(tx);
    world.end().await;
}

#[tokio::test]
async fn lists_are_narrowed_by_wait_and_by_purchase_date() {
    let mut world = World::start().await;
    let ana = user();
    ten_tasks(&mut world, ana).await;
    let mut tx = world.read.begin(ana).await.unwrap();
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day);
    let dated = |from, to| TaskFilter {
        from,
        to,
        ..TaskFilter::default()
    };
    let dates = async |tx: &mut projections::UserTx, filter: &TaskFilter| {
        let mut dates: Vec<u32> = paged(tx, filter)
            .await
            .iter()
            .filter_map(|t| t.task.submission.as_ref()?.ticket.purchase_date)
            .map(|date| chrono::Datelike::day(&date))
            .collect();
        dates.sort_unstable();
        dates
    };
    assert_eq!(dates(&mut tx, &dated(None, None)).await, [1, 1, 2, 2, 3, 4]);
    assert_eq!(dates(&mut tx, &dated(day(2), day(3))).await, [2, 2, 3]);
    assert_eq!(dates(&mut tx, &dated(day(4), None)).await, [4]);
    assert_eq!(dates(&mut tx, &dated(None, day(1))).await, [1, 1]);
    let queued = TaskFilter {
        waiting_for: vec![WaitingFor::Queue, WaitingFor::NotBefore],
        ..TaskFilter::default()
    };
    assert_eq!(paged(&mut tx, &queued).await.len(), 5, "the odd ones");
    drop(tx);
    world.end().await;
}

#[tokio::test]
async fn a_query_waits_for_the_position_it_asks_for() {
    let mut world = World::start().await;
    let ana = user();
    let task = TaskId(Uuid::now_v7());
    world.task(task, vec![submitted(ana, "plain")]).await;
    let behind = world.read.begin_at(ana, Some(99)).await;
    assert!(matches!(
        behind,
        Err(ReadError::Behind { wanted: 99, at: 1 })
    ));
    let read = world.read.clone();
    let asked = tokio::spawn(async move { read.begin_at(ana, Some(2)).await });
    world.task(task, vec![started()]).await;
    let mut tx = asked.await.unwrap().unwrap();
    let record = tasks::query::get(&mut tx, task).await.unwrap().unwrap();
    assert_eq!(record.task.status, Status::Running);
    drop(tx);
    // Applied again, nothing changes.
    let again = Change {
        position: 1,
        recorded_at: world.at(),
        sequence: 1,
        body: Body::Task(task, Box::new(submitted(ana, "other"))),
    };
    world.apply(&[again]).await;
    let mut tx = world.read.begin(ana).await.unwrap();
    assert_eq!(
        tasks::query::get(&mut tx, task).await.unwrap().unwrap(),
        record
    );
    drop(tx);
    world.end().await;
}
