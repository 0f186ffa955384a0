//! Where the task stands, and what one can do.

use super::amend::Amend;
use super::commands::{Command, Commands, Offer, offers};
use super::state::State;
use super::words;
use crate::i18n::{I18n, use_i18n};
use crate::parts::{Alert, Button, Chip, Dialog, Glyph, Variant};
use crate::toasts::Tone;
use domain::TaskId;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct StatusProps {
    pub id: TaskId,
    pub state: Rc<State>,
    pub commands: Commands,
    /// Reads the task anew, as of that position.
    pub reload: Callback<Option<u64>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Cancel,
    Amend,
}

/// The task's status in words, why, and what one can do.
#[component(StatusCard)]
pub fn status_card(props: &StatusProps) -> Html {
    let i18n = use_i18n();
    let open = use_state_eq(|| Open::Nothing);
    let Some(task) = props.state.task() else {
        return Html::default();
    };
    let facts = &props.state.facts;
    let (colour, icon) = crate::words::look(&task);
    let label = crate::words::status(&i18n, &task);
    let show = |what: Open| {
        let open = open.setter();
        Callback::from(move |()| open.set(what))
    };
    let close = show(Open::Nothing);
    html! {
        <section class="pf-v6-c-card relevo-status" aria-label={i18n.t("monitor-status")}>
            <div class="pf-v6-c-card__body">
                <div role="status" data-testid="status-live">
                    <Chip {label} {colour} {icon} testid="task-status"
                        value={facts.status.as_str().to_owned()} />
                    if let Some(why) = words::explained(&i18n, facts) {
                        <p class="relevo-status__why" data-testid="task-why">{ why }</p>
                    }
                    if let (Some(until), false) = (task.window_until, finished(props)) {
                        <p class="relevo-subtle" data-testid="task-window">
                            { i18n.tf("monitor-window", &[("at", i18n.date_time(until).into())]) }
                        </p>
                    }
                </div>
                if let Some(refusal) = &props.commands.refusal {
                    <div role="alert">
                        <Alert tone={Tone::Danger} inline=true title={refusal.clone()}
                            testid="command-refusal" />
                    </div>
                }
                <div class="relevo-status__actions">
                    { for offers(facts).into_iter().filter_map(|offer| {
                        let show = match offer {
                            Offer::Cancel => show(Open::Cancel),
                            Offer::Amend => show(Open::Amend),
                            _ => Callback::noop(),
                        };
                        action(&i18n, offer, &props.commands, show)
                    }) }
                </div>
            </div>
            if *open == Open::Cancel {
                { confirm_cancel(&i18n, &props.commands, &close) }
            }
            if *open == Open::Amend {
                <Amend id={props.id} task={Rc::new(task)} onclose={close}
                    reload={props.reload.clone()} />
            }
        </section>
    }
}

fn finished(props: &StatusProps) -> bool {
    props.state.facts.status.is_finished()
}

/// The button of an offer; taking control has its place beside the browser.
fn action(i18n: &I18n, offer: Offer, commands: &Commands, show: Callback<()>) -> Option<Html> {
    let (label, testid, icon, variant, command) = match offer {
        Offer::TakeControl => return None,
        Offer::Attend => (
            i18n.t("monitor-attend"),
            "attend",
            Glyph::Hand,
            Variant::Primary,
            Some(Command::Resume),
        ),
        Offer::GoOn => (
            i18n.t("monitor-resume"),
            "resume",
            Glyph::Running,
            Variant::Primary,
            Some(Command::Resume),
        ),
        Offer::Pause => (
            i18n.t("monitor-pause"),
            "pause",
            Glyph::Pause,
            Variant::Secondary,
            Some(Command::Pause),
        ),
        Offer::Retry => (
            i18n.t("monitor-retry"),
            "retry",
            Glyph::Retry,
            Variant::Primary,
            Some(Command::Retry),
        ),
        Offer::Amend => (
            i18n.t("monitor-amend"),
            "amend",
            Glyph::Edit,
            Variant::Secondary,
            None,
        ),
        Offer::Cancel => (
            i18n.t("monitor-cancel"),
            "cancel",
            Glyph::Close,
            Variant::Link,
            None,
        ),
        Offer::Archive => (
            i18n.t("monitor-archive"),
            "archive",
            Glyph::Inbox,
            Variant::Secondary,
            Some(Command::Archive),
        ),
    };
    let busy = command.as_ref().is_some_and(|c| commands.is_busy(c));
    let onclick = match command {
        Some(command) => {
            let run = commands.run.clone();
            Callback::from(move |()| run.emit(command.clone()))
        }
        None => show,
    };
    Some(html! {
        <Button {label} {testid} {icon} {variant} {busy} disabled={commands.busy.is_some()}
            {onclick} />
    })
}

fn confirm_cancel(i18n: &I18n, commands: &Commands, close: &Callback<()>) -> Html {
    let yes = {
        let (run, close) = (commands.run.clone(), close.clone());
        Callback::from(move |()| {
            close.emit(());
            run.emit(Command::Cancel);
        })
    };
    let footer = html! {
        <>
            <Button label={i18n.t("monitor-cancel-yes")} testid="cancel-yes"
                variant={Variant::Danger} onclick={yes} />
            <Button label={i18n.t("monitor-cancel-no")} testid="cancel-no"
                variant={Variant::Link} onclick={close.clone()} />
        </>
    };
    html! {
        <Dialog title={i18n.t("monitor-cancel-title")} testid="cancel-dialog"
            onclose={close.clone()} {footer}>
            <p>{ i18n.t("monitor-cancel-body") }</p>
        </Dialog>
    }
}
