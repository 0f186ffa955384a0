//! What follows from what a portal said, and from what went wrong. Pure.

use chrono::TimeDelta;
use domain::task::{DeferReason, Failure, FailureClass, Rejection};
use schemas::adapter::Outcome;
use std::time::Duration;

/// Why an invoice is looked up instead of asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The irreversible step may have happened.
    Submitted,
    /// The portal says that the ticket was invoiced before.
    AlreadyInvoiced,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Look for the invoice that exists already.
    LookUp,
    /// It is certain that the portal made no invoice: begin anew.
    Anew,
    Fail(Failure),
    Defer {
        reason: DeferReason,
        wait: TimeDelta,
    },
    /// Try again soon while attempts are left, then put off.
    PortalDown,
    /// Ask for the CAPTCHA again.
    AskAgain,
    /// Only a human in a browser of their own gets on; the text says why.
    Manual(&'static str),
}

/// Where the run stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The invoice is being looked up, and why.
    pub lookup: Option<Lookup>,
    pub deferrals: u32,
    /// The adapter's `not_before_minutes`.
    pub not_before_minutes: u32,
    /// How long ago this run pressed the final button, if it did.
    pub pressed: Option<Duration>,
}

/// How long after the press "no such invoice" is not yet believed: the portal may be at it.
const STILL_WORKING: Duration = Duration::from_secs(20);

/// What a portal's message leads to. `None`: nothing, go on.
pub fn of_outcome(outcome: Outcome, at: Situation) -> Option<Verdict> {
    let verdict = match (outcome, at.lookup) {
        (Outcome::Accepted, _) => return None,
        (Outcome::AlreadyInvoiced, None) => Verdict::LookUp,
        (Outcome::CaptchaWrong, _) => Verdict::AskAgain,
        (Outcome::PortalDown, _) => Verdict::PortalDown,
        (Outcome::Blocked, _) => Verdict::Manual(
            "El portal no deja entrar al agente. Captura la factura en tu navegador.",
        ),
        (Outcome::TooNew, _) => Verdict::Defer {
            reason: DeferReason::TooNew,
            wait: too_new_wait(at.not_before_minutes, at.deferrals),
        },
        (Outcome::NotFound, Some(Lookup::Submitted)) => match at.pressed {
            Some(ago) if ago < STILL_WORKING => Verdict::Defer {
                reason: DeferReason::PortalBusy,
                wait: TimeDelta::seconds(20),
            },
            _ => Verdict::Anew,
        },
        (_, Some(Lookup::AlreadyInvoiced)) => {
            Verdict::Fail(rejected(Rejection::AlreadyInvoicedElsewhere))
        }
        (_, Some(Lookup::Submitted)) => Verdict::Manual(
            "Es posible que el portal ya haya emitido la factura, y no la entrega. \
             Búscala en el portal, o pídela al comercio.",
        ),
        (Outcome::NotFound, None) => Verdict::Fail(rejected(Rejection::NotFound)),
        (Outcome::AmountDiffers, None) => Verdict::Fail(rejected(Rejection::AmountDiffers)),
        (Outcome::FiscalDataRefused, None) => Verdict::Fail(rejected(Rejection::FiscalDataRefused)),
        (Outcome::Expired, None) => Verdict::Fail(expired()),
    };
    Some(verdict)
}

/// 15 s at least, or what the adapter says, doubling up to 48 h.
fn too_new_wait(not_before_minutes: u32, deferrals: u32) -> TimeDelta {
    let base = TimeDelta::minutes(i64::from(not_before_minutes)).max(TimeDelta::seconds(15));
    doubled(base, deferrals, TimeDelta::hours(48))
}

/// 30 min, doubling up to 6 h.
pub fn portal_down_wait(deferrals: u32) -> TimeDelta {
    doubled(TimeDelta::minutes(30), deferrals, TimeDelta::hours(6))
}

/// 2 s, doubling with each attempt.
pub fn retry_wait(attempts: u32) -> TimeDelta {
    doubled(TimeDelta::seconds(2), attempts, TimeDelta::minutes(5))
}

fn doubled(base: TimeDelta, times: u32, most: TimeDelta) -> TimeDelta {
    let factor = 1_i32.checked_shl(times.min(30)).unwrap_or(i32::MAX);
    base.checked_mul(factor).map_or(most, |wait| wait.min(most))
}

fn rejected(rejection: Rejection) -> Failure {
    let (retryable, next_step) = match rejection {
        Rejection::NotFound => (
            true,
            "El portal no encuentra el ticket. Revisa los datos contra el ticket, corrígelos y \
             reintenta.",
        ),
        Rejection::AmountDiffers => (
            true,
            "El total no es el que tiene el portal. Corrige el total y reintenta.",
        ),
        Rejection::FiscalDataRefused => (
            true,
            "El portal rechazó tus datos fiscales. Compáralos con tu Constancia de Situación \
             Fiscal, corrígelos y reintenta.",
        ),
        Rejection::AlreadyInvoicedElsewhere => (
            false,
            "El ticket ya se facturó y no se puede recuperar con este RFC. Pide al comercio la \
             factura o su corrección.",
        ),
    };
    Failure {
        class: FailureClass::TicketRejected(rejection),
        retryable,
        next_step: next_step.to_owned(),
    }
}

/// Invoiced before, and not to be recovered with this RFC.
pub fn elsewhere() -> Failure {
    rejected(Rejection::AlreadyInvoicedElsewhere)
}

/// The portal, or the ticket's window, says that it is too late.
pub fn expired() -> Failure {
    Failure {
        class: FailureClass::Expired,
        retryable: false,
        next_step: "El plazo del ticket terminó. Pide al comercio la factura, o usa la \
                    conciliación de factura del SAT."
            .to_owned(),
    }
}

/// Neither the agent nor the user got on.
pub fn given_up() -> Failure {
    Failure {
        class: FailureClass::AgentError,
        retryable: true,
        next_step: "No se pudo terminar. Reintenta, o sube el XML que obtengas en el portal."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running() -> Situation {
        Situation {
            lookup: None,
            deferrals: 0,
            not_before_minutes: 0,
            pressed: None,
        }
    }

    fn looking(why: Lookup) -> Situation {
        Situation {
            lookup: Some(why),
            ..running()
        }
    }

    fn class(verdict: Option<Verdict>) -> (FailureClass, bool) {
        match verdict {
            Some(Verdict::Fail(failure)) => (failure.class, failure.retryable),
            other => panic!("no failure: {other:?}"),
        }
    }

    #[test]
    fn a_refused_ticket_fails_and_says_whether_mending_helps() {
        use FailureClass::TicketRejected;
        for (outcome, rejection) in [
            (Outcome::NotFound, Rejection::NotFound),
            (Outcome::AmountDiffers, Rejection::AmountDiffers),
            (Outcome::FiscalDataRefused, Rejection::FiscalDataRefused),
        ] {
            let verdict = of_outcome(outcome, running());
            assert_eq!(class(verdict), (TicketRejected(rejection), true));
        }
        let verdict = of_outcome(Outcome::Expired, running());
        assert_eq!(class(verdict), (FailureClass::Expired, false));
    }

    #[test]
    fn what_was_invoiced_before_is_looked_up_and_final_when_not_found() {
        let verdict = of_outcome(Outcome::AlreadyInvoiced, running());
        assert_eq!(verdict, Some(Verdict::LookUp));
        let verdict = of_outcome(Outcome::NotFound, looking(Lookup::AlreadyInvoiced));
        let elsewhere = FailureClass::TicketRejected(Rejection::AlreadyInvoicedElsewhere);
        assert_eq!(class(verdict), (elsewhere, false));
        let verdict = of_outcome(Outcome::AlreadyInvoiced, looking(Lookup::AlreadyInvoiced));
        assert_eq!(class(verdict), (elsewhere, false));
        let verdict = of_outcome(Outcome::AlreadyInvoiced, looking(Lookup::Submitted));
        assert!(matches!(verdict, Some(Verdict::Manual(_))), "{verdict:?}");
    }

    #[test]
    fn no_invoice_is_believed_only_when_the_portal_had_time() {
        let soon = Situation {
            pressed: Some(Duration::from_secs(3)),
            ..looking(Lookup::Submitted)
        };
        assert!(matches!(
            of_outcome(Outcome::NotFound, soon),
            Some(Verdict::Defer {
                reason: DeferReason::PortalBusy,
                ..
            })
        ));
        let later = of_outcome(Outcome::NotFound, looking(Lookup::Submitted));
        assert_eq!(later, Some(Verdict::Anew));
    }

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(too_new_wait(0, 0), TimeDelta::seconds(15));
        assert_eq!(too_new_wait(15, 1), TimeDelta::minutes(30));
        assert_eq!(too_new_wait(15, 40), TimeDelta::hours(48));
        assert_eq!(portal_down_wait(0), TimeDelta::minutes(30));
        assert_eq!(portal_down_wait(9), TimeDelta::hours(6));
        assert_eq!(retry_wait(2), TimeDelta::seconds(8));
    }
}
