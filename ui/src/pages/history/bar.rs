//! What narrows the history.

use super::filters::{Filters, Sort, typed_day};
use super::table::column_key;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Button, Choice, Glyph, SelectField, TextField, Variant};
use crate::words;
use chrono::NaiveDate;
use schemas::rest::PortalView;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct FilterBarProps {
    pub filters: Filters,
    pub portals: Vec<PortalView>,
    pub onchange: Callback<Filters>,
}

/// What narrows the history. On a phone also the order, where the table has no head.
#[component(FilterBar)]
pub fn filter_bar(props: &FilterBarProps) -> Html {
    let i18n = use_i18n();
    let filters = &props.filters;
    let change = |apply: fn(&mut Filters, String)| {
        let filters = filters.clone();
        props
            .onchange
            .reform(move |value: String| filters.with(|f| apply(f, value)))
    };
    let date = |apply: fn(&mut Filters, Option<NaiveDate>)| {
        let (filters, onchange) = (filters.clone(), props.onchange.clone());
        Callback::from(move |text: String| {
            if let Some(day) = typed_day(&text) {
                onchange.emit(filters.with(|f| apply(f, day)));
            }
        })
    };
    let statuses = Filters::STATUSES.into_iter().map(|status| {
        let key = words::status_name(status).unwrap_or(key!("status-open"));
        Choice::new(status, i18n.t(key))
    });
    let mut portals: Vec<Choice> = props
        .portals
        .iter()
        .map(|portal| Choice::new(portal.id.clone(), portal.name.clone()))
        .collect();
    if !filters.portal.is_empty() && !portals.iter().any(|c| c.value == filters.portal) {
        portals.push(Choice::new(filters.portal.clone(), filters.portal.clone()));
    }
    let orders = Sort::COLUMNS.into_iter().flat_map(|by| {
        [false, true].map(|descending| {
            let column = i18n.t(column_key(by)).into();
            let key = match descending {
                false => key!("history-ascending"),
                true => key!("history-descending"),
            };
            let sort = Sort { by, descending };
            Choice::new(sort.text(), i18n.tf(key, &[("column", column)]))
        })
    });
    let text = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
    let widen = {
        let filters = filters.clone();
        props.onchange.reform(move |()| filters.widened())
    };
    html! {
        <div class="relevo-filters" role="search" aria-label={i18n.t("history-filters")}
            data-testid="filters">
            <SelectField id="filter-status" label={i18n.t("history-status")} filter=true
                value={filters.status.clone()} choices={statuses.collect::<Vec<_>>()}
                empty={i18n.t("history-all-statuses")} onchange={change(|f, v| f.status = v)} />
            <SelectField id="filter-portal" label={i18n.t("history-portal")} filter=true
                value={filters.portal.clone()} choices={portals}
                empty={i18n.t("history-all-portals")} onchange={change(|f, v| f.portal = v)} />
            <TextField id="filter-from" label={i18n.t("history-from")} filter=true kind="date"
                value={text(filters.from)} oninput={date(|f, day| f.from = day)} />
            <TextField id="filter-to" label={i18n.t("history-to")} filter=true kind="date"
                value={text(filters.to)} oninput={date(|f, day| f.to = day)} />
            <div class="relevo-filters__sort">
                <SelectField id="filter-sort" label={i18n.t("history-sort")} filter=true
                    value={filters.sort.text()} choices={orders.collect::<Vec<_>>()}
                    onchange={change(|f, v| f.sort = Sort::parse(&v).unwrap_or_default())} />
            </div>
            if filters.is_narrow() {
                <div class="relevo-filters__clear">
                    <Button label={i18n.t("history-clear")} variant={Variant::Link}
                        icon={Glyph::Close} onclick={widen} testid="filters-clear" />
                </div>
            }
        </div>
    }
}
