//! One labelled control of a form, with what is wrong or doubtful about it.

use super::{Glyph, Icon};
use crate::i18n::use_i18n;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// A message as a sentence of its own: the server's begin in lower case, to follow a field's name.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[derive(Properties, PartialEq)]
pub struct GroupProps {
    /// The control's id.
    pub id: String,
    pub label: String,
    #[prop_or_default]
    pub required: bool,
    /// Narrows what is shown; nothing to be filled in.
    #[prop_or_default]
    pub filter: bool,
    #[prop_or_default]
    pub hint: Option<String>,
    #[prop_or_default]
    pub error: Option<String>,
    #[prop_or_default]
    pub warning: Option<String>,
    pub children: Html,
}

/// Label, control, and below it the error, else the warning, else the hint.
#[component(Group)]
pub fn group(props: &GroupProps) -> Html {
    let i18n = use_i18n();
    let (class, glyph, text, kind) = match (&props.error, &props.warning, &props.hint) {
        (Some(text), ..) => ("pf-m-error", Some(Glyph::Danger), Some(text), "error"),
        (None, Some(text), _) => ("pf-m-warning", Some(Glyph::Warning), Some(text), "warning"),
        (None, None, text) => ("", None, text.as_ref(), "hint"),
    };
    html! {
        <div class="pf-v6-c-form__group">
            <div class="pf-v6-c-form__group-label">
                <label class="pf-v6-c-form__label" for={props.id.clone()}>
                    <span class="pf-v6-c-form__label-text">{ &props.label }</span>
                    if !props.required && !props.filter {
                        <span class="relevo-optional">{ " " }{ i18n.t("optional") }</span>
                    }
                </label>
            </div>
            <div class="pf-v6-c-form__group-control">
                { props.children.clone() }
                // There before its text is: a live region must be.
                <div class="pf-v6-c-form__helper-text relevo-helper" aria-live="polite">
                    if let Some(text) = text {
                        <div class="pf-v6-c-helper-text">
                            <div class={classes!("pf-v6-c-helper-text__item", class)}
                                id={help_id(&props.id)}
                                data-testid={format!("{}-{kind}", props.id)}>
                                if let Some(name) = glyph {
                                    <span class="pf-v6-c-helper-text__item-icon">
                                        <Icon {name} />
                                    </span>
                                }
                                <span class="pf-v6-c-helper-text__item-text">
                                    { sentence(text) }
                                </span>
                            </div>
                        </div>
                    }
                </div>
            </div>
        </div>
    }
}

/// The id of what stands below a control.
pub fn help_id(id: &str) -> String {
    format!("{id}-help")
}

/// PatternFly's modifier for a control in that state.
pub fn state_class(error: bool, warning: bool) -> Option<&'static str> {
    match (error, warning) {
        (true, _) => Some("pf-m-error"),
        (false, true) => Some("pf-m-warning"),
        (false, false) => None,
    }
}

#[derive(Properties, PartialEq)]
pub struct TextFieldProps {
    /// Of the control and, as `data-testid`, for tests; the error's is this and `-error`.
    pub id: String,
    pub label: String,
    pub value: String,
    pub oninput: Callback<String>,
    /// The control was left.
    #[prop_or_default]
    pub onblur: Callback<()>,
    #[prop_or_default]
    pub required: bool,
    #[prop_or_default]
    pub filter: bool,
    #[prop_or_default]
    pub hint: Option<String>,
    #[prop_or_default]
    pub error: Option<String>,
    #[prop_or_default]
    pub warning: Option<String>,
    #[prop_or_default]
    pub placeholder: Option<String>,
    /// Which keyboard a phone shows.
    #[prop_or_default]
    pub inputmode: Option<&'static str>,
    #[prop_or("text")]
    pub kind: &'static str,
    #[prop_or("off")]
    pub autocomplete: &'static str,
}

/// A line of text.
#[component(TextField)]
pub fn text_field(props: &TextFieldProps) -> Html {
    let oninput = props.oninput.reform(|event: InputEvent| {
        let input = event.target().and_then(|t| t.dyn_into().ok());
        input.map_or_else(String::new, |input: HtmlInputElement| input.value())
    });
    let onblur = props.onblur.reform(|_: FocusEvent| ());
    let said = props.error.is_some() || props.warning.is_some() || props.hint.is_some();
    let class = classes!(
        "pf-v6-c-form-control",
        state_class(props.error.is_some(), props.warning.is_some())
    );
    html! {
        <Group id={props.id.clone()} label={props.label.clone()} required={props.required}
            filter={props.filter} hint={props.hint.clone()} error={props.error.clone()}
            warning={props.warning.clone()}>
            <span {class}>
                <input type={props.kind} id={props.id.clone()} name={props.id.clone()}
                    value={props.value.clone()} {oninput} {onblur}
                    placeholder={props.placeholder.clone()} inputmode={props.inputmode}
                    autocomplete={props.autocomplete} spellcheck="false"
                    aria-required={props.required.to_string()}
                    aria-invalid={props.error.is_some().to_string()}
                    aria-describedby={said.then(|| help_id(&props.id))}
                    data-testid={props.id.clone()} />
            </span>
        </Group>
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("ñandú raro"), "Ñandú raro");
        assert_eq!(sentence(""), "");
    }
}
