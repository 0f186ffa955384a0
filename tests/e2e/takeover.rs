//! A human at the live browser, over the public socket.

use crate::world;
use anyhow::{Context, ensure};
use client::{Message, Watch};
use domain::TaskId;
use schemas::PublicEvent;
use schemas::rest::ReturnControl;
use schemas::ws::{ClientFrame, Input, ServerFrame};
use tests::builders::{pesos, wizard_numbers, wizard_ticket};
use tests::{Case, delivered};

/// A human who holds control of a task's browser.
struct Hand {
    socket: Watch,
    control_epoch: u64,
    pictures: u64,
}

impl Hand {
    async fn take(case: &Case<'_>, id: TaskId) -> anyhow::Result<Self> {
        let after = case.client.task(id, 0).await?.sequence;
        let socket = case.client.watch(id, after, true).await?;
        let taken = case.client.command(id, "take-control").await?;
        let control_epoch = taken.control_epoch.context("no control epoch")?;
        let mut hand = Self {
            socket,
            control_epoch,
            pictures: 0,
        };
        let ready = ServerFrame::ControlReady { control_epoch };
        hand.until(|frame| *frame == ready).await?;
        Ok(hand)
    }

    /// Shows pictures until a frame fits.
    async fn until(&mut self, fits: impl Fn(&ServerFrame) -> bool) -> anyhow::Result<ServerFrame> {
        loop {
            match self.next().await? {
                Message::Frame(frame) if fits(&frame) => return Ok(frame),
                _ => {}
            }
        }
    }

    async fn until_picture(&mut self) -> anyhow::Result<()> {
        let before = self.pictures;
        while self.pictures == before {
            self.next().await?;
        }
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<Message> {
        let waited = tokio::time::timeout(tests::PATIENCE, self.socket.next()).await;
        let message = waited.context("nothing comes over the socket")??;
        let message = message.context("the socket ended")?;
        if let Message::Picture(header, picture) = &message {
            ensure!(header.media_type == "image/jpeg" && picture.starts_with(&[0xff, 0xd8]));
            ensure!(header.width > 0.0 && header.height > 0.0, "{header:?}");
            self.pictures += 1;
            let number = header.number;
            self.socket.send(&ClientFrame::FrameAck { number }).await?;
        }
        Ok(message)
    }

    async fn send(&mut self, control_epoch: u64, input: Input) -> anyhow::Result<()> {
        let input = ClientFrame::Input {
            control_epoch,
            input,
        };
        Ok(self.socket.send(&input).await?)
    }

    async fn give_back(self, case: &Case<'_>, id: TaskId, outcome: &str) -> anyhow::Result<u64> {
        let back = ReturnControl {
            control_epoch: self.control_epoch,
            outcome: outcome.to_owned(),
        };
        Ok(case.client.return_control(id, &back).await?.sequence)
    }
}

async fn at_captcha(case: &Case<'_>, cents: u32) -> anyhow::Result<(TaskId, String)> {
    let (folio, web_id) = wizard_numbers(cents);
    let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(cents));
    let id = case.submit(&ticket).await?.task_id;
    case.question(id, "captcha", None).await?;
    Ok((id, folio))
}

#[test]
fn the_human_solves_the_captcha_and_the_agent_keeps_its_hands_off() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let control = case.installation.control();
        let (id, folio) = at_captcha(case, 61_050).await?;
        let mut hand = Hand::take(case, id).await?;
        hand.until_picture().await?;
        // The agent left the cursor in the answer's box.
        let text = control.captcha().await?;
        let epoch = hand.control_epoch;
        hand.send(epoch, Input::Text { text: text.clone() }).await?;
        hand.until_picture().await?;
        let returned = hand.give_back(case, id, "done").await?;
        let done = case.completed(id, returned).await?;
        delivered(&case.client, &done).await?;
        assert_eq!(control.submits(&folio).await?.count, 1);
        no_own_command_during_takeover(case, id).await?;
        let told = serde_json::to_string(&case.events(id).await?)?;
        assert!(!told.contains(&text), "what the human typed is told");
        Ok(())
    });
}

/// The recorder's proof: between the taking and the giving back the agent did nothing of its own,
/// neither in the log nor at the browser.
async fn no_own_command_during_takeover(case: &Case<'_>, id: TaskId) -> anyhow::Result<()> {
    let events = case.events(id).await?;
    let place = |name: &str| events.iter().position(|e| e.event == name);
    let taken = place("task.control_taken").context("never taken")?;
    let returned = place("task.control_returned").context("never returned")?;
    for event in &events[taken + 1..returned] {
        let human = event.data["kind"] == "human" || event.data["by"] == "human";
        ensure!(human, "the agent acted during the takeover: {event:?}");
    }
    let proof =
        |event: &&PublicEvent| event.data["kind"] == "human" && event.data["field"] == "control";
    let proof = events
        .iter()
        .find(proof)
        .context("nothing recorded of the takeover")?;
    ensure!(
        proof.data["content"] == "0 commands of the agent",
        "{proof:?}"
    );
    ensure!(proof.data["outcome"] == "ok", "{proof:?}");
    Ok(())
}

#[test]
fn input_without_the_right_to_it_is_refused() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let (id, _) = at_captcha(case, 33_000).await?;
        let text = || Input::Text {
            text: "X".to_owned(),
        };
        // Before control was taken.
        let mut stranger = Hand {
            socket: case.client.watch(id, 0, false).await?,
            control_epoch: 0,
            pictures: 0,
        };
        stranger.send(1, text()).await?;
        let refused = |code: &'static str| move |frame: &ServerFrame| matches!(frame, ServerFrame::InputRefused { code: c } if c == code);
        stranger.until(refused("control-not-held")).await?;
        let mut hand = Hand::take(case, id).await?;
        let epoch = hand.control_epoch;
        hand.send(epoch + 1, text()).await?;
        hand.until(refused("stale-control-epoch")).await?;
        let far = Input::Text {
            text: "x".repeat(5000),
        };
        hand.send(epoch, far).await?;
        hand.until(refused("malformed-input")).await?;
        // While a human holds control, nobody else takes it, and an old epoch can't give it back.
        let twice = case.client.command(id, "resume").await.unwrap_err();
        let problem = twice.problem().expect("a problem document");
        assert_eq!(problem.code(), "human-holds-control");
        let stale = ReturnControl {
            control_epoch: epoch + 1,
            outcome: "done".to_owned(),
        };
        let stale = case.client.return_control(id, &stale).await.unwrap_err();
        assert_eq!(
            stale.problem().expect("a problem").code(),
            "stale-control-epoch"
        );
        // It could not be done: the question stays open, and can still be answered as text.
        let returned = hand.give_back(case, id, "could_not").await?;
        let task = case.ended(id, returned - 1).await?;
        let open = task.intervention.context("the question is gone")?;
        if open.kind == "captcha" {
            let answered = crate::captcha::solve(case, id).await?;
            case.completed(id, answered).await?;
        } else {
            assert_eq!(open.kind, "manual", "could_not leads to the manual way");
        }
        Ok(())
    });
}
