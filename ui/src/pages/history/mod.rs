//! `/history`: every ticket, ordered and narrowed as the address says.

mod bar;
mod filters;
mod table;

use crate::hooks::use_loaded;
use crate::i18n::use_i18n;
use crate::parts::{Button, Empty, Failed, Glyph, Heading, LinkButton, Loading, Variant};
use crate::route::Route;
use bar::FilterBar;
use filters::{Filters, Sort};
use schemas::rest::{Page, PortalView, TaskView};
use std::collections::HashMap;
use table::TaskTable;
use yew::prelude::*;
use yew_router::prelude::*;
use yew_router::query::Raw;

/// Every ticket, ordered and narrowed as the address says.
#[component(HistoryPage)]
pub fn history_page() -> Html {
    let i18n = use_i18n();
    let navigator = use_navigator();
    let location = use_location();
    let query = location
        .map(|l| l.query_str().to_owned())
        .unwrap_or_default();
    let filters = Filters::parse(&query);
    let portals = use_loaded::<Vec<PortalView>>("/portals".to_owned());
    let tasks = use_loaded::<Page<TaskView>>(filters.path());
    // Cursors only lead on: which page each was reached from.
    let before = use_mut_ref(HashMap::<String, Option<String>>::new);

    let show = Callback::from(move |filters: Filters| {
        if let Some(navigator) = &navigator {
            let _ = navigator.push_with_query(&Route::History, Raw(filters.query()));
        }
    });
    let onsort = {
        let filters = filters.clone();
        show.reform(move |sort: Sort| filters.with(|f| f.sort = sort))
    };
    let next = tasks.data.as_ref().and_then(|page| page.next.clone());
    let onnext = {
        let (filters, next, before) = (filters.clone(), next.clone(), before.clone());
        show.reform(move |()| {
            if let Some(next) = &next {
                let here = filters.cursor.clone();
                before.borrow_mut().insert(next.clone(), here);
            }
            filters.with(|f| f.cursor.clone_from(&next))
        })
    };
    let onprevious = {
        let filters = filters.clone();
        show.reform(move |()| {
            let here = filters.cursor.clone().unwrap_or_default();
            let earlier = before.borrow().get(&here).cloned().flatten();
            filters.with(|f| f.cursor = earlier)
        })
    };
    let onwiden = {
        let filters = filters.clone();
        show.reform(move |()| filters.widened())
    };
    let pages = filters.cursor.is_some() || next.is_some();
    html! {
        <>
            <Heading title={i18n.t("nav-history")} subtitle={i18n.t("history-subtitle")} />
            <FilterBar filters={filters.clone()} portals={portals.data.unwrap_or_default()}
                onchange={show} />
            if let Some(error) = tasks.error.clone() {
                <Failed {error} retry={tasks.reload.clone()} />
            }
            if let Some(page) = &tasks.data {
                if !page.items.is_empty() {
                    <TaskTable tasks={page.items.clone()} sort={filters.sort} {onsort}
                        busy={tasks.busy} />
                } else if filters.is_narrow() {
                    <Empty icon={Glyph::Search} title={i18n.t("history-none")}
                        body={i18n.t("history-none-do")} testid="history-none">
                        <Button label={i18n.t("history-clear")} variant={Variant::Secondary}
                            onclick={onwiden} testid="history-widen" />
                    </Empty>
                } else {
                    <Empty icon={Glyph::Ticket} title={i18n.t("history-empty")}
                        body={i18n.t("history-empty-do")} testid="history-empty">
                        <LinkButton to={Route::NewTicket} label={i18n.t("nav-new-ticket")}
                            testid="new-ticket" />
                    </Empty>
                }
            } else if tasks.error.is_none() {
                <Loading />
            }
            if pages {
                <nav class="relevo-pages" aria-label={i18n.t("history-pages")}>
                    <Button label={i18n.t("history-previous")} variant={Variant::Secondary}
                        disabled={filters.cursor.is_none()} onclick={onprevious}
                        testid="page-previous" />
                    <Button label={i18n.t("history-next")} variant={Variant::Secondary}
                        disabled={next.is_none()} onclick={onnext} testid="page-next" />
                </nav>
            }
        </>
    }
}
