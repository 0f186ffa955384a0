//! One form for each shape of an answer.

use crate::i18n::use_i18n;
use crate::key;
use crate::monitor::commands::{Command, Commands};
use crate::monitor::words;
use crate::parts::{Button, Glyph, TextField, Variant};
use domain::InterventionId;
use domain::task::InterventionKind;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

fn send(commands: &Commands, id: InterventionId, answer: Value) {
    commands.run.emit(Command::Answer(id, answer));
}

fn is_answering(commands: &Commands) -> bool {
    matches!(commands.busy, Some(Command::Answer(..)))
}

/// What the server says of that field of the answer.
fn misfit(commands: &Commands, path: &str) -> Option<String> {
    let error = commands.error.as_ref()?;
    let found = error.fields().iter().find(|f| f.field == path)?;
    Some(found.message.clone())
}

#[derive(Properties, PartialEq)]
pub struct TextProps {
    pub id: InterventionId,
    pub commands: Commands,
    pub max_chars: u32,
    pub captcha: bool,
}

/// A short text: what the picture shows.
#[component(TextAnswer)]
pub fn text_answer(props: &TextProps) -> Html {
    let i18n = use_i18n();
    let text = use_state_eq(String::new);
    let too_long = text.chars().count() > props.max_chars as usize;
    let onsubmit = {
        let (commands, id, text) = (props.commands.clone(), props.id, text.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !text.trim().is_empty() {
                send(&commands, id, Value::String(text.trim().to_owned()));
            }
        })
    };
    let label = match props.captcha {
        true => i18n.t("monitor-captcha-answer"),
        false => i18n.t("monitor-text-answer"),
    };
    let error = match too_long {
        true => {
            let n = props.max_chars.to_string();
            Some(i18n.tf("monitor-too-long", &[("n", n.into())]))
        }
        false => misfit(&props.commands, "answer"),
    };
    html! {
        <form class="pf-v6-c-form relevo-question__form" {onsubmit}>
            <TextField id="answer-text" {label} value={(*text).clone()} required=true {error}
                hint={props.captcha.then(|| i18n.t("monitor-captcha-hint"))}
                oninput={Callback::from(move |value| text.set(value))} />
            <Button label={i18n.t("monitor-send")} testid="answer-send" submit=true
                busy={is_answering(&props.commands)}
                disabled={too_long || props.commands.busy.is_some()} />
        </form>
    }
}

#[derive(Properties, PartialEq)]
pub struct ChoicesProps {
    pub id: InterventionId,
    pub commands: Commands,
    pub options: Vec<String>,
}

/// One of several.
#[component(Choices)]
pub fn choices(props: &ChoicesProps) -> Html {
    let i18n = use_i18n();
    let chosen = use_state_eq(|| None::<String>);
    let onsubmit = {
        let (commands, id, chosen) = (props.commands.clone(), props.id, chosen.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(option) = &*chosen {
                send(&commands, id, Value::String(option.clone()));
            }
        })
    };
    let radio = |(n, option): (usize, &String)| {
        let (chosen, value) = (chosen.clone(), option.clone());
        let checked = chosen.as_ref() == Some(option);
        let onchange = Callback::from(move |_: Event| chosen.set(Some(value.clone())));
        let id = format!("choice-{n}");
        html! {
            <div class="pf-v6-c-radio">
                <input class="pf-v6-c-radio__input" type="radio" name="choice" id={id.clone()}
                    {checked} {onchange} data-testid="answer-choice" />
                <label class="pf-v6-c-radio__label" for={id}>{ option }</label>
            </div>
        }
    };
    html! {
        <form class="pf-v6-c-form relevo-question__form" {onsubmit}>
            <fieldset class="relevo-question__choices">
                <legend class="pf-v6-c-form__label-text">{ i18n.t("monitor-choose") }</legend>
                { for props.options.iter().enumerate().map(radio) }
            </fieldset>
            <Button label={i18n.t("monitor-send")} testid="answer-send" submit=true
                busy={is_answering(&props.commands)}
                disabled={chosen.is_none() || props.commands.busy.is_some()} />
        </form>
    }
}

#[derive(Properties, PartialEq)]
pub struct DecisionProps {
    pub id: InterventionId,
    pub commands: Commands,
    pub kind: InterventionKind,
}

/// Yes or no, in the words of what is decided.
#[component(Decision)]
pub fn decision(props: &DecisionProps) -> Html {
    let i18n = use_i18n();
    let (yes, no) = match props.kind {
        InterventionKind::Confirm => (key!("monitor-confirm-yes"), key!("monitor-confirm-no")),
        InterventionKind::Check => (key!("monitor-check-yes"), key!("monitor-check-no")),
        _ => (key!("monitor-yes"), key!("monitor-no")),
    };
    let say = |answer: bool| {
        let (commands, id) = (props.commands.clone(), props.id);
        Callback::from(move |()| send(&commands, id, Value::Bool(answer)))
    };
    let busy = |answer| {
        let command = Command::Answer(props.id, Value::Bool(answer));
        props.commands.is_busy(&command)
    };
    let disabled = props.commands.busy.is_some();
    html! {
        <div class="relevo-question__buttons">
            <Button label={i18n.t(yes)} testid="answer-yes" icon={Glyph::Check} {disabled}
                busy={busy(true)} onclick={say(true)} />
            <Button label={i18n.t(no)} testid="answer-no" variant={Variant::Secondary} {disabled}
                busy={busy(false)} onclick={say(false)} />
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub struct FieldsProps {
    pub id: InterventionId,
    pub commands: Commands,
    pub names: Vec<String>,
    pub labels: Rc<BTreeMap<String, String>>,
}

/// Values by field.
#[component(Fields)]
pub fn fields(props: &FieldsProps) -> Html {
    let i18n = use_i18n();
    let values = use_state(BTreeMap::<String, String>::new);
    let onsubmit = {
        let (commands, id, values) = (props.commands.clone(), props.id, values.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let all = values.iter();
            let answer = all.map(|(name, value)| (name.clone(), Value::String(value.clone())));
            send(&commands, id, Value::Object(answer.collect()));
        })
    };
    let complete = |name: &String| values.get(name).is_some_and(|v| !v.trim().is_empty());
    let field = |name: &String| {
        let (values, key) = (values.clone(), name.clone());
        let value = values.get(name).cloned().unwrap_or_default();
        let oninput = Callback::from(move |value: String| {
            let mut all = (*values).clone();
            all.insert(key.clone(), value);
            values.set(all);
        });
        html! {
            <TextField id={format!("answer-{name}")} required=true {value} {oninput}
                label={words::label(&i18n, name, &props.labels)}
                error={misfit(&props.commands, &format!("answer.{name}"))} />
        }
    };
    html! {
        <form class="pf-v6-c-form relevo-question__form" {onsubmit}>
            { for props.names.iter().map(field) }
            <Button label={i18n.t("monitor-send")} testid="answer-send" submit=true
                busy={is_answering(&props.commands)}
                disabled={!props.names.iter().all(complete) || props.commands.busy.is_some()} />
        </form>
    }
}

#[derive(Properties, PartialEq)]
pub struct GoOnProps {
    pub id: InterventionId,
    pub commands: Commands,
}

/// Nothing to type: act in the browser, or say go on.
#[component(GoOn)]
pub fn go_on(props: &GoOnProps) -> Html {
    let i18n = use_i18n();
    let run = |command: Command| {
        let run = props.commands.run.clone();
        Callback::from(move |()| run.emit(command.clone()))
    };
    let disabled = props.commands.busy.is_some();
    html! {
        <div class="relevo-question__form">
            <p class="relevo-subtle">{ i18n.t("monitor-go-on-help") }</p>
            <div class="relevo-question__buttons">
                <Button label={i18n.t("monitor-take")} testid="question-take-control"
                    icon={Glyph::Hand} {disabled}
                    busy={props.commands.is_busy(&Command::TakeControl)}
                    onclick={run(Command::TakeControl)} />
                <Button label={i18n.t("monitor-go-on")} testid="go-on"
                    variant={Variant::Secondary} {disabled}
                    busy={props.commands.is_busy(&Command::Resume)}
                    onclick={run(Command::Resume)} />
            </div>
        </div>
    }
}
