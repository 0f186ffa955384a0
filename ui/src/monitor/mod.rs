//! One task, live: the browser at work, what it did, and the human's part in it.
//!
//! What can be decided without a browser is in [`link`], [`frames`], [`mapping`], [`input`],
//! [`state`], [`commands`] and [`words`]; [`feed`], [`painter`] and [`hands`] carry it out.

mod amend;
mod commands;
mod control_bar;
mod feed;
mod frame_age;
mod frames;
mod hands;
mod input;
mod link;
mod live;
mod mapping;
mod model;
mod outcome;
mod painter;
mod question;
mod state;
mod status;
mod timeline;
mod wire;
mod words;

use crate::api;
use crate::hooks::use_loaded;
use crate::i18n::{I18n, use_i18n};
use crate::pages::NotFoundPage;
use crate::parts::{Failed, Heading, Loading};
use crate::session::use_session_handle;
use commands::use_commands;
use domain::TaskId;
use gloo_timers::callback::Timeout;
use link::Connection;
use live::Live;
use model::{Change, Model, is_not_found};
use outcome::Outcome;
use question::{Kit, QuestionCard};
use schemas::rest::{Page, PortalView, ProfileView, TaskView};
use state::State;
use status::StatusCard;
use std::collections::BTreeMap;
use std::rc::Rc;
use timeline::Timeline;
use wasm_bindgen_futures::spawn_local;
use wire::Wire;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct MonitorProps {
    pub id: TaskId,
}

/// One task, live.
#[component(MonitorPage)]
pub fn monitor_page(props: &MonitorProps) -> Html {
    let id = props.id;
    let i18n = use_i18n();
    let model = use_reducer(Model::default);
    let canvas = use_node_ref();
    let wire = use_wire(id, &model, &canvas);
    let reload = use_task(id, &model);
    let commands = use_commands(id, reload.clone());
    use_sign_out(model.connection);
    let state = model.state.clone();
    let labels = use_labels(&state);
    let profiles = use_loaded::<Page<ProfileView>>("/profiles".to_owned());
    let drives = match model.connection {
        Connection::Live => state.may_drive(),
        _ => None,
    };
    wire.drive(drives);
    let unknown = model.error.as_ref().is_some_and(is_not_found);
    use_close(&wire, unknown);
    if unknown {
        return html! { <NotFoundPage /> };
    }
    let Some(task) = state.task() else {
        return match model.error.clone() {
            Some(error) => html! { <Failed {error} retry={reload.reform(|()| None)} /> },
            None => html! { <Loading testid="monitor-loading" /> },
        };
    };
    let profiles = profiles.data.as_ref().map_or(&[][..], |page| &page.items);
    let finished = state.facts.status.is_finished();
    let kit = !finished && state.facts.takes_files() && state.facts.control.is_none();
    html! {
        <div class="relevo-monitor" data-testid="monitor">
            <Heading title={task.portal_name.clone()}
                subtitle={subtitle(&i18n, &task, profiles)} />
            <div class="relevo-monitor__grid">
                <div class="relevo-monitor__main">
                    if finished {
                        <Outcome state={state.clone()} />
                    } else if kit {
                        <Kit {id} state={state.clone()} commands={commands.clone()}
                            reload={reload.clone()} />
                    } else {
                        <Live state={state.clone()} connection={model.connection} {wire} {canvas}
                            has_picture={model.has_picture} refused={model.refused.clone()}
                            commands={commands.clone()} />
                    }
                </div>
                <div class="relevo-monitor__side">
                    if let (Some(question), false) = (state.facts.question.clone(), kit) {
                        if state.facts.control.is_none() {
                            <QuestionCard key={question.id.to_string()} {id}
                                state={state.clone()} question={question.clone()}
                                commands={commands.clone()} labels={labels.clone()} />
                        }
                    }
                    <StatusCard {id} state={state.clone()} commands={commands.clone()}
                        reload={reload.clone()} />
                    <Timeline state={state.clone()} {labels} />
                </div>
            </div>
        </div>
    }
}

/// Opens the task's socket for as long as the page is there.
#[hook]
fn use_wire(id: TaskId, model: &UseReducerHandle<Model>, canvas: &NodeRef) -> Rc<Wire> {
    let wire = {
        let (dispatcher, canvas) = (model.dispatcher(), canvas.clone());
        use_memo((), move |()| {
            let first = Callback::from(move |()| dispatcher.dispatch(Change::Picture));
            Wire::new(canvas, first)
        })
    };
    let wire = Rc::clone(&*wire);
    {
        let (dispatcher, wire) = (model.dispatcher(), wire.clone());
        use_effect_with(id, move |id| {
            let told = Callback::from(move |told| dispatcher.dispatch(Change::Told(told)));
            wire.open(*id, told);
            move || wire.close()
        });
    }
    {
        let wire = wire.clone();
        use_effect_with(model.state.facts.session, move |session| {
            if !session {
                wire.painter().clear();
            }
        });
    }
    wire
}

/// Closes the wire when there is no such task.
#[hook]
fn use_close(wire: &Rc<Wire>, unknown: bool) {
    let wire = wire.clone();
    use_effect_with(unknown, move |unknown| {
        if *unknown {
            wire.close();
        }
    });
}

/// Reads the task, and again after each event that changes more than its steps, and after a while
/// when it could not be read. The callback reads it as of a position, or as it is.
#[hook]
fn use_task(id: TaskId, model: &UseReducerHandle<Model>) -> Callback<Option<u64>> {
    let dispatcher = model.dispatcher();
    let reload = Callback::from(move |position: Option<u64>| {
        let dispatcher = dispatcher.clone();
        let path = format!("/tasks/{id}");
        let path = position.map_or(path.clone(), |p| api::min_position(&path, p));
        spawn_local(async move {
            let answer = api::get::<TaskView>(&path).await;
            dispatcher.dispatch(Change::Loaded(Box::new(answer)));
        });
    });
    {
        let (reload, changed) = (reload.clone(), model.state.changed_position);
        use_effect_with((id, changed, model.asks), move |_| {
            reload.emit((changed > 0).then_some(changed));
        });
    }
    {
        let (reload, changed) = (reload.clone(), model.state.changed_position);
        let wait = model.retry_ms().map(|ms| (ms, model.failures));
        use_effect_with(wait, move |wait| {
            let again = move || reload.emit((changed > 0).then_some(changed));
            let timer = wait.map(|(ms, _)| Timeout::new(ms, again));
            move || drop(timer)
        });
    }
    reload
}

/// The socket says that the session has ended: the page asks, and goes to sign-in by itself.
#[hook]
fn use_sign_out(connection: Connection) {
    let session = use_session_handle();
    use_effect_with(connection, move |connection| {
        if let (Connection::SignedOut, Some(session)) = (connection, session) {
            session.ask_again();
        }
    });
}

/// The portal's words for its fields.
#[hook]
fn use_labels(state: &State) -> Rc<BTreeMap<String, String>> {
    let portal = state.view.as_ref().map(|view| view.portal.clone());
    let labels = use_state(Rc::<BTreeMap<String, String>>::default);
    {
        let labels = labels.setter();
        use_effect_with(portal, move |portal| {
            if let Some(portal) = portal.clone() {
                spawn_local(async move {
                    let path = format!("/portals/{portal}");
                    if let Ok(portal) = api::get::<PortalView>(&path).await {
                        let fields = portal.fields.into_iter();
                        labels.set(Rc::new(fields.map(|f| (f.name, f.label)).collect()));
                    }
                });
            }
        });
    }
    (*labels).clone()
}

/// Total, day of purchase, and for whom.
fn subtitle(i18n: &I18n, task: &TaskView, profiles: &[ProfileView]) -> String {
    let total = task.total.map(|total| i18n.money(total));
    let bought = task
        .purchase_date
        .map(|date| i18n.tf("monitor-bought", &[("date", i18n.naive_date(date).into())]));
    let profile = profiles.iter().find(|p| p.id == task.profile);
    let profile = profile.map(|p| format!("{} ({})", p.name, p.rfc));
    let parts: Vec<String> = [total, bought, profile].into_iter().flatten().collect();
    parts.join(" · ")
}
