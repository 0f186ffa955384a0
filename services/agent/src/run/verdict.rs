//! What follows from what a portal said, and from what went wrong. Pure.

use chrono::TimeDelta;
use domain::task::{DeferReason, Failure, FailureClass, Rejection};
use schemas::adapter::Outcome;

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
    /// The form did not keep what it was given: try again, then a human's hand.
    Broke(&'static str),
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
    /// How long ago the final button was pressed, or may have been, in whichever run.
    pub pressed: Option<TimeDelta>,
    /// The portal said that it made the invoice.
    pub accepted: bool,
    /// How often it has not given out what it accepted.
    pub withheld: u32,
}

/// How long after the intent "no such invoice" is not yet believed: the press comes up to 5 s
/// later, and then the portal may be at it.
const STILL_WORKING: TimeDelta = TimeDelta::seconds(25);
/// How often an accepted invoice is looked for before a human is asked: over some ten minutes.
const LOOKS: u32 = 5;

/// What a portal's message leads to. `None`: nothing, go on.
pub fn of_outcome(outcome: Outcome, at: Situation) -> Option<Verdict> {
    let verdict = match (outcome, at.lookup) {
        (Outcome::Accepted, _) => return None,
        // Whatever it says against the ticket now, there is an invoice to look for.
        (
            Outcome::AlreadyInvoiced
            | Outcome::NotFound
            | Outcome::Expired
            | Outcome::AmountDiffers
            | Outcome::FiscalDataRefused
            | Outcome::MissingData,
            None,
        ) if at.accepted => Verdict::LookUp,
        (Outcome::AlreadyInvoiced, None) => Verdict::LookUp,
        (Outcome::CaptchaWrong, _) => Verdict::AskAgain,
        (Outcome::LoginRefused | Outcome::CodeRefused, _) => {
            Verdict::Broke("the portal wants one to sign in where the plan does not")
        }
        (Outcome::PortalDown, _) => Verdict::PortalDown,
        (Outcome::Blocked, _) => Verdict::Manual(
            "El portal no deja entrar al agente. Captura la factura en tu navegador.",
        ),
        (Outcome::TooNew, _) => Verdict::Defer {
            reason: DeferReason::TooNew,
            wait: too_new_wait(at.not_before_minutes, at.deferrals),
        },
        (Outcome::FiscalDataRefused | Outcome::MissingData, Some(_)) => {
            Verdict::Broke("the form for an invoice made before was not sent whole")
        }
        (Outcome::NotFound, Some(Lookup::Submitted)) => not_found_after_press(at),
        (_, Some(Lookup::AlreadyInvoiced)) => {
            Verdict::Fail(rejected(Rejection::AlreadyInvoicedElsewhere))
        }
        (_, Some(Lookup::Submitted)) => Verdict::Manual(
            "Es posible que el portal ya haya emitido la factura, y no la entrega. \
             Búscala en el portal, o pídela al comercio.",
        ),
        (Outcome::NotFound, None) => Verdict::Fail(rejected(Rejection::NotFound)),
        (Outcome::AmountDiffers, None) => Verdict::Fail(rejected(Rejection::AmountDiffers)),
        (Outcome::MissingData, None) => Verdict::Fail(Failure {
            next_step:
                "El portal dice que falta un dato, o que está mal escrito. Revisa los datos \
                        contra el ticket, corrígelos y reintenta."
                    .to_owned(),
            ..rejected(Rejection::NotFound)
        }),
        (Outcome::FiscalDataRefused, None) => Verdict::Fail(rejected(Rejection::FiscalDataRefused)),
        (Outcome::Expired, None) => Verdict::Fail(expired()),
    };
    Some(verdict)
}

/// The portal finds no invoice where the final button was, or may have been, pressed.
fn not_found_after_press(at: Situation) -> Verdict {
    let wait = match at.pressed {
        // Its lists may lag behind its word.
        _ if at.accepted && at.withheld < LOOKS => {
            doubled(TimeDelta::seconds(20), at.withheld, TimeDelta::hours(1))
        }
        _ if at.accepted => {
            return Verdict::Manual(
                "El portal aceptó la factura y no la entrega. Búscala en el portal, o pídela al \
                 comercio, y sube los archivos.",
            );
        }
        Some(ago) if ago < STILL_WORKING => (STILL_WORKING - ago).max(TimeDelta::seconds(2)),
        _ => return Verdict::Anew,
    };
    Verdict::Defer {
        reason: DeferReason::PortalBusy,
        wait,
    }
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
            accepted: false,
            withheld: 0,
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
            pressed: Some(TimeDelta::seconds(3)),
            ..looking(Lookup::Submitted)
        };
        assert!(matches!(
            of_outcome(Outcome::NotFound, soon),
            Some(Verdict::Defer {
                reason: DeferReason::PortalBusy,
                ..
            })
        ));
        let later = Situation {
            pressed: Some(TimeDelta::seconds(40)),
            ..soon
        };
        let verdict = of_outcome(Outcome::NotFound, later);
        assert_eq!(verdict, Some(Verdict::Anew));
    }

    #[test]
    fn a_form_that_was_not_sent_whole_proves_nothing() {
        for why in [Lookup::Submitted, Lookup::AlreadyInvoiced] {
            for outcome in [Outcome::MissingData, Outcome::FiscalDataRefused] {
                let verdict = of_outcome(outcome, looking(why));
                assert!(matches!(verdict, Some(Verdict::Broke(_))), "{verdict:?}");
            }
        }
        let verdict = of_outcome(Outcome::MissingData, running());
        assert!(class(verdict).1, "the user mends the ticket");
    }

    #[test]
    fn what_the_portal_accepted_is_never_asked_for_again() {
        let accepted = Situation {
            accepted: true,
            pressed: Some(TimeDelta::days(1)),
            ..looking(Lookup::Submitted)
        };
        for withheld in 0..LOOKS {
            let verdict = of_outcome(
                Outcome::NotFound,
                Situation {
                    withheld,
                    ..accepted
                },
            );
            let busy = DeferReason::PortalBusy;
            assert!(
                matches!(verdict, Some(Verdict::Defer { reason, .. }) if reason == busy),
                "{verdict:?}"
            );
        }
        let last = Situation {
            withheld: LOOKS,
            ..accepted
        };
        let verdict = of_outcome(Outcome::NotFound, last);
        assert!(matches!(verdict, Some(Verdict::Manual(_))), "{verdict:?}");
        let on_its_way = Situation {
            lookup: None,
            ..accepted
        };
        for outcome in [
            Outcome::AlreadyInvoiced,
            Outcome::NotFound,
            Outcome::Expired,
        ] {
            let verdict = of_outcome(outcome, on_its_way);
            assert_eq!(verdict, Some(Verdict::LookUp));
        }
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
