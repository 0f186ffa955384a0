//! A task as its owner sees it: the read model's row, the portal's name, the invoice opened.

use crate::erasures::Erased;
use crate::errors::ApiResult;
use crate::sealing;
use crate::state::AppState;
use commands::Scope;
use kit::adapters::Catalogue;
use projections::tasks::TaskRecord;
use schemas::rest::TaskView;
use std::collections::BTreeMap;

/// The portals' names as the adapters' folder has them now.
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Reads the folder.
    pub async fn read(catalogue: &Catalogue) -> Self {
        let catalogue = catalogue.clone();
        let names = tokio::task::spawn_blocking(move || {
            let all = catalogue.all();
            all.values()
                .map(|a| (a.id.clone(), a.name.clone()))
                .collect()
        });
        Self(names.await.unwrap_or_default())
    }
}

/// Shows a task; of one whose profile was erased, what never was sealed. An invoice that doesn't open – its key was erased, or something is out of order
/// with it – is left out, so that one row doesn't take the others along.
///
/// # Errors
/// While the database does not answer.
pub async fn view(
    state: &AppState,
    names: &Names,
    erased: &Erased,
    record: &TaskRecord,
) -> ApiResult<TaskView> {
    let submission = record.task.submission.as_ref();
    let portal = submission.map_or("", |s| s.ticket.portal.as_str());
    let name = names.0.get(portal).map_or(portal, String::as_str);
    if submission.is_some_and(|s| erased.covers(s.profile)) {
        return Ok(record.view(name, None).erased());
    }
    let details = match (submission, &record.task.invoice) {
        (Some(submission), Some(invoice)) => {
            let scope = Scope::Profile(record.owner, submission.profile);
            let opened = sealing::open_details(&state.vault, scope, record.task_id, invoice).await;
            match opened {
                Ok(details) => Some(details),
                Err(error) if error.0.problem.status == 503 => return Err(error),
                Err(error) => {
                    let code = error.0.problem.code();
                    tracing::warn!(task = %record.task_id, code, "an invoice is left out");
                    None
                }
            }
        }
        _ => None,
    };
    Ok(record.view(name, details.as_ref()))
}
