//! The open question: its guide, until when, and the form that fits its answer.

mod answer;
mod copy;
mod kit;
mod upload;
mod values;

pub use kit::Kit;

use super::commands::{Command, Commands};
use super::state::{Question, State};
use crate::hooks::{Loaded, use_loaded};
use crate::i18n::use_i18n;
use crate::parts::{Button, Glyph, Icon, Variant};
use answer::{Choices, Decision, Fields, GoOn, TextAnswer};
use domain::TaskId;
use domain::task::{AnswerShape, InterventionKind};
use schemas::rest::TicketView;
use std::collections::BTreeMap;
use std::rc::Rc;
use values::Values;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct QuestionProps {
    pub id: TaskId,
    pub state: Rc<State>,
    pub question: Question,
    pub commands: Commands,
    pub labels: Rc<BTreeMap<String, String>>,
}

/// What was handed in, read again when it was amended.
#[hook]
fn use_ticket(id: TaskId, amended: u64) -> Loaded<TicketView> {
    let ticket = use_loaded::<TicketView>(format!("/tasks/{id}/ticket"));
    let known = use_mut_ref(|| amended);
    let reload = ticket.reload.clone();
    use_effect_with(amended, move |amended| {
        if known.replace(*amended) != *amended {
            reload.emit(());
        }
    });
    ticket
}

/// Whether the browser must be looked at to answer: parked, one has to come back to it first.
pub fn needs_browser(question: &Question) -> bool {
    matches!(
        question.kind,
        InterventionKind::Captcha
            | InterventionKind::Login
            | InterventionKind::TwoFactor
            | InterventionKind::AgentStuck
    )
}

/// The open question, and how to answer it.
#[component(QuestionCard)]
pub fn question_card(props: &QuestionProps) -> Html {
    let i18n = use_i18n();
    let question = &props.question;
    let parked = props.state.facts.is_parked() && needs_browser(question);
    let title = i18n.t(crate::words::reason(question.kind.as_str()));
    let decline = {
        let command = Command::Decline(question.id);
        let run = props.commands.run.clone();
        Callback::from(move |()| run.emit(command.clone()))
    };
    let declines = !matches!(
        question.kind,
        InterventionKind::Confirm | InterventionKind::Check
    );
    html! {
        <section class="pf-v6-c-card relevo-question" aria-labelledby="question-title"
            data-testid="question" data-kind={question.kind.as_str()}>
            <div class="pf-v6-c-card__title">
                <h2 class="pf-v6-c-card__title-text" id="question-title">
                    <Icon name={Glyph::Hand} />{ " " }{ title }
                </h2>
            </div>
            <div class="pf-v6-c-card__body">
                <p class="relevo-question__guide" lang="es-MX" data-testid="question-guide">
                    { guide(&i18n, question) }
                </p>
                if let Some(by) = question.answer_by {
                    <p class="relevo-subtle" data-testid="question-deadline">
                        { i18n.tf("monitor-answer-by", &[("at", i18n.date_time(by).into())]) }
                    </p>
                }
                if question.kind == InterventionKind::Confirm {
                    <Values id={props.id} amended={props.state.amended_position} />
                }
                if !parked { { form(props) } }
                if declines {
                    <Button label={i18n.t("monitor-decline")} testid="decline"
                        variant={Variant::Link}
                        busy={props.commands.is_busy(&Command::Decline(question.id))}
                        disabled={props.commands.busy.is_some()} onclick={decline} />
                }
            </div>
        </section>
    }
}

/// What to do. The values to confirm are shown whole below, so the agent's masked ones are not.
fn guide(i18n: &crate::i18n::I18n, question: &Question) -> String {
    match question.kind {
        InterventionKind::Confirm => {
            let first = question.guide.lines().next();
            first.unwrap_or_default().to_owned()
        }
        InterventionKind::Login => i18n.tf(
            "monitor-guide-login",
            &[("guide", question.guide.clone().into())],
        ),
        InterventionKind::TwoFactor => i18n.tf(
            "monitor-guide-two-factor",
            &[("guide", question.guide.clone().into())],
        ),
        _ => question.guide.clone(),
    }
}

fn form(props: &QuestionProps) -> Html {
    let question = &props.question;
    let commands = props.commands.clone();
    let id = question.id;
    match &question.answer {
        // Secrets are typed into the portal itself, by a hand on the browser; never into a form.
        _ if matches!(
            question.kind,
            InterventionKind::Login | InterventionKind::TwoFactor
        ) =>
        {
            html! { <GoOn {id} {commands} /> }
        }
        AnswerShape::Text { max_chars } => html! {
            <TextAnswer {id} {commands} max_chars={*max_chars}
                captcha={question.kind == InterventionKind::Captcha} />
        },
        AnswerShape::Choice { options } => html! {
            <Choices {id} {commands} options={options.clone()} />
        },
        AnswerShape::Decision => html! {
            <Decision {id} {commands} kind={question.kind} />
        },
        AnswerShape::Fields { names } => html! {
            <Fields {id} {commands} names={names.clone()} labels={props.labels.clone()} />
        },
        AnswerShape::Control => html! { <GoOn {id} {commands} /> },
        AnswerShape::Files => Html::default(),
    }
}
