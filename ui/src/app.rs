//! The page as a whole: what all of it shares, and which page an address shows.

use crate::i18n::I18nProvider;
use crate::link::LinkProvider;
use crate::monitor::MonitorPage;
use crate::pages::{
    HistoryPage, HomePage, NewTicketPage, NotFoundPage, ProfilesPage, SessionsPage, SignInPage,
};
use crate::route::Route;
use crate::session::SessionProvider;
use crate::shell::{Guard, Shell};
use crate::toasts::ToastProvider;
use yew::prelude::*;
use yew_router::prelude::*;

/// The page.
#[component(App)]
pub fn app() -> Html {
    html! {
        <BrowserRouter>
            <I18nProvider>
                <LinkProvider>
                    <SessionProvider>
                        <ToastProvider>
                            <Shell>
                                <Switch<Route> render={page} />
                            </Shell>
                        </ToastProvider>
                    </SessionProvider>
                </LinkProvider>
            </I18nProvider>
        </BrowserRouter>
    }
}

fn page(route: Route) -> Html {
    let page = match route {
        Route::SignIn => return html! { <SignInPage /> },
        Route::NotFound => return html! { <NotFoundPage /> },
        Route::Home => html! { <HomePage /> },
        Route::Profiles => html! { <ProfilesPage /> },
        Route::NewTicket => html! { <NewTicketPage /> },
        Route::Monitor { id } => html! { <MonitorPage key={id.to_string()} {id} /> },
        Route::History => html! { <HistoryPage /> },
        Route::Sessions => html! { <SessionsPage /> },
    };
    html! { <Guard>{ page }</Guard> }
}
