//! A human at the live browser, over the public socket.

use crate::world;
use anyhow::{Context, ensure};
use domain::TaskId;
use schemas::PublicEvent;
use schemas::rest::ReturnControl;
use schemas::ws::{Input, ServerFrame};
use tests::builders::{pesos, wizard_numbers, wizard_ticket};
use tests::{Case, Hand, delivered};

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
        let mut stranger = Hand::without_control(case, id).await?;
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
