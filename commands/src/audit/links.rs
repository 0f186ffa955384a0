//! Heads and adoptions: whether each follows the one before, and fits the events.

use super::error::{AuditError, Misfit};
use super::head::SignedHead;
use super::verify::{Check, Lost};

impl Check<'_> {
    pub(super) fn head(&mut self, head: SignedHead) -> Result<(), AuditError> {
        let position = head.position;
        let named = self.history.era_of(head.log_id);
        let era = named.unwrap_or(self.era);
        let same_log = |last: &&SignedHead| named.is_none() || last.log_id == head.log_id;
        let last = self.last_head.as_ref().filter(same_log);
        match last {
            // The log has it, and the file apart from it, too.
            Some(last) if *last == head => return Ok(()),
            Some(last) if last.position == position => {
                return Err(Misfit::TwoHeads(position).into());
            }
            Some(last) if last.position > position => {
                return Err(Misfit::HeadOrder(position).into());
            }
            _ if era < self.era => return Err(Misfit::HeadOrder(position).into()),
            _ => {}
        }
        let previous = last.map(|last| last.position);
        self.check_signature(&head)?;
        self.reach(era)?;
        if head.previous != self.link {
            return Err(Misfit::Link { position, previous }.into());
        }
        if self.is_lost(&head)? {
            self.links_on(head.hash());
            self.last_head = Some(head);
            return Ok(());
        }
        // What follows tells whether the log ends here or an event is missing.
        if position > self.position {
            self.ahead.get_or_insert(position);
        } else if position + 1 >= self.from {
            // The chain before the first position was not read.
            if position < self.position {
                return Err(Misfit::HeadOrder(position).into());
            }
            if self.chain != head.chain {
                let (good, bad) = (self.good, position);
                return Err(Misfit::Recomputed { good, bad }.into());
            }
            self.good = position;
        }
        self.heads += 1;
        self.links_on(head.hash());
        self.last_head = Some(head);
        Ok(())
    }

    fn check_signature(&self, head: &SignedHead) -> Result<(), AuditError> {
        let (position, key_id, log_id) = (head.position, head.key_id, head.log_id);
        if self.keys.is_empty() {
            return Err(AuditError::NoKey);
        }
        let Some(key) = self.keys.iter().find(|key| key.id() == key_id) else {
            return Err(Misfit::UnknownKey { position, key_id }.into());
        };
        if !key.signed(head) {
            return Err(Misfit::Signature(position).into());
        }
        if self.history.era_of(log_id).is_none() {
            return Err(Misfit::OtherLog { position, log_id }.into());
        }
        Ok(())
    }

    /// Whether a head of an adopted log is behind that log's end, and this was accepted.
    fn is_lost(&mut self, head: &SignedHead) -> Result<bool, Misfit> {
        let (log_id, position) = (head.log_id, head.position);
        let adoption = self.history.adoptions.get(self.era);
        let Some(end) = adoption.map(|a| a.position).filter(|end| position > *end) else {
            return Ok(false);
        };
        if !self.accepted_losses.contains(&log_id) {
            return Err(Misfit::Lost {
                log_id,
                end,
                head: position,
            });
        }
        self.lost.retain(|lost| lost.log_id != log_id);
        self.lost.push(Lost {
            log_id,
            end,
            head: position,
        });
        Ok(true)
    }

    /// Goes through the adoptions up to an era.
    pub(super) fn reach(&mut self, era: usize) -> Result<(), Misfit> {
        while self.era < era {
            self.adopted()?;
        }
        Ok(())
    }

    fn adopted(&mut self) -> Result<(), Misfit> {
        let Some(adoption) = self.history.adoptions.get(self.era) else {
            return Ok(());
        };
        // What is before the first position was not read.
        let read = adoption.position + 1 >= self.from;
        let younger = self.recorded_at.is_some_and(|at| at > adoption.adopted_at);
        let what = if read && self.position < adoption.position {
            Some("the log ends before it")
        } else if read && self.chain != adoption.chain {
            Some("the event there has another chain")
        } else if read && younger {
            Some("the event there is younger")
        } else if !self.continued {
            Some("it does not follow that log's heads")
        } else {
            None
        };
        if let Some(what) = what {
            let (log_id, position) = (adoption.log_id, adoption.position);
            return Err(Misfit::Adoption {
                log_id,
                position,
                what,
            });
        }
        let hash = adoption.hash();
        self.era += 1;
        self.continued = false;
        self.links_on(hash);
        Ok(())
    }

    /// The next head names that hash; the next adoption names one of this era's.
    pub(super) fn links_on(&mut self, hash: [u8; 32]) {
        self.link = hash;
        let next = self.history.adoptions.get(self.era);
        self.continued |= next.is_some_and(|next| next.previous == hash);
    }
}
