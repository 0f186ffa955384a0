//! A task as its owner sees it: the read model's row, the portal's name, the invoice opened.

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

/// Shows a task. An invoice whose key was erased is left out.
pub async fn view(state: &AppState, names: &Names, record: &TaskRecord) -> ApiResult<TaskView> {
    let submission = record.task.submission.as_ref();
    let portal = submission.map_or("", |s| s.ticket.portal.as_str());
    let name = names.0.get(portal).map_or(portal, String::as_str);
    let details = match (submission, &record.task.invoice) {
        (Some(submission), Some(invoice)) => {
            let scope = Scope::Profile(record.owner, submission.profile);
            let opened = sealing::open_details(&state.vault, scope, record.task_id, invoice).await;
            match opened {
                Err(error) if error.0.problem.code() == "erased" => None,
                opened => Some(opened?),
            }
        }
        _ => None,
    };
    Ok(record.view(name, details.as_ref()))
}
