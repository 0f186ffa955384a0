//! A small reference model of the table, written apart from the rules it checks: no events and no
//! refusals by name, only what stands and whether a request is taken.

use super::{SubmitBy, SubmitOutcome};

/// Where the task stands; the three ways of being PENDING apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    Queue,
    Owner,
    Delivery,
    Running,
    Paused,
    Asking,
    Completed,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Untouched,
    Intended,
    Accepted,
    Rejected,
    Unknown,
}

/// Who ends the task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    Cancel,
    Expire,
    Fail { retryable: bool },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    Nothing,
    Pause,
    End(End),
}

/// A request. `fresh`: with the epoch (or control epoch) that counts; `right`: names the open
/// question.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Amend,
    Start,
    Open {
        fresh: bool,
        same: bool,
    },
    Close {
        nth: usize,
    },
    Step {
        fresh: bool,
    },
    Store {
        fresh: bool,
    },
    Outcome {
        fresh: bool,
        outcome: SubmitOutcome,
    },
    Intend {
        fresh: bool,
        by: SubmitBy,
    },
    Ask {
        fresh: Option<bool>,
    },
    Answer {
        right: bool,
    },
    Decline {
        right: bool,
    },
    Pause,
    Park,
    Resume,
    Take,
    Return {
        fresh: bool,
        done: bool,
    },
    Lapse {
        fresh: bool,
    },
    Retry {
        fresh: bool,
    },
    Defer {
        fresh: bool,
        late: bool,
    },
    Await {
        fresh: bool,
    },
    Complete {
        fresh: Option<bool>,
        portal: bool,
    },
    Fail {
        fresh: Option<bool>,
        retryable: bool,
    },
    Cancel,
    Expire,
    Reopen,
    Archive,
    ExpireLease {
        fresh: bool,
        given_back: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Taken,
    Nothing,
    Refused,
}

use Verdict::{Nothing, Refused, Taken};

/// The hour at which the ticket's printed window ends.
pub const WINDOW_ENDS: i64 = 12;

#[derive(Clone, Debug)]
pub struct Model {
    pub clock: i64,
    pub place: Place,
    pub not_before: Option<i64>,
    pub epoch: u64,
    pub lease: bool,
    pub session: Option<u128>,
    pub open: Vec<u128>,
    pub sessions: u128,
    pub human: bool,
    pub from_pause: bool,
    pub control_epoch: u64,
    pub step: Step,
    pub question: bool,
    pub attempts: u32,
    pub wanted: Wanted,
    pub xml: bool,
    pub retryable: bool,
    pub archived: bool,
}

impl Model {
    pub fn new(needs_human: bool) -> Self {
        Self {
            clock: 0,
            place: if needs_human {
                Place::Owner
            } else {
                Place::Queue
            },
            not_before: None,
            epoch: 0,
            lease: false,
            session: None,
            open: vec![],
            sessions: 0,
            human: false,
            from_pause: false,
            control_epoch: 0,
            step: Step::Untouched,
            question: false,
            attempts: 0,
            wanted: Wanted::Nothing,
            xml: false,
            retryable: false,
            archived: false,
        }
    }

    pub fn may_have_happened(&self) -> bool {
        !matches!(self.step, Step::Untouched | Step::Rejected)
    }

    fn finished(&self) -> bool {
        matches!(self.place, Place::Completed | Place::Failed)
    }

    fn known(&self, fresh: bool) -> bool {
        fresh && self.epoch > 0
    }

    fn runs(&self, fresh: bool) -> bool {
        self.known(fresh) && self.lease && self.place == Place::Running
    }

    fn release(&mut self, place: Place) {
        self.lease = false;
        self.session = None;
        self.human = false;
        self.place = place;
    }

    fn finish(&mut self, place: Place) {
        self.release(place);
        self.question = false;
        self.wanted = Wanted::Nothing;
        self.not_before = None;
    }

    fn fail(&mut self, end: End) {
        self.retryable = match end {
            End::Cancel => true,
            End::Expire => self.may_have_happened(),
            End::Fail { retryable } => retryable || self.may_have_happened(),
        };
        self.finish(Place::Failed);
    }

    fn go_on(&mut self) {
        self.attempts = 0;
        self.question = false;
        if self.lease && self.session.is_some() {
            self.place = Place::Running;
        } else {
            self.not_before = None;
            self.release(Place::Queue);
        }
    }

    fn park(&mut self) {
        self.release(self.place);
        if let (Step::Intended, Wanted::End(end)) = (self.step, self.wanted) {
            self.step = Step::Unknown;
            self.fail(end);
        }
    }

    fn end(&mut self, end: End) -> Verdict {
        let nobody = !self.lease && matches!(self.place, Place::Paused | Place::Asking);
        match (self.step, self.wanted) {
            (Step::Intended, _) if nobody => {
                self.step = Step::Unknown;
                self.fail(end);
            }
            (Step::Intended, Wanted::End(_)) => return Nothing,
            (Step::Intended, _) => self.wanted = Wanted::End(end),
            _ => self.fail(end),
        }
        Taken
    }

    /// Takes a request or leaves everything as it is.
    pub fn take(&mut self, op: Op) -> Verdict {
        use Place::{Completed, Failed, Queue, Running};
        match op {
            Op::Amend => {
                let open = !matches!(self.place, Running | Completed | Failed);
                let again = self.place == Failed && self.retryable;
                if (open || again) && !self.may_have_happened() {
                    return Taken;
                }
                Refused
            }
            Op::Start => {
                let too_early = self.not_before.is_some_and(|hour| hour > self.clock);
                if self.place != Queue || too_early {
                    return Refused;
                }
                self.epoch += 1;
                self.lease = true;
                self.not_before = None;
                self.place = Running;
                Taken
            }
            Op::Open { fresh, .. } if !self.runs(fresh) => Refused,
            Op::Open { same, .. } => match self.session {
                Some(_) if same => Nothing,
                Some(_) => Refused,
                None => {
                    self.sessions += 1;
                    self.session = Some(self.sessions);
                    self.open.push(self.sessions);
                    Taken
                }
            },
            Op::Close { .. } if self.open.is_empty() => Nothing,
            Op::Close { nth } => {
                let gone = self.open.remove(nth % self.open.len());
                if self.session == Some(gone) {
                    self.session = None;
                    self.human = false;
                }
                Taken
            }
            Op::Step { fresh } if self.known(fresh) => Taken,
            Op::Store { fresh } if self.known(fresh) && self.xml => Nothing,
            Op::Store { fresh } if self.known(fresh) => {
                self.xml = true;
                Taken
            }
            Op::Step { .. } | Op::Store { .. } => Refused,
            Op::Outcome { fresh, outcome } => self.outcome(fresh, outcome),
            Op::Intend { fresh, by } => {
                let hand = match by {
                    SubmitBy::Agent => !self.human && self.place == Running,
                    SubmitBy::Human => self.human,
                };
                if !self.known(fresh) || !self.lease || !hand || self.may_have_happened() {
                    return Refused;
                }
                self.step = Step::Intended;
                Taken
            }
            op => self.take_turn(op),
        }
    }

    /// Requests that hand the task from one party to the other.
    fn take_turn(&mut self, op: Op) -> Verdict {
        use Place::{Asking, Delivery, Owner, Paused, Queue, Running};
        match op {
            Op::Ask { fresh } => {
                let may = match fresh {
                    Some(fresh) => self.runs(fresh),
                    None => self.place == Delivery,
                };
                if !may {
                    return Refused;
                }
                self.question = true;
                self.place = Asking;
                Taken
            }
            Op::Answer { right } | Op::Decline { right } => {
                if self.place != Asking || self.human || !self.question || !right {
                    return Refused;
                }
                self.go_on();
                Taken
            }
            Op::Pause => match (self.place, self.step, self.wanted) {
                (Running, Step::Intended, Wanted::Nothing) => {
                    self.wanted = Wanted::Pause;
                    Taken
                }
                (Running, Step::Intended, _) | (Paused, ..) => Nothing,
                (Queue | Owner | Delivery, _, Wanted::End(_)) => Nothing,
                (Running | Queue | Owner | Delivery, ..) => {
                    self.place = Paused;
                    Taken
                }
                _ => Refused,
            },
            Op::Park if !matches!(self.place, Paused | Asking) || self.human => Refused,
            Op::Park if !self.lease => Nothing,
            Op::Park => {
                self.park();
                Taken
            }
            Op::Resume => {
                if !matches!(self.place, Paused | Asking | Owner) || self.human {
                    return Refused;
                }
                self.go_on();
                Taken
            }
            Op::Take => {
                let may = matches!(self.place, Running | Paused | Asking);
                if !may || self.human || self.session.is_none() {
                    return Refused;
                }
                self.human = true;
                self.control_epoch += 1;
                self.from_pause = self.place == Paused;
                self.place = Asking;
                Taken
            }
            Op::Return { fresh, .. } | Op::Lapse { fresh } if !self.human || !fresh => Refused,
            Op::Return { done, .. } => {
                self.attempts = 0;
                self.human = false;
                self.question &= !done;
                self.place = match (self.from_pause, self.question) {
                    (true, _) => Paused,
                    (_, true) => Asking,
                    _ => Running,
                };
                Taken
            }
            Op::Lapse { .. } => {
                self.human = false;
                Taken
            }
            op => self.take_pace(op),
        }
    }

    /// Requests that put the task off, or end it.
    fn take_pace(&mut self, op: Op) -> Verdict {
        use Place::{Asking, Completed, Delivery, Failed, Queue, Running};
        match op {
            Op::Retry { fresh } if !self.runs(fresh) || self.attempts == 3 => Refused,
            Op::Retry { .. } => {
                self.attempts += 1;
                self.not_before = Some(self.clock + 1);
                self.release(Queue);
                Taken
            }
            Op::Defer { fresh, late } => {
                let hour = Self::deferred_to(self.clock, late);
                let in_time = hour <= WINDOW_ENDS || self.may_have_happened();
                if !self.runs(fresh) || !in_time {
                    return Refused;
                }
                self.attempts = 0;
                self.not_before = Some(hour);
                self.release(Queue);
                Taken
            }
            Op::Await { fresh } if !self.runs(fresh) || self.step != Step::Accepted => Refused,
            Op::Await { .. } => {
                self.release(Delivery);
                Taken
            }
            Op::Complete { fresh, portal } => {
                let by = match fresh {
                    Some(fresh) => self.known(fresh) && self.lease,
                    None => !portal,
                };
                let may = matches!(self.place, Running | Asking | Delivery);
                if !by || !may || !self.xml {
                    return Refused;
                }
                self.step = Step::Accepted;
                self.finish(Completed);
                Taken
            }
            Op::Fail { fresh, .. }
                if self.finished() || fresh.is_some_and(|f| !self.known(f) || !self.lease) =>
            {
                Refused
            }
            Op::Fail { retryable, .. } => self.end(End::Fail { retryable }),
            Op::Cancel if self.finished() => Refused,
            Op::Cancel => self.end(End::Cancel),
            Op::Expire => {
                let asked = matches!(self.step, Step::Accepted | Step::Unknown);
                if self.finished() || self.clock < WINDOW_ENDS || asked {
                    return Refused;
                }
                self.end(End::Expire)
            }
            Op::Reopen if self.place != Failed || !self.retryable => Refused,
            Op::Reopen => {
                self.attempts = 0;
                self.archived = false;
                self.place = Queue;
                Taken
            }
            Op::Archive if !self.finished() => Refused,
            Op::Archive if self.archived => Nothing,
            Op::Archive => {
                self.archived = true;
                Taken
            }
            Op::ExpireLease { fresh, .. } if !self.known(fresh) || !self.lease => Refused,
            Op::ExpireLease { .. } if self.place != Running => {
                self.park();
                Taken
            }
            Op::ExpireLease { given_back, .. } => {
                self.attempts += u32::from(!given_back);
                self.release(Queue);
                match (self.attempts > 3, self.wanted) {
                    (false, _) => {}
                    (true, Wanted::End(end)) => self.fail(end),
                    (true, _) => self.fail(End::Fail { retryable: true }),
                }
                Taken
            }
            other => unreachable!("{other:?} was taken before"),
        }
    }

    fn outcome(&mut self, fresh: bool, outcome: SubmitOutcome) -> Verdict {
        if !self.known(fresh) {
            return Refused;
        }
        let step = match outcome {
            SubmitOutcome::Accepted => Step::Accepted,
            SubmitOutcome::Rejected => Step::Rejected,
            SubmitOutcome::Unknown => Step::Unknown,
        };
        if self.step == step {
            return Nothing;
        }
        if self.step == Step::Accepted {
            return Refused;
        }
        self.step = step;
        match std::mem::replace(&mut self.wanted, Wanted::Nothing) {
            Wanted::Pause if self.place == Place::Running => self.place = Place::Paused,
            Wanted::End(end) if step != Step::Accepted => self.fail(end),
            _ => {}
        }
        Taken
    }

    pub fn deferred_to(clock: i64, late: bool) -> i64 {
        if late { WINDOW_ENDS + 1 } else { clock + 1 }
    }
}
