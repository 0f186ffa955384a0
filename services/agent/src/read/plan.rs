//! Where in a plan a page is: after a human has acted, the page decides, not what was done before.

use schemas::adapter::{Locators, StepPlan};

/// How much a control on the page says about the place in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    /// Fields, the final button, files: mostly on one page of the plan only.
    Strong,
    /// Buttons such as "Siguiente" and texts waited for, which several pages share.
    Weak,
    /// Says nothing: every page can be navigated away from.
    None,
}

/// The control that must be on the page for a step to be the next one.
pub fn control_of(step: &StepPlan) -> Option<&Locators> {
    match step {
        StepPlan::Goto { .. } => None,
        StepPlan::Fill { at, .. } | StepPlan::Select { at, .. } => Some(at),
        StepPlan::Click { click, .. } => Some(click),
        StepPlan::Expect { expect } => Some(expect),
        StepPlan::Captcha { captcha } => Some(&captcha.answer),
        StepPlan::Login { login } => Some(&login.username),
        StepPlan::Submit { submit } => Some(submit),
        StepPlan::Download { download } => [&download.xml, &download.zip, &download.pdf]
            .into_iter()
            .find(|locators| !locators.is_empty()),
    }
}

/// Where a login asks for its one-time code: on a page of its own.
pub fn code_of(step: &StepPlan) -> Option<&Locators> {
    match step {
        StepPlan::Login { login } => login.code.as_ref().map(|code| &code.at),
        _ => None,
    }
}

fn anchor(step: &StepPlan) -> Anchor {
    match step {
        StepPlan::Goto { .. } => Anchor::None,
        StepPlan::Click { .. } | StepPlan::Expect { .. } => Anchor::Weak,
        _ => Anchor::Strong,
    }
}

/// The index of the step that can't be undone.
pub fn submit_index(steps: &[StepPlan]) -> Option<usize> {
    steps
        .iter()
        .position(|step| matches!(step, StepPlan::Submit { .. }))
}

/// The index of the first field: before it nothing of the ticket was typed.
pub fn first_field(steps: &[StepPlan]) -> usize {
    let is_login = |step: &StepPlan| matches!(step, StepPlan::Login { .. });
    steps
        .iter()
        .position(|step| anchor(step) == Anchor::Strong && !is_login(step))
        .unwrap_or(steps.len())
}

/// The step to go on with. `present[i]` tells whether the control of step `i` is visible now;
/// `interrupted` is the step that was next when the human came.
///
/// The earliest field, final button or file on the page wins, so that what the human left empty or
/// wrong is filled again (what is right is left alone). Without one, the next button or text from
/// where the run was, then any before it.
pub fn place(steps: &[StepPlan], present: &[bool], interrupted: usize) -> Option<usize> {
    let shown = |index: &usize, wanted: Anchor| {
        present.get(*index).copied().unwrap_or(false) && anchor(&steps[*index]) == wanted
    };
    let strong = (0..steps.len()).find(|i| shown(i, Anchor::Strong));
    strong.or_else(|| {
        let ahead = interrupted.min(steps.len())..steps.len();
        let behind = 0..interrupted.min(steps.len());
        ahead.chain(behind).find(|i| shown(i, Anchor::Weak))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pages of fields with the same button, a page with only a button, the end.
    fn wizard() -> Vec<StepPlan> {
        let yaml = r"
- goto: https://p.example/
- { fill: ticket, at: [{ id: t }] }
- { fill: total, at: [{ id: m }] }
- { click: [{ button: Siguiente }] }
- { fill: rfc, at: [{ id: r }] }
- { click: [{ button: Siguiente }] }
- { expect: [{ text: Resumen }] }
- { click: [{ button: Siguiente }] }
- { captcha: { image: [{ css: img }], answer: [{ id: c }] } }
- { submit: [{ button: Emitir }] }
- { download: { xml: [{ link: XML }] } }
";
        let text = format!(
            "id: p\nname: P\nversion: 1\nhosts: [p.example]\nentry: https://p.example/\n\
             fields:\n  - {{ name: ticket, label: T, kind: text }}\nidentity: [ticket]\n\
             outcomes:\n  - {{ is: accepted, text: ok }}\nsteps:{yaml}"
        );
        schemas::adapter::Adapter::from_yaml("p.yaml", &text)
            .unwrap()
            .steps
    }

    fn at(shown: &[usize], interrupted: usize) -> Option<usize> {
        let steps = wizard();
        let present: Vec<bool> = (0..steps.len()).map(|i| shown.contains(&i)).collect();
        place(&steps, &present, interrupted)
    }

    #[test]
    fn a_page_of_fields_starts_at_its_first_field() {
        assert_eq!(at(&[1, 2, 3, 5, 7], 2), Some(1));
        assert_eq!(at(&[3, 4, 5, 7], 2), Some(4));
    }

    #[test]
    fn a_page_with_only_a_button_goes_on_from_where_the_run_was() {
        assert_eq!(at(&[3, 5, 6, 7], 6), Some(6));
        assert_eq!(at(&[3, 5, 7], 6), Some(7));
        assert_eq!(at(&[3, 5], 6), Some(3));
    }

    #[test]
    fn the_final_page_is_found() {
        assert_eq!(at(&[8, 9], 4), Some(8));
        assert_eq!(at(&[10], 4), Some(10));
    }

    #[test]
    fn an_unknown_page_has_no_place() {
        assert_eq!(at(&[], 4), None);
        assert_eq!(submit_index(&wizard()), Some(9));
    }
}
