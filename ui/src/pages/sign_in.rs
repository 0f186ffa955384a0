//! `/sign-in`: what Relevo is, and the way in.

use crate::api;
use crate::browser;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Alert, Failed, Heading, Loading};
use crate::route::Route;
use crate::session::{SessionState, use_session_handle};
use crate::shell::brand::Brand;
use crate::toasts::Tone;
use web_sys::UrlSearchParams;
use yew::prelude::*;
use yew_router::prelude::*;

/// Why a sign-in came to nothing, by the code the server sends one back with.
fn error_key(code: &str) -> &'static str {
    match code {
        "provider-down" => key!("sign-in-provider-down"),
        "erased" => key!("sign-in-erased"),
        "state-mismatch" => key!("sign-in-state-mismatch"),
        "expired" => key!("sign-in-expired"),
        "refused" => key!("sign-in-refused"),
        "invalid-token" => key!("sign-in-invalid-token"),
        _ => key!("sign-in-failed"),
    }
}

/// Only paths of this page: anything else would lead to a stranger's.
fn safe_return(path: Option<&str>) -> &str {
    let path = path.unwrap_or("/");
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    match own && !path.starts_with("/sign-in") {
        true => path,
        false => "/",
    }
}

/// What Relevo is, and the way in.
#[component(SignInPage)]
pub fn sign_in_page() -> Html {
    let i18n = use_i18n();
    let handle = use_session_handle();
    let location = use_location();
    let query = location
        .map(|l| l.query_str().to_owned())
        .unwrap_or_default();
    let query = UrlSearchParams::new_with_str(&query).ok();
    let param = |name: &str| query.as_ref().and_then(|query| query.get(name));
    let back = param("return");
    let back = safe_return(back.as_deref());
    match handle.as_ref().map(|handle| &handle.state) {
        Some(SessionState::Somebody(_)) => return html! { <Redirect<Route> to={Route::Home} /> },
        Some(SessionState::Asking) => return html! { <Loading /> },
        _ => {}
    }
    let unknown = handle.filter(|handle| handle.state == SessionState::Unknown);
    let go = {
        let address = api::login(back);
        Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            browser::go(&address);
        })
    };
    html! {
        <div class="relevo-sign-in">
            <div class="pf-v6-c-card relevo-sign-in__card" data-testid="sign-in">
                <div class="relevo-sign-in__brand"><Brand /></div>
                <Heading title={i18n.t("sign-in-title")} />
                <p>{ i18n.t("sign-in-what") }</p>
                <p class="relevo-subtle">{ i18n.t("sign-in-how") }</p>
                if let Some(code) = param("error") {
                    <Alert tone={Tone::Danger} inline=true title={i18n.t(error_key(&code))}
                        testid="sign-in-error" />
                }
                if let Some(handle) = unknown {
                    <Failed error={api::ApiError::Network}
                        retry={Callback::from(move |()| handle.ask_again())} />
                }
                <a class="pf-v6-c-button pf-m-primary pf-m-block" href={api::login(back)}
                    onclick={go} data-testid="sign-in-button">
                    <span class="pf-v6-c-button__text">{ i18n.t("sign-in-button") }</span>
                </a>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_this_page_only() {
        assert_eq!(
            safe_return(Some("/history?status=FAILED")),
            "/history?status=FAILED"
        );
        for stranger in [
            "//evil.mx",
            "https://evil.mx",
            "/\\evil.mx",
            "",
            "/sign-in?x",
        ] {
            assert_eq!(safe_return(Some(stranger)), "/", "{stranger}");
        }
        assert_eq!(safe_return(None), "/");
    }

    #[test]
    fn an_unknown_error_is_told_as_a_failure() {
        assert_eq!(error_key("refused"), "sign-in-refused");
        assert_eq!(error_key("unavailable"), "sign-in-failed");
    }
}
