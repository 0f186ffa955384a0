//! One thing that waits for its owner.

use crate::browser;
use crate::i18n::use_i18n;
use crate::parts::{Chip, Colour, Glyph, LinkButton};
use crate::route::Route;
use crate::words;
use chrono::{DateTime, TimeDelta, Utc};
use domain::TaskId;
use serde::Deserialize;
use yew::prelude::*;

/// One row of `GET /api/v1/inbox`; the members the page shows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InboxItem {
    pub task_id: TaskId,
    pub portal: String,
    /// An intervention's kind, or `start`, `paused`, `control`.
    pub reason: String,
    pub guide: Option<String>,
    pub answer_by: Option<DateTime<Utc>>,
    pub window_until: Option<DateTime<Utc>>,
    pub since: DateTime<Utc>,
}

/// The next moment after which it is too late, when that is near: within three days.
pub fn near(item: &InboxItem, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let next = [item.answer_by, item.window_until].into_iter().flatten();
    next.min().filter(|at| *at - now < TimeDelta::days(3))
}

#[derive(Properties, PartialEq)]
pub struct InboxRowProps {
    pub item: InboxItem,
    /// The portal's name.
    pub portal: String,
}

/// One thing that waits for its owner, with the button that leads there.
#[component(InboxRow)]
pub fn inbox_row(props: &InboxRowProps) -> Html {
    let i18n = use_i18n();
    let item = &props.item;
    let portal = props.portal.clone();
    let attend = i18n.tf("home-attend-portal", &[("portal", portal.clone().into())]);
    let near = near(item, browser::now());
    html! {
        <li class="relevo-row relevo-row--needs" data-testid="inbox-item"
            data-task={item.task_id.to_string()}>
            <div class="relevo-row__main">
                <p class="relevo-row__title" data-testid="inbox-portal">{ portal }</p>
                <p class="relevo-row__meta">
                    <Chip colour={Colour::Orange} icon={Glyph::Hand} testid="inbox-reason"
                        label={i18n.t(words::reason(&item.reason))}
                        value={item.reason.clone()} />
                    <span>{ i18n.ago(item.since) }</span>
                    if let Some(at) = near {
                        <Chip colour={Colour::Red} icon={Glyph::Clock} testid="inbox-deadline"
                            label={i18n.tf("home-until", &[("at", i18n.date_time(at).into())])} />
                    }
                </p>
                // Its first line says what is wanted; the task's own page has the rest.
                if let Some(guide) = item.guide.as_deref().and_then(|guide| guide.lines().next()) {
                    <p class="relevo-subtle" lang="es-MX" data-testid="inbox-guide">{ guide }</p>
                }
            </div>
            <div class="relevo-row__actions">
                <LinkButton to={Route::Monitor { id: item.task_id }} label={i18n.t("home-attend")}
                    describes={attend} icon={Glyph::Hand} testid="inbox-attend" />
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_end_counts_and_only_when_it_is_near() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mut item = InboxItem {
            task_id: TaskId(uuid::Uuid::nil()),
            portal: "x".to_owned(),
            reason: "captcha".to_owned(),
            guide: None,
            answer_by: None,
            window_until: Some(now + TimeDelta::days(30)),
            since: now,
        };
        assert_eq!(near(&item, now), None);
        item.answer_by = Some(now + TimeDelta::hours(2));
        assert_eq!(near(&item, now), item.answer_by);
        item.window_until = Some(now - TimeDelta::hours(1));
        assert_eq!(near(&item, now), item.window_until);
    }
}
