//! Why a call came to nothing.

use crate::i18n::I18n;
use schemas::{FieldProblem, Problem};

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The server refuses, and says why in Spanish.
    Problem(Box<Problem>),
    /// No answer: the network or the server is away.
    Network,
    /// Nobody is signed in any more. The page goes to sign-in by itself.
    SignedOut,
    /// What was just written isn't readable yet, after several tries.
    Behind {
        /// Seconds the server asks to wait.
        retry_after: u32,
    },
}

impl ApiError {
    /// An answer that is no problem document, such as a proxy's.
    pub fn of_status(status: u16) -> Self {
        Self::Problem(Box::new(Problem::new(status, "unreadable", "")))
    }

    /// The stable code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Problem(problem) => Some(problem.code()),
            _ => None,
        }
    }

    /// The server's or the network's trouble, not the question's: the same may be answered later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Network | Self::Behind { .. } => true,
            Self::SignedOut => false,
            Self::Problem(problem) => problem.status >= 500 || problem.status == 429,
        }
    }

    /// The misfit fields of a refusal.
    pub fn fields(&self) -> &[FieldProblem] {
        match self {
            Self::Problem(problem) => &problem.errors,
            _ => &[],
        }
    }

    /// What to tell the user, and what to do.
    pub fn words(&self, i18n: &I18n) -> String {
        match self {
            Self::Network => i18n.t("error-network"),
            Self::SignedOut => i18n.t("error-signed-out"),
            Self::Behind { .. } => i18n.t("error-behind"),
            Self::Problem(problem) if problem.title.is_empty() => i18n.tf(
                "error-unreadable",
                &[("status", problem.status.to_string().into())],
            ),
            Self::Problem(problem) => match &problem.detail {
                Some(detail) => format!("{}. {detail}", problem.title.trim_end_matches('.')),
                None => format!("{}.", problem.title.trim_end_matches('.')),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let i18n = I18n::new(Language::Spanish);
        let mut problem = Problem::new(409, "profile-exists", "Ese RFC ya está");
        let told = |p: &Problem| ApiError::Problem(Box::new(p.clone())).words(&i18n);
        assert_eq!(told(&problem), "Ese RFC ya está.");
        problem.detail = Some("Edita el que tienes.".to_owned());
        assert_eq!(told(&problem), "Ese RFC ya está. Edita el que tienes.");
        let proxy = ApiError::of_status(502);
        assert!(proxy.is_passing() && !ApiError::of_status(404).is_passing());
        assert!(proxy.words(&i18n).contains("502"));
        assert_eq!(proxy.code(), Some("unreadable"));
    }
}
