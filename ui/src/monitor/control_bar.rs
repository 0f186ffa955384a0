//! Taking control, having it, and giving it back.

use super::commands::{Command, Commands, Offer, offers};
use super::feed::now_ms;
use super::link::Connection;
use super::state::State;
use super::wire::Wire;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Button, Glyph, Icon, Variant};
use domain::task::Status;
use gloo_timers::callback::Interval;
use std::rc::Rc;
use yew::prelude::*;

/// Control lapses after so long without input, and without a socket.
const IDLE_MS: u64 = 600_000;
const ALONE_MS: u64 = 60_000;
/// When to warn of it.
const WARN_MS: u64 = 60_000;

#[derive(Properties, PartialEq)]
pub struct ControlBarProps {
    pub state: Rc<State>,
    pub connection: Connection,
    pub wire: Rc<Wire>,
    /// Why input was refused last, by the server's code.
    pub refused: Option<String>,
    pub commands: Commands,
}

/// Who drives, and the buttons that change it.
#[component(ControlBar)]
pub fn control_bar(props: &ControlBarProps) -> Html {
    let i18n = use_i18n();
    let facts = &props.state.facts;
    let run = |command: Command| {
        let run = props.commands.run.clone();
        Callback::from(move |()| run.emit(command.clone()))
    };
    let Some(control_epoch) = facts.control else {
        if !offers(facts).contains(&Offer::TakeControl) {
            return Html::default();
        }
        return html! {
            <div class="relevo-control" data-testid="control" data-value="agent">
                <p class="relevo-control__text">{ i18n.t(agent(facts.status)) }</p>
                <Button label={i18n.t("monitor-take")} testid="take-control" icon={Glyph::Hand}
                    variant={Variant::Primary} busy={props.commands.is_busy(&Command::TakeControl)}
                    disabled={props.commands.busy.is_some()}
                    onclick={run(Command::TakeControl)} />
            </div>
        };
    };
    let ready = props.state.may_drive().is_some();
    let done = Command::Return {
        control_epoch,
        done: true,
    };
    let could_not = Command::Return {
        control_epoch,
        done: false,
    };
    let busy = props.commands.busy.is_some();
    html! {
        <div class="relevo-control relevo-control--mine" data-testid="control"
            data-value={if ready { "ready" } else { "waiting" }}>
            <p class="relevo-control__text" role="status">
                if ready {
                    <Icon name={Glyph::Hand} />
                    <strong data-testid="control-ready">{ i18n.t("monitor-you-drive") }</strong>
                } else {
                    <Icon name={Glyph::Clock} />
                    <span data-testid="control-waiting">{ i18n.t("monitor-control-wait") }</span>
                }
            </p>
            <div class="relevo-control__buttons">
                <Button label={i18n.t("monitor-return-done")} testid="return-done"
                    icon={Glyph::Check} busy={props.commands.is_busy(&done)} disabled={busy}
                    onclick={run(done)} />
                <Button label={i18n.t("monitor-return-could-not")} testid="return-could-not"
                    variant={Variant::Secondary} busy={props.commands.is_busy(&could_not)}
                    disabled={busy} onclick={run(could_not)} />
            </div>
            if let Some(code) = &props.refused {
                <p class="relevo-control__lapse" role="alert" data-testid="input-refused"
                    data-value={code.clone()}>
                    <Icon name={Glyph::Warning} />{ i18n.t(refusal(code)) }
                </p>
            }
            if ready || props.connection != Connection::Live {
                <Lapse wire={props.wire.clone()} connected={props.connection == Connection::Live} />
            }
        </div>
    }
}

/// What the agent does while it has the browser.
fn agent(status: Status) -> &'static str {
    match status {
        Status::InterventionNeeded => key!("monitor-agent-waits"),
        Status::Paused => key!("monitor-agent-paused"),
        _ => key!("monitor-agent-drives"),
    }
}

/// Why the last input did not get through.
fn refusal(code: &str) -> &'static str {
    match code {
        "control-not-held" | "stale-control-epoch" => key!("monitor-refused-control"),
        _ => key!("monitor-refused-input"),
    }
}

#[derive(Properties, PartialEq)]
struct LapseProps {
    wire: Rc<Wire>,
    connected: bool,
}

/// Warns before control lapses.
#[component(Lapse)]
fn lapse(props: &LapseProps) -> Html {
    let i18n = use_i18n();
    let left_s = use_state_eq(|| None::<u64>);
    {
        let left_s = left_s.setter();
        let (wire, connected) = (props.wire.clone(), props.connected);
        use_effect_with(connected, move |connected| {
            let (connected, lost_ms) = (*connected, now_ms());
            let look = move || {
                let since = if connected { wire.input_ms() } else { lost_ms };
                left_s.set(left(connected, now_ms().saturating_sub(since)));
            };
            look();
            let tick = Interval::new(1_000, look);
            move || drop(tick)
        });
    }
    let Some(left) = *left_s else {
        return Html::default();
    };
    let n = left.to_string();
    let text = match props.connected {
        true => i18n.tf("monitor-lapse-idle", &[("n", n.into())]),
        false => i18n.tf("monitor-lapse-alone", &[("n", n.into())]),
    };
    html! {
        <p class="relevo-control__lapse" data-testid="control-lapse">
            <Icon name={Glyph::Warning} /><span aria-hidden="true">{ text }</span>
            <span class="pf-v6-screen-reader" role="alert">{ i18n.t("monitor-lapse-soon") }</span>
        </p>
    }
}

/// Seconds until control lapses, when it is time to warn.
fn left(connected: bool, passed_ms: u64) -> Option<u64> {
    let limit = if connected { IDLE_MS } else { ALONE_MS };
    let left = limit.saturating_sub(passed_ms);
    (left <= WARN_MS).then(|| left.div_ceil(1_000))
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn the_last_minute_is_counted() {
        assert_eq!(left(true, 0), None);
        assert_eq!(left(true, 539_999), None);
        assert_eq!(left(true, 540_000), Some(60));
        assert_eq!(left(true, 700_000), Some(0));
        assert_eq!(left(false, 0), Some(60));
        assert_eq!(left(false, 59_100), Some(1));
    }
}
