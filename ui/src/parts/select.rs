//! A choice among a few.

use super::Icon;
use super::field::{Group, help_id, state_class};
use super::icon::Glyph;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// One of the things to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    /// A value and what it is called.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }

    /// A SAT code with its name.
    pub fn code(code: &str, text: &str) -> Self {
        Self::new(code, format!("{code} · {text}"))
    }
}

#[derive(Properties, PartialEq)]
pub struct SelectFieldProps {
    /// Of the control and, as `data-testid`, for tests; the error's is this and `-error`.
    pub id: String,
    pub label: String,
    pub value: String,
    pub choices: Vec<Choice>,
    pub onchange: Callback<String>,
    /// Offered first, with the empty value.
    #[prop_or_default]
    pub empty: Option<String>,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub filter: bool,
    #[prop_or_default]
    pub hint: Option<String>,
    #[prop_or_default]
    pub error: Option<String>,
}

/// A choice among a few: the browser's own drop-down, which every device knows to show.
#[component(SelectField)]
pub fn select_field(props: &SelectFieldProps) -> Html {
    let node = use_node_ref();
    {
        // What is chosen is a property; `selected` on an option is only where it began.
        let node = node.clone();
        let watched = (props.value.clone(), props.choices.clone());
        use_effect_with(watched, move |(value, _)| {
            if let Some(select) = node.cast::<HtmlSelectElement>() {
                select.set_value(value);
            }
        });
    }
    let onchange = props.onchange.reform(|event: Event| {
        let select = event.target().and_then(|t| t.dyn_into().ok());
        select.map_or_else(String::new, |select: HtmlSelectElement| select.value())
    });
    let said = props.error.is_some() || props.hint.is_some();
    let class = classes!(
        "pf-v6-c-form-control",
        state_class(props.error.is_some(), false)
    );
    html! {
        <Group id={props.id.clone()} label={props.label.clone()} required={props.required}
            filter={props.filter} hint={props.hint.clone()} error={props.error.clone()}>
            <span {class}>
                <select ref={node} id={props.id.clone()} name={props.id.clone()} {onchange}
                    aria-required={props.required.to_string()}
                    aria-invalid={props.error.is_some().to_string()}
                    aria-describedby={said.then(|| help_id(&props.id))}
                    data-testid={props.id.clone()}>
                    if let Some(empty) = &props.empty {
                        <option value="" selected={props.value.is_empty()}>{ empty }</option>
                    }
                    { for props.choices.iter().map(|choice| html! {
                        <option key={choice.value.clone()} value={choice.value.clone()}
                            selected={choice.value == props.value}>{ &choice.label }</option>
                    }) }
                </select>
                <span class="pf-v6-c-form-control__utilities">
                    <span class="pf-v6-c-form-control__toggle-icon">
                        <Icon name={Glyph::Down} />
                    </span>
                </span>
            </span>
        </Group>
    }
}
