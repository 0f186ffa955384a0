//! Who is signed in.

use crate::api::{self, Answer, ApiError};
use crate::link::use_link_up;
use domain::UserId;
use schemas::rest::{Me, SignedOut};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub user_id: UserId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub roles: Vec<String>,
}

impl Session {
    /// What to call the user by.
    pub fn called(&self) -> Option<&str> {
        self.name.as_deref().or(self.email.as_deref())
    }
}

impl From<Me> for Session {
    fn from(me: Me) -> Self {
        Self {
            user_id: me.user_id,
            name: me.name,
            email: me.email,
            roles: me.roles,
        }
    }
}

/// What is known about the session.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionState {
    /// The server has been asked.
    Asking,
    /// The server doesn't answer.
    Unknown,
    Nobody,
    Somebody(Session),
}

impl SessionState {
    /// After an answer. Whoever was known stays known while the server can't say otherwise: what
    /// they have before them must not vanish.
    fn told(self, answer: Answer<Me>) -> Self {
        match (answer, self) {
            (Ok(me), _) => Self::Somebody(me.into()),
            (Err(ApiError::SignedOut), _) => Self::Nobody,
            (Err(_), known @ Self::Somebody(_)) => known,
            (Err(_), _) => Self::Unknown,
        }
    }
}

/// Session state, and how to ask again.
#[derive(Clone, PartialEq)]
pub struct SessionHandle {
    pub state: SessionState,
    asks: UseStateHandle<u32>,
}

impl SessionHandle {
    /// Asks the server again who is signed in.
    pub fn ask_again(&self) {
        self.asks.set(*self.asks + 1);
    }
}

#[derive(Properties, PartialEq)]
pub struct ProviderProps {
    pub children: Html,
}

/// Asks who is signed in, and learns of it when nobody is any more.
#[component(SessionProvider)]
pub fn session_provider(props: &ProviderProps) -> Html {
    let state = use_state(|| SessionState::Asking);
    let asks = use_state(|| 0_u32);
    let up = use_link_up();
    {
        // Who couldn't be asked for is, when the server is back.
        let (unknown, asks) = (*state == SessionState::Unknown, asks.clone());
        use_effect_with(up, move |up| {
            if *up && unknown {
                asks.set(*asks + 1);
            }
        });
    }
    {
        let (before, state) = ((*state).clone(), state.setter());
        use_effect_with(*asks, move |_| {
            let ended = state.clone();
            api::on_signed_out(Callback::from(move |()| ended.set(SessionState::Nobody)));
            spawn_local(async move {
                state.set(before.told(api::get::<Me>("/auth/me").await));
            });
        });
    }
    let handle = SessionHandle {
        state: (*state).clone(),
        asks,
    };
    html! {
        <ContextProvider<SessionHandle> context={handle}>
            { props.children.clone() }
        </ContextProvider<SessionHandle>>
    }
}

/// The session's state; `None` outside its provider.
#[hook]
pub fn use_session_handle() -> Option<SessionHandle> {
    use_context::<SessionHandle>()
}

/// Who is signed in. Pages are shown to signed-in users only; elsewhere nobody has no roles.
#[hook]
pub fn use_session() -> Session {
    match use_session_handle().map(|handle| handle.state) {
        Some(SessionState::Somebody(session)) => session,
        _ => Session {
            user_id: UserId(uuid::Uuid::nil()),
            name: None,
            email: None,
            roles: Vec::new(),
        },
    }
}

/// Ends the session here, and at the provider where it says how.
///
/// # Errors
/// As any call; nothing has ended then.
pub async fn sign_out() -> Result<(), ApiError> {
    let answer = api::post_empty::<SignedOut>("/auth/logout").await?;
    let next = answer.provider_logout.as_deref().unwrap_or("/sign-in");
    crate::browser::go(next);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_known_stays_known_until_the_server_says_otherwise() {
        let me = || Me {
            user_id: UserId(uuid::Uuid::nil()),
            name: None,
            email: None,
            roles: Vec::new(),
            expires_at: None,
        };
        let known = SessionState::Asking.told(Ok(me()));
        assert!(matches!(known, SessionState::Somebody(_)));
        let away = || Err(ApiError::Network);
        assert_eq!(known.clone().told(away()), known);
        assert_eq!(known.told(Err(ApiError::SignedOut)), SessionState::Nobody);
        assert_eq!(SessionState::Asking.told(away()), SessionState::Unknown);
    }
}
