//! Choosing a portal: by name, or by the address printed on the ticket.

use crate::i18n::use_i18n;
use crate::parts::{Button, Chip, Colour, Glyph, TextField, Variant};
use schemas::rest::PortalView;
use yew::prelude::*;

/// How many are listed at once.
const LISTED: usize = 8;

/// The portals that fit what was typed: a part of the name, or an address of the portal.
pub fn fitting<'a>(portals: &'a [PortalView], typed: &str) -> Vec<&'a PortalView> {
    let typed = typed.trim();
    if let Some(host) = host_of(typed) {
        let same = |portal: &&PortalView| host_of(&portal.entry).as_ref() == Some(&host);
        return portals.iter().filter(same).collect();
    }
    let words = folded(typed);
    let words: Vec<&str> = words.split_whitespace().collect();
    let fits = |portal: &&PortalView| {
        let name = folded(&portal.name);
        words.iter().all(|word| name.contains(word))
    };
    let mut found: Vec<_> = portals.iter().filter(fits).collect();
    found.sort_by_key(|portal| folded(&portal.name));
    found
}

/// The host (and port) of a web address; `None` for what isn't one.
pub fn host_of(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let bare = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"));
    let rest = bare.or_else(|| lower.starts_with("www.").then_some(lower.as_str()))?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// Lower case without accents, as people type names.
fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'á' | 'à' | 'ä' => 'a',
        'é' | 'è' | 'ë' => 'e',
        'í' | 'ì' | 'ï' => 'i',
        'ó' | 'ò' | 'ö' => 'o',
        'ú' | 'ù' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    };
    text.to_lowercase().chars().map(plain).collect()
}

#[derive(Properties, PartialEq)]
pub struct PortalPickerProps {
    pub portals: Vec<PortalView>,
    pub chosen: Option<PortalView>,
    pub error: Option<String>,
    /// Another one, or none to choose again.
    pub onchoose: Callback<Option<PortalView>>,
}

/// Choosing a portal.
#[component(PortalPicker)]
pub fn portal_picker(props: &PortalPickerProps) -> Html {
    let i18n = use_i18n();
    let typed = use_state_eq(String::new);
    if let Some(portal) = &props.chosen {
        let again = props.onchoose.reform(|()| None);
        return html! {
            <div class="relevo-chosen" data-testid="portal-chosen" data-portal={portal.id.clone()}>
                <div>
                    <p class="relevo-row__title">{ &portal.name }</p>
                    <PortalNotes portal={portal.clone()} />
                </div>
                <Button label={i18n.t("portal-change")} variant={Variant::Link} onclick={again}
                    testid="portal-change" />
            </div>
        };
    }
    let found = fitting(&props.portals, &typed);
    let more = found.len().saturating_sub(LISTED);
    let oninput = {
        let typed = typed.setter();
        Callback::from(move |text| typed.set(text))
    };
    let row = |portal: &PortalView| {
        let onclick = {
            let (choose, portal) = (props.onchoose.clone(), portal.clone());
            Callback::from(move |_: MouseEvent| choose.emit(Some(portal.clone())))
        };
        html! {
            <li key={portal.id.clone()}>
                <button type="button" class="relevo-option" {onclick} data-testid="portal-option"
                    data-portal={portal.id.clone()}>
                    <span class="relevo-row__title">{ &portal.name }</span>
                    <PortalNotes portal={portal.clone()} />
                </button>
            </li>
        }
    };
    html! {
        <div class="relevo-picker">
            <TextField id="portal-search" label={i18n.t("portal-search")} value={(*typed).clone()}
                {oninput} hint={i18n.t("portal-search-hint")} error={props.error.clone()}
                placeholder={i18n.t("portal-search-example")} required=true />
            <ul class="relevo-options" role="list" aria-label={i18n.t("portal-list")}
                data-testid="portal-options">
                { for found.iter().take(LISTED).map(|portal| row(portal)) }
            </ul>
            <div role="status">
                if found.is_empty() {
                    <p class="relevo-subtle" data-testid="portal-none">
                        { i18n.t(match host_of(&typed) {
                            Some(_) => "portal-none-address",
                            None => "portal-none-name",
                        }) }
                    </p>
                } else if more > 0 {
                    <p class="relevo-subtle">
                        { i18n.tf("portal-more", &[("n", more.into())]) }
                    </p>
                }
            </div>
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct NotesProps {
    portal: PortalView,
}

/// What to know of a portal before choosing it.
#[component(PortalNotes)]
fn portal_notes(props: &NotesProps) -> Html {
    let i18n = use_i18n();
    let portal = &props.portal;
    let by_hand = portal.needs_human == "always" || portal.automation == "forbidden";
    html! {
        <span class="relevo-row__meta">
            <span class="relevo-subtle">{ host_of(&portal.entry) }</span>
            if by_hand {
                <Chip label={i18n.t("portal-by-hand")} colour={Colour::Orange} icon={Glyph::Hand}
                    testid="portal-by-hand" />
            }
            if !portal.verified {
                <Chip label={i18n.t("portal-unverified")} colour={Colour::Grey}
                    icon={Glyph::Info} testid="portal-unverified" />
            }
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal(id: &str, name: &str, entry: &str) -> PortalView {
        PortalView {
            id: id.to_owned(),
            name: name.to_owned(),
            verified: true,
            needs_human: "sometimes".to_owned(),
            automation: "allowed".to_owned(),
            entry: entry.to_owned(),
            fields: Vec::new(),
            window: serde_json::Value::Null,
            login_origin: None,
        }
    }

    #[test]
    fn portals_are_found_by_parts_of_their_name_without_accents() {
        let all = [
            portal("b", "Farmacias Ñandú", "https://nandu.mx/"),
            portal("a", "Café El Faro", "https://www.faro.mx/f"),
        ];
        let ids = |typed: &str| -> Vec<String> {
            fitting(&all, typed).iter().map(|p| p.id.clone()).collect()
        };
        assert_eq!(ids("faro CAFE"), ["a"]);
        assert_eq!(ids("nandu"), ["b"]);
        assert_eq!(ids(""), ["a", "b"]);
        assert!(ids("walmart").is_empty());
        assert_eq!(ids("https://faro.mx/otra?x=1"), ["a"]);
        assert!(ids("https://faro.mx.evil.mx/").is_empty());
    }

    #[test]
    fn only_addresses_have_hosts() {
        let host = |text: &str| host_of(text);
        assert_eq!(
            host("http://127.0.0.1:7101/x").as_deref(),
            Some("127.0.0.1:7101")
        );
        assert_eq!(host("WWW.Oxxo.com/f").as_deref(), Some("oxxo.com"));
        assert_eq!(host("https://"), None);
        assert_eq!(host("El Faro"), None);
    }
}
