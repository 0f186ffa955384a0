//! Tasks that run, and tasks that are done.

use crate::i18n::use_i18n;
use crate::parts::{Chip, Files, Glyph, LinkButton, Variant};
use crate::route::Route;
use crate::words;
use schemas::rest::TaskView;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RowProps {
    pub task: TaskView,
}

/// A task that goes on by itself.
#[component(RunningRow)]
pub fn running_row(props: &RowProps) -> Html {
    let task = &props.task;
    html! {
        <li class="relevo-row" data-testid="running-item" data-task={task.task_id.to_string()}>
            <div class="relevo-row__main">
                <p class="relevo-row__title">{ &task.portal_name }</p>
                <p class="relevo-row__meta"><Status task={task.clone()} /><Facts task={task.clone()} /></p>
            </div>
            <div class="relevo-row__actions">
                <See task={task.clone()} />
            </div>
        </li>
    }
}

/// A task that is done, with its files or with the reason why there are none.
#[component(DoneRow)]
pub fn done_row(props: &RowProps) -> Html {
    let i18n = use_i18n();
    let task = &props.task;
    html! {
        <li class="relevo-row" data-testid="done-item" data-task={task.task_id.to_string()}>
            <div class="relevo-row__main">
                <p class="relevo-row__title">{ &task.portal_name }</p>
                <p class="relevo-row__meta">
                    <Status task={task.clone()} />
                    <Facts task={task.clone()} />
                    <span>{ i18n.ago(task.updated_at) }</span>
                </p>
            </div>
            <div class="relevo-row__actions">
                <Files task={task.clone()} />
                <See task={task.clone()} />
            </div>
        </li>
    }
}

#[component(Status)]
fn status(props: &RowProps) -> Html {
    let i18n = use_i18n();
    let (colour, icon) = words::look(&props.task);
    html! {
        <Chip label={words::status(&i18n, &props.task)} {colour} {icon} testid="task-status"
            value={props.task.status.clone()} />
    }
}

/// What tells one ticket from another at a glance: amount and day.
#[component(Facts)]
fn facts(props: &RowProps) -> Html {
    let i18n = use_i18n();
    html! {
        <>
            if let Some(total) = props.task.total {
                <span class="relevo-number">{ i18n.money(total) }</span>
            }
            if let Some(date) = props.task.purchase_date {
                <span>{ i18n.naive_date(date) }</span>
            }
        </>
    }
}

#[component(See)]
fn see(props: &RowProps) -> Html {
    let i18n = use_i18n();
    let portal = props.task.portal_name.clone();
    html! {
        <LinkButton to={Route::Monitor { id: props.task.task_id }} label={i18n.t("home-see")}
            describes={i18n.tf("home-see-portal", &[("portal", portal.into())])}
            variant={Variant::Link} icon={Glyph::Eye} small=true testid="task-see" />
    }
}
