//! An invoice's files, to save.

use super::{Glyph, Icon};
use crate::api;
use crate::i18n::use_i18n;
use schemas::rest::TaskView;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FilesProps {
    pub task: TaskView,
}

/// Links to the XML and the PDF of a task's invoice; nothing without one.
#[component(Files)]
pub fn files(props: &FilesProps) -> Html {
    let i18n = use_i18n();
    let Some(invoice) = &props.task.invoice else {
        return Html::default();
    };
    let link = |file, label: &str, testid: &'static str| {
        let says = i18n.tf(
            "files-save",
            &[
                ("kind", label.to_owned().into()),
                ("portal", props.task.portal_name.clone().into()),
            ],
        );
        html! {
            <a class="pf-v6-c-button pf-m-secondary pf-m-small" download=""
                href={api::artifact(props.task.task_id, file)} aria-label={says}
                data-testid={testid}>
                <span class="pf-v6-c-button__icon pf-m-start"><Icon name={Glyph::Download} /></span>
                <span class="pf-v6-c-button__text">{ label }</span>
            </a>
        }
    };
    html! {
        <span class="relevo-files">
            { link(invoice.xml, "XML", "file-xml") }
            if let Some(pdf) = invoice.pdf {
                { link(pdf, "PDF", "file-pdf") }
            }
        </span>
    }
}
