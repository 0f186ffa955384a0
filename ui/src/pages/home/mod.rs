//! `/`: what needs me, what runs, what is ready.

mod inbox;
mod rows;
mod welcome;

use crate::hooks::{use_loaded, use_polled};
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Failed, Glyph, Heading, Icon, LinkButton, Loading};
use crate::route::Route;
use inbox::{InboxItem, InboxRow};
use patternfly_yew::prelude::{Badge, Level, Size, Title};
use rows::{DoneRow, RunningRow};
use schemas::rest::{Page, ProfileView, TaskView};
use std::time::Duration;
use welcome::Welcome;
use yew::prelude::*;

const EVERY: Option<Duration> = Some(Duration::from_secs(3));
const OPEN: &str =
    "/tasks?status=PENDING,RUNNING,PAUSED,INTERVENTION_NEEDED&sort=-updated&limit=100";
const DONE: &str = "/tasks?status=COMPLETED,FAILED&sort=-updated&limit=8";

/// Tasks that go on by themselves; the others are in the inbox.
fn runs_by_itself(task: &TaskView) -> bool {
    let goes_on = matches!(task.status.as_str(), "PENDING" | "RUNNING");
    goes_on && task.waiting_for != "human"
}

/// What needs me, what runs, what is ready.
#[component(HomePage)]
pub fn home_page() -> Html {
    let i18n = use_i18n();
    let inbox = use_polled::<Page<InboxItem>>("/inbox".to_owned(), EVERY);
    let open = use_polled::<Page<TaskView>>(OPEN.to_owned(), EVERY);
    let done = use_polled::<Page<TaskView>>(DONE.to_owned(), EVERY);
    let profiles = use_loaded::<Page<ProfileView>>("/profiles".to_owned());
    let failed = [&inbox.error, &open.error, &done.error];
    let error = failed.into_iter().flatten().next().cloned();
    let retry = {
        let all = [&inbox.reload, &open.reload, &done.reload].map(Clone::clone);
        Callback::from(move |()| all.iter().for_each(|reload| reload.emit(())))
    };
    let (Some(waiting), Some(open), Some(done), Some(profiles)) =
        (&inbox.data, &open.data, &done.data, &profiles.data)
    else {
        return html! {
            <>
                <Heading title={i18n.t("home-title")} />
                if let Some(error) = error.or_else(|| profiles.error.clone()) {
                    <Failed {error} {retry} />
                } else {
                    <Loading />
                }
            </>
        };
    };
    let has_profile = profiles.items.iter().any(|profile| !profile.retired);
    if waiting.items.is_empty() && open.items.is_empty() && done.items.is_empty() {
        return html! { <Welcome {has_profile} /> };
    }
    let running: Vec<&TaskView> = open.items.iter().filter(|t| runs_by_itself(t)).collect();
    let name_of = |item: &InboxItem| {
        let task = open.items.iter().find(|task| task.task_id == item.task_id);
        task.map_or_else(|| item.portal.clone(), |task| task.portal_name.clone())
    };
    let heading = |key: &str, icon, count: usize| {
        html! {
            <div class="relevo-section__title">
                <Icon name={icon} />
                <Title level={Level::H2} size={Size::Large}>{ i18n.t(key) }</Title>
                if count > 0 {
                    <Badge read=true>{ count }</Badge>
                }
            </div>
        }
    };
    html! {
        <>
            <Heading title={i18n.t("home-title")}>
                <LinkButton to={Route::NewTicket} label={i18n.t("nav-new-ticket")}
                    icon={Glyph::Add} testid="new-ticket" />
            </Heading>
            if let Some(error) = error {
                <Failed {error} {retry} />
            }
            <section class="relevo-section" data-testid="inbox">
                { heading(key!("home-inbox"), Glyph::Inbox, waiting.items.len()) }
                if waiting.items.is_empty() {
                    <p class="relevo-subtle" data-testid="inbox-empty">
                        { i18n.t("home-inbox-empty") }
                    </p>
                } else {
                    <ul class="relevo-rows" role="list">
                        { for waiting.items.iter().map(|item| html! {
                            <InboxRow key={item.task_id.to_string()} item={item.clone()}
                                portal={name_of(item)} />
                        }) }
                    </ul>
                }
            </section>
            <section class="relevo-section" data-testid="running">
                { heading(key!("home-running"), Glyph::Running, running.len()) }
                if running.is_empty() {
                    <p class="relevo-subtle" data-testid="running-empty">
                        { i18n.t("home-running-empty") }
                    </p>
                } else {
                    <ul class="relevo-rows" role="list">
                        { for running.into_iter().map(|task| html! {
                            <RunningRow key={task.task_id.to_string()} task={task.clone()} />
                        }) }
                    </ul>
                }
            </section>
            <section class="relevo-section" data-testid="done">
                { heading(key!("home-done"), Glyph::File, 0) }
                if done.items.is_empty() {
                    <p class="relevo-subtle" data-testid="done-empty">
                        { i18n.t("home-done-empty") }
                    </p>
                } else {
                    <ul class="relevo-rows" role="list">
                        { for done.items.iter().map(|task| html! {
                            <DoneRow key={task.task_id.to_string()} task={task.clone()} />
                        }) }
                    </ul>
                    <LinkButton to={Route::History} label={i18n.t("home-all")}
                        variant={crate::parts::Variant::Link} testid="to-history" />
                }
            </section>
        </>
    }
}
