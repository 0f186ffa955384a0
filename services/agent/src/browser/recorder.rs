//! The record of every command that goes to a browser, and on whose behalf.
//!
//! It proves that during a takeover none of the agent's own commands went out. It holds methods,
//! never their parameters.

use chrono::{DateTime, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// On whose behalf a command went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The agent acts: something that may change the page.
    Agent,
    /// A human's input is passed on.
    Human,
    /// Nobody acts: looking at the page, acknowledging a picture, letting an allowed request pass,
    /// closing a message box.
    Passive,
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts all commands of this browser, from 1.
    pub number: u64,
    pub at: DateTime<Utc>,
    /// The method, with the reading or acting function behind a space.
    pub what: String,
    pub by: By,
}

#[derive(Debug, Default)]
struct Book {
    agent: u64,
    human: u64,
    passive: u64,
    last: VecDeque<Entry>,
}

/// Counts all commands and keeps the latest.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Book>);

/// How many entries are kept.
const KEPT: usize = 4_096;

impl Recorder {
    /// Commands so far on behalf of `by`.
    pub fn count(&self, by: By) -> u64 {
        let book = self.book();
        match by {
            By::Agent => book.agent,
            By::Human => book.human,
            By::Passive => book.passive,
        }
    }

    /// The kept entries with a number above `after`, oldest first.
    pub fn entries(&self, after: u64) -> Vec<Entry> {
        let book = self.book();
        let newer = book.last.iter().filter(|e| e.number > after);
        newer.cloned().collect()
    }

    /// The number of the latest command; 0 before the first.
    pub fn latest(&self) -> u64 {
        let book = self.book();
        book.agent + book.human + book.passive
    }

    pub(super) fn note(&self, what: &str, by: By) {
        let mut book = self.book();
        match by {
            By::Agent => book.agent += 1,
            By::Human => book.human += 1,
            By::Passive => book.passive += 1,
        }
        if book.last.len() == KEPT {
            book.last.pop_front();
        }
        let entry = Entry {
            number: book.agent + book.human + book.passive,
            at: Utc::now(),
            what: what.to_owned(),
            by,
        };
        book.last.push_back(entry);
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
