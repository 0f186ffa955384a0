//! Why a sign-in came to nothing: a code for the page, words for the log.

use super::provider::ProviderDown;
use super::tokens::TokenError;
use openidconnect::core::CoreErrorResponseType;
use openidconnect::{RequestTokenError, StandardErrorResponse};

/// What a token endpoint says when it gives no token.
pub type ErrorAnswer = StandardErrorResponse<CoreErrorResponseType>;

/// Why a sign-in came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    ProviderDown(#[from] ProviderDown),
    #[error("no sign-in of this browser fits the answer")]
    StateMismatch,
    #[error("the sign-in took too long: {0}")]
    Expired(String),
    #[error("the provider refused: {0}")]
    Refused(String),
    #[error("the provider's answer is not valid: {0}")]
    InvalidToken(String),
    #[error("the sign-in can't be kept: {0}")]
    Unavailable(String),
    #[error("the account was erased")]
    Erased,
}

impl SignInError {
    /// The code the page is told.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProviderDown(_) => "provider-down",
            Self::StateMismatch => "state-mismatch",
            Self::Expired(_) => "expired",
            Self::Refused(_) => "refused",
            Self::InvalidToken(_) => "invalid-token",
            Self::Unavailable(_) => "unavailable",
            Self::Erased => "erased",
        }
    }
}

impl From<TokenError> for SignInError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::ProviderDown(error) => Self::ProviderDown(error),
            TokenError::Invalid(reason) => Self::InvalidToken(reason),
        }
    }
}

/// Whose words are the provider's is cut and escaped; what can't be read may hold a token, so it is
/// never quoted.
pub fn not_redeemed<E: std::error::Error + 'static>(
    error: RequestTokenError<E, ErrorAnswer>,
) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidGrant => SignInError::Expired("invalid_grant".to_owned()),
            _ => SignInError::Refused(said(&answer.to_string())),
        },
        // What isn't JSON comes from something before the provider, or from a broken one.
        RequestTokenError::Parse(error, body)
            if serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok() =>
        {
            let at = said(&error.path().to_string());
            SignInError::InvalidToken(format!("the answer can't be read at {at}"))
        }
        RequestTokenError::Parse(..) => ProviderDown("its answer is no JSON".to_owned()).into(),
        RequestTokenError::Request(error) => ProviderDown(error.to_string()).into(),
        RequestTokenError::Other(reason) => ProviderDown(reason).into(),
    }
}

/// What somebody else said, for the log: short, on one line.
pub fn said(text: &str) -> String {
    let start: String = text.chars().take(200).collect();
    start.escape_debug().to_string()
}
