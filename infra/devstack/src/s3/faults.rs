//! What is to go wrong.

use hyper::Method;
use std::sync::Mutex;
use std::time::Duration;

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, undone.
    Status(u16),
    /// The connection ends, and nothing is done.
    NoAnswer,
    /// It is done, and the connection ends without an answer.
    DoneWithoutAnswer,
    /// It is done, and the connection ends in the middle of the answer's body.
    HalfAnAnswer,
    /// It is done, and what is listed begins with the first file, wherever it was to begin.
    FromTheStart,
    /// It is done so much later.
    Late(Duration),
}

#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<(Method, usize, Fault)>>);

impl Faults {
    pub(super) fn add(&self, method: Method, times: usize, fault: Fault) {
        if times > 0 {
            let mut told = self.0.lock().expect("no holder panics");
            told.push((method, times, fault));
        }
    }

    pub(super) fn clear(&self) {
        self.0.lock().expect("no holder panics").clear();
    }

    pub(super) fn left(&self) -> usize {
        let told = self.0.lock().expect("no holder panics");
        told.iter().map(|(_, times, _)| times).sum()
    }

    /// What goes wrong with this request: what was told last comes first.
    pub(super) fn next(&self, method: &Method) -> Option<Fault> {
        let mut told = self.0.lock().expect("no holder panics");
        let place = told.iter().rposition(|(of, _, _)| of == method)?;
        let (_, times, fault) = &mut told[place];
        let fault = *fault;
        *times = times.saturating_sub(1);
        if *times == 0 {
            told.remove(place);
        }
        Some(fault)
    }
}
