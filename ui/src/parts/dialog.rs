//! A question that must be answered before anything else.

use gloo_events::EventListener;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DialogProps {
    pub title: String,
    pub testid: &'static str,
    /// Asked for by Escape.
    pub onclose: Callback<()>,
    /// The buttons.
    pub footer: Html,
    pub children: Html,
}

/// A modal dialog: the browser keeps the focus in it, and puts it back afterwards.
#[component(Dialog)]
pub fn dialog(props: &DialogProps) -> Html {
    let node = use_node_ref();
    {
        let (node, onclose) = (node.clone(), props.onclose.clone());
        use_effect_with((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            let listener = dialog.as_ref().map(|dialog| {
                let _ = dialog.show_modal();
                EventListener::new(dialog, "cancel", move |_| onclose.emit(()))
            });
            move || {
                drop(listener);
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    html! {
        <dialog ref={node} class="pf-v6-c-modal-box pf-m-sm relevo-dialog"
            aria-labelledby="dialog-title" data-testid={props.testid}>
            <header class="pf-v6-c-modal-box__header">
                <h2 class="pf-v6-c-modal-box__title" id="dialog-title">
                    <span class="pf-v6-c-modal-box__title-text">{ &props.title }</span>
                </h2>
            </header>
            <div class="pf-v6-c-modal-box__body">{ props.children.clone() }</div>
            <footer class="pf-v6-c-modal-box__footer">{ props.footer.clone() }</footer>
        </dialog>
    }
}
