//! The way through a plan: where it begins, where it is, and where it is after a human has acted.

use super::ask::manual_declined;
use super::record::Note;
use super::verdict::{self, Lookup};
use super::{End, Flow, Halt, Run, Session, submission};
use crate::browser::HostRule;
use crate::live::Live;
use crate::read::plan;
use domain::SessionId;
use domain::task::{
    DeliveryChannel, StepKind, StepOutcome, SubmitOutcome, SubmitState, TaskCommand, TaskEvent,
    TechnicalClass, Ticket,
};
use kit::delivery::Refused;
use schemas::adapter::{Adapter, Automation, Delivery, StepPlan};
use std::sync::Arc;
use uuid::Uuid;

/// Days after which a mailed invoice is asked about.
const MAIL_DAYS: i64 = 5;

/// Which plan is walked, and the next step of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub lookup: Option<Lookup>,
    pub at: usize,
}

impl Way {
    /// From the entry to the files.
    pub fn steps() -> Self {
        Self {
            lookup: None,
            at: 0,
        }
    }

    fn lookup(why: Lookup) -> Self {
        Self {
            lookup: Some(why),
            at: 0,
        }
    }

    /// The steps of the plan.
    pub fn plan<'a>(&self, adapter: &'a Adapter) -> &'a [StepPlan] {
        match self.lookup {
            None => &adapter.steps,
            Some(_) => &adapter.recover,
        }
    }
}

/// Stands for a portal without an adapter: nothing in it may be done by the agent.
pub(super) fn unknown_portal(ticket: &Ticket) -> Adapter {
    let here = "about:blank".parse();
    Adapter {
        id: ticket.portal.clone(),
        name: ticket.portal.clone(),
        version: 0,
        verified: false,
        automation: Automation::Forbidden,
        hosts: Vec::new(),
        assets: Vec::new(),
        entry: here.expect("about:blank is a URL"),
        issuer_rfc: None,
        needs_human: schemas::adapter::NeedsHuman::Always,
        parallel: 1,
        pause_ms: 0,
        session_minutes: 1,
        window: domain::fiscal::Window::default(),
        not_before_minutes: 0,
        delivery: Delivery::Download,
        fields: Vec::new(),
        identity: Vec::new(),
        steps: Vec::new(),
        recover: Vec::new(),
        outcomes: Vec::new(),
    }
}

impl Run {
    /// All that comes before the first step: values, files that are here already, the browser.
    pub(super) async fn begin(&mut self) -> Flow {
        self.ready().await?;
        self.amendments = amendments(&self.view().history);
        self.load_values().await?;
        self.finish_from_store().await?;
        if self.adapter.automation == Automation::Forbidden {
            let guide = format!(
                "El agente no puede usar este portal por ti ({}). Captura la factura en tu \
                 navegador y sube los archivos.",
                self.adapter.name
            );
            return self.manual(&guide).await;
        }
        self.way = Way::steps();
        let view = self.view();
        if view.task.submit.may_have_happened() {
            self.look_up(Lookup::Submitted).await?;
        } else if manual_declined(&view.history) {
            // Nothing would come of going to the portal but the same question.
            return self.fail(verdict::given_up()).await;
        }
        self.open_browser().await?;
        self.begun = true;
        Ok(())
    }

    async fn load_values(&mut self) -> Flow {
        let view = self.view();
        let submission = submission(&view.task)?;
        let shared = Arc::clone(&self.shared);
        let loaded = loop {
            let loaded = async {
                let (buyer, _) = shared.desk.buyer(&view.task).await?;
                let fields = shared.desk.ticket_fields(&view.task).await?;
                Ok::<_, Refused>((buyer, fields))
            };
            match loaded.await {
                Err(refused) if refused.is_transient() => self.wait_out(refused).await?,
                loaded => break loaded,
            }
        };
        match loaded {
            Ok((buyer, fields)) => {
                let (uso, forma_pago) = (submission.uso_cfdi, submission.forma_pago);
                self.values = kit::values::of_ticket(&fields, &buyer, uso, forma_pago);
                Ok(())
            }
            Err(Refused::ProfileGone) => {
                let mut failure = verdict::given_up();
                failure.next_step =
                    "El perfil fiscal ya no existe. Elige otro y reintenta.".to_owned();
                self.fail(failure).await
            }
            Err(error) => {
                let text = format!("the task's values can't be had: {error}");
                Err(Halt::Technical(TechnicalClass::Internal, text))
            }
        }
    }

    /// Opens the browser unless one lives.
    async fn open_browser(&mut self) -> Flow {
        if let Some(session) = &self.session {
            if session.browser.alive().await {
                return Ok(());
            }
            self.close(End::Lost).await;
        }
        let id = SessionId(Uuid::now_v7());
        let hosts = HostRule {
            hosts: self.adapter.hosts.clone(),
            allow_private: self.shared.private_hosts.clone(),
        };
        let opened = self.shared.sessions.open(id, hosts).await;
        let browser = opened.map_err(|error| self.trouble("browser", &error))?;
        let browser = Arc::new(browser);
        let nats = self.shared.nats.clone();
        let live = Live::start(nats, self.id, Arc::clone(&browser), self.seal.clone());
        self.session = Some(Session { id, browser, live });
        let command = TaskCommand::OpenSession {
            epoch: self.epoch,
            session: id,
            provider: "local".to_owned(),
        };
        self.order(command)
            .await?
            .map_err(|refusal| Halt::Technical(TechnicalClass::Internal, refusal.to_string()))
    }

    /// Takes the way on which an invoice that exists is found.
    pub(super) async fn look_up(&mut self, why: Lookup) -> Flow {
        if !self.adapter.recover.is_empty() {
            let note = Note::begin(StepKind::Recover).content(match why {
                Lookup::Submitted => "submitted",
                Lookup::AlreadyInvoiced => "already_invoiced",
            });
            self.record(note, StepOutcome::Ok).await?;
            self.way = Way::lookup(why);
            return Ok(());
        }
        match why {
            Lookup::Submitted => {
                self.manual(
                    "Es posible que el portal ya haya emitido la factura. Búscala en el portal, o \
                     pídela al comercio, y sube los archivos.",
                )
                .await
            }
            Lookup::AlreadyInvoiced => self.fail(verdict::elsewhere()).await,
        }
    }

    /// Walks the plan from where the run is to its end.
    pub(super) async fn walk(&mut self) -> Flow {
        self.open_browser().await?;
        let adapter = Arc::clone(&self.adapter);
        loop {
            self.ready().await?;
            if std::mem::take(&mut self.replace) {
                self.find_place().await?;
            }
            let plan = self.way.plan(&adapter);
            let Some(step) = plan.get(self.way.at) else {
                return self.arrived().await;
            };
            if self.way.at == 0 && !matches!(step, StepPlan::Goto { .. }) {
                self.goto(&adapter.entry).await?;
                self.ready().await?;
            }
            self.step(step).await?;
            self.way.at += 1;
        }
    }

    /// The plan is at its end and the files were not on it: they come by mail.
    async fn arrived(&mut self) -> Flow {
        let accepted = self.view().task.submit == SubmitState::Accepted;
        if !(accepted && self.adapter.delivery == Delivery::Email) {
            let text = "the plan ended without files".to_owned();
            return Err(Halt::Technical(TechnicalClass::UnexpectedPage, text));
        }
        let command = TaskCommand::AwaitDelivery {
            epoch: self.epoch,
            channel: DeliveryChannel::Email,
            expected_by: self.journal.time() + chrono::TimeDelta::days(MAIL_DAYS),
        };
        match self.order(command).await? {
            Ok(()) => Err(End::Settled.into()),
            Err(refusal) => Err(Halt::Technical(
                TechnicalClass::Internal,
                refusal.to_string(),
            )),
        }
    }

    /// Reads the page and finds the step it belongs to.
    async fn find_place(&mut self) -> Flow {
        let browser = self.browser()?;
        browser
            .settle()
            .await
            .map_err(|error| self.trouble("page", &error))?;
        match self.view().task.submit {
            // A human pressed: the portal's word is waited for.
            SubmitState::Intended(_) if self.way.lookup.is_none() => {
                let last = plan::submit_index(&self.adapter.steps).unwrap_or_default();
                self.way.at = last;
                self.watch_outcome().await?;
                self.way.at = last + 1;
                return Ok(());
            }
            SubmitState::Accepted | SubmitState::Unknown if self.way.lookup.is_none() => {
                return self.after_press().await;
            }
            _ => {}
        }
        let adapter = Arc::clone(&self.adapter);
        let steps = self.way.plan(&adapter);
        let present = self.present(steps).await?;
        let found = plan::place(steps, &present, self.way.at);
        if self.way.lookup.is_some() {
            self.way.at = found.unwrap_or(0);
            return Ok(());
        }
        let last = plan::submit_index(steps).unwrap_or(steps.len());
        match found {
            Some(at) if at <= last => self.way.at = at,
            // Nothing was typed yet: whatever the human looked at, begin at the beginning.
            _ if self.way.at <= plan::first_field(steps) => self.way.at = 0,
            _ => {
                // The page lies behind the final button, or is none we know: perhaps it was pressed.
                self.outcome(
                    SubmitOutcome::Unknown,
                    "the page is not before the final step",
                )
                .await?;
                return self.after_press().await;
            }
        }
        Ok(())
    }

    /// The final button was pressed: the files are on this page, or the invoice is looked up.
    async fn after_press(&mut self) -> Flow {
        let adapter = Arc::clone(&self.adapter);
        let steps = &adapter.steps;
        let last = plan::submit_index(steps).unwrap_or(steps.len());
        let mut present = self.present(steps).await?;
        for before in present.iter_mut().take(last + 1) {
            *before = false;
        }
        match plan::place(steps, &present, last) {
            Some(at) => {
                self.outcome(
                    SubmitOutcome::Accepted,
                    "what follows the final step is here",
                )
                .await?;
                self.way.at = at;
                Ok(())
            }
            None => {
                if self.view().task.submit != SubmitState::Accepted {
                    self.outcome(SubmitOutcome::Unknown, "nothing tells what became of it")
                        .await?;
                }
                self.look_up(Lookup::Submitted).await
            }
        }
    }

    /// Which steps' controls are on the page now.
    async fn present(&self, steps: &[StepPlan]) -> Flow<Vec<bool>> {
        let browser = self.browser()?;
        let mut present = Vec::with_capacity(steps.len());
        for step in steps {
            let controls = [plan::control_of(step), plan::code_of(step)];
            let mut shown = false;
            for locators in controls.into_iter().flatten() {
                shown = shown || browser.exists(locators).await;
            }
            present.push(shown);
        }
        Ok(present)
    }
}

/// How often the ticket was mended.
pub(super) fn amendments(history: &[Arc<TaskEvent>]) -> usize {
    history
        .iter()
        .filter(|event| matches!(&***event, TaskEvent::TaskAmended { .. }))
        .count()
}
