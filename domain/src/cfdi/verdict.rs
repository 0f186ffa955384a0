use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{CfdiError, SignatureState};

/// How one check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As expected.
    Pass,
    /// Not as asked for, but the invoice stands.
    Warn,
    /// Not acceptable without a person's look, or at all (see [`Verdict::disposition`]).
    Fail,
    /// Nothing to compare with, or beyond what can be checked here.
    NotChecked,
}

/// One check of a delivered invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Stable name in kebab-case, such as `receiver-rfc`.
    pub name: Cow<'static, str>,
    /// How it came out.
    pub outcome: Outcome,
    /// What was compared, in Spanish, for the user.
    pub detail: String,
}

impl Check {
    pub(super) fn new(name: &'static str, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed(name),
            outcome,
            detail: detail.into(),
        }
    }
}

/// All that was checked about a delivered invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Every check, also the passed ones.
    pub checks: Vec<Check>,
    /// The issuer's seal.
    pub signature: SignatureState,
}

/// What to do with a delivered invoice. A delivered invoice is never thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// It is the one: complete the task.
    Accept {
        /// What differs without mattering, and a seal that could not be checked.
        warnings: Vec<Check>,
    },
    /// Never accepted by itself: ask the user.
    Check {
        /// What speaks against it.
        reasons: Vec<Check>,
    },
    /// No stamped CFDI, or an altered one.
    Reject {
        /// What it fails on.
        reason: Check,
    },
}

/// Checks whose failure means that this is no invoice at all.
const REJECTING: [&str; 3] = ["cfdi", "stamp-seal", "signature"];

impl Verdict {
    /// The verdict on a file that could not be read as a CFDI.
    #[must_use]
    pub fn unreadable(error: &CfdiError) -> Self {
        Self {
            checks: vec![Check::new("cfdi", Outcome::Fail, error.to_string())],
            signature: SignatureState::Invalid,
        }
    }

    /// The check of that name, when it was made.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|c| c.name == name)
    }

    /// What to do with the invoice.
    #[must_use]
    pub fn disposition(&self) -> Disposition {
        let failed = |check: &&Check| check.outcome == Outcome::Fail;
        let rejecting = |check: &&Check| REJECTING.contains(&check.name.as_ref());
        if let Some(reason) = self.checks.iter().filter(failed).find(rejecting) {
            return Disposition::Reject {
                reason: reason.clone(),
            };
        }
        let reasons: Vec<Check> = self.checks.iter().filter(failed).cloned().collect();
        if !reasons.is_empty() {
            return Disposition::Check { reasons };
        }
        let unsealed = |c: &Check| c.name == "signature" && c.outcome == Outcome::NotChecked;
        let worth_saying = |c: &&Check| c.outcome == Outcome::Warn || unsealed(c);
        Disposition::Accept {
            warnings: self.checks.iter().filter(worth_saying).cloned().collect(),
        }
    }
}
