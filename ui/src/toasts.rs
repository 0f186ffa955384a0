//! Short notices over the page: what was done, what failed.

use crate::i18n::use_i18n;
use gloo_timers::future::sleep;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How long good news stay.
const STAY: Duration = Duration::from_secs(7);

/// What kind of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    Success,
    Warning,
    Danger,
}

impl Tone {
    /// PatternFly's modifier.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Info => "pf-m-info",
            Self::Success => "pf-m-success",
            Self::Warning => "pf-m-warning",
            Self::Danger => "pf-m-danger",
        }
    }

    /// The message that says so to who can't see the colour.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Info => crate::key!("tone-info"),
            Self::Success => crate::key!("tone-success"),
            Self::Warning => crate::key!("tone-warning"),
            Self::Danger => crate::key!("tone-danger"),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
}

/// The notices shown now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    last: u32,
    toasts: Vec<Toast>,
}

/// What happens to notices.
pub enum Change {
    Add(Tone, String),
    Remove(u32),
}

impl Reducible for List {
    type Action = Change;

    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        let mut list = (*self).clone();
        match change {
            Change::Add(tone, text) => {
                list.last += 1;
                // The same again replaces itself; more than four hide the page.
                list.toasts.retain(|t| t.text != text);
                list.toasts.push(Toast {
                    id: list.last,
                    tone,
                    text,
                });
                let surplus = list.toasts.len().saturating_sub(4);
                list.toasts.drain(..surplus);
            }
            Change::Remove(id) => list.toasts.retain(|t| t.id != id),
        }
        list.into()
    }
}

/// Puts up notices.
#[derive(Clone, PartialEq)]
pub struct Toasts(Option<UseReducerDispatcher<List>>);

impl Toasts {
    /// Something was done.
    pub fn success(&self, text: impl Into<String>) {
        self.add(Tone::Success, text);
    }

    /// Something to know.
    pub fn info(&self, text: impl Into<String>) {
        self.add(Tone::Info, text);
    }

    /// Something failed. Stays until it is closed.
    pub fn error(&self, text: impl Into<String>) {
        self.add(Tone::Danger, text);
    }

    fn add(&self, tone: Tone, text: impl Into<String>) {
        if let Some(dispatcher) = &self.0 {
            dispatcher.dispatch(Change::Add(tone, text.into()));
        }
    }
}

/// Puts up notices.
#[hook]
pub fn use_toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or(Toasts(None))
}

#[derive(Properties, PartialEq)]
pub struct ProviderProps {
    pub children: Html,
}

/// Shows notices over its children.
#[component(ToastProvider)]
pub fn toast_provider(props: &ProviderProps) -> Html {
    let list = use_reducer(List::default);
    let i18n = use_i18n();
    let toasts = Toasts(Some(list.dispatcher()));
    html! {
        <ContextProvider<Toasts> context={toasts}>
            { props.children.clone() }
            <div class="pf-v6-c-alert-group pf-m-toast relevo-toasts" role="region" aria-live="polite"
                aria-label={i18n.t("toasts-label")} data-testid="toasts">
                { for list.toasts.iter().map(|toast| {
                    let dispatcher = list.dispatcher();
                    let id = toast.id;
                    let close = Callback::from(move |()| dispatcher.dispatch(Change::Remove(id)));
                    html! {
                        <ToastItem key={id} tone={toast.tone} text={toast.text.clone()} {close} />
                    }
                }) }
            </div>
        </ContextProvider<Toasts>>
    }
}

#[derive(Properties, PartialEq)]
struct ItemProps {
    tone: Tone,
    text: String,
    close: Callback<()>,
}

#[component(ToastItem)]
fn toast_item(props: &ItemProps) -> Html {
    let i18n = use_i18n();
    {
        let close = props.close.clone();
        let stays = matches!(props.tone, Tone::Danger | Tone::Warning);
        use_effect_with((), move |()| {
            if !stays {
                spawn_local(async move {
                    sleep(STAY).await;
                    close.emit(());
                });
            }
        });
    }
    let onclick = props.close.reform(|_: MouseEvent| ());
    html! {
        <div class="pf-v6-c-alert-group__item">
            <crate::parts::Alert tone={props.tone} title={props.text.clone()} testid="toast">
                <button type="button" class="pf-v6-c-button pf-m-plain" {onclick}
                    aria-label={i18n.t("close")} data-testid="toast-close">
                    <crate::parts::Icon name={crate::parts::Glyph::Close} />
                </button>
            </crate::parts::Alert>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(changes: Vec<Change>) -> Vec<String> {
        let list = changes
            .into_iter()
            .fold(Rc::new(List::default()), |list, change| list.reduce(change));
        list.toasts.iter().map(|t| t.text.clone()).collect()
    }

    #[test]
    fn the_same_notice_is_shown_once_and_four_at_most() {
        let add = |text: &str| Change::Add(Tone::Info, text.to_owned());
        assert_eq!(after(vec![add("a"), add("b"), add("a")]), ["b", "a"]);
        let many = vec![add("a"), add("b"), add("c"), add("d"), add("e")];
        assert_eq!(after(many), ["b", "c", "d", "e"]);
        assert_eq!(after(vec![add("a"), add("b"), Change::Remove(1)]), ["b"]);
    }
}
