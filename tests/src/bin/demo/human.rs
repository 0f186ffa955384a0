//! The scripted human: takes control over the public socket, types what the portal's control port
//! says the CAPTCHA shows, and hands control back.

use crate::follow::Follower;
use crate::newcomer::Newcomer;
use anyhow::Context;
use client::{Client, Message};
use schemas::rest::ReturnControl;
use schemas::ws::{ClientFrame, Input, ServerFrame};
use tests::{Installation, PortalControl};
use tokio::task::JoinHandle;

/// Helps every task that asks for a CAPTCHA, until aborted; a newcomer comes first.
pub fn solve_captchas(
    installation: &Installation,
    client: &Client,
    followers: &[Follower],
    newcomer: Option<Newcomer>,
) -> JoinHandle<()> {
    let control = installation.control();
    let client = client.clone();
    let followers = followers.to_vec();
    tokio::spawn(async move {
        let each = followers
            .iter()
            .map(|follower| help(&control, &client, follower, newcomer));
        futures::future::join_all(each).await;
    })
}

async fn help(
    control: &PortalControl,
    client: &Client,
    follower: &Follower,
    mut newcomer: Option<Newcomer>,
) {
    let mut seen = follower.watch();
    let mut helped: Option<String> = None;
    loop {
        let wanted = seen
            .wait_for(|seen| {
                seen.ended
                    || seen
                        .question
                        .as_ref()
                        .is_some_and(|(id, kind)| kind == "captcha" && helped.as_ref() != Some(id))
            })
            .await
            .map(|seen| (seen.ended, seen.question.clone()));
        let Ok((false, Some((question, _)))) = wanted else {
            return;
        };
        // Once: what they leave undone is asked again, and then it is not their turn.
        if let Some(newcomer) = newcomer.take()
            && !newcomer.leaves_it(client, follower, &question).await
        {
            continue;
        }
        helped = Some(question);
        if let Err(error) = solve(control, client, follower).await {
            follower.say(&format!("(el humano de la demo no pudo: {error:#})"));
        }
    }
}

async fn solve(
    control: &PortalControl,
    client: &Client,
    follower: &Follower,
) -> anyhow::Result<()> {
    let after = follower.seen().sequences.last().copied().unwrap_or(0);
    let mut socket = client.watch(follower.id, after, true).await?;
    let taken = client.command(follower.id, "take-control").await?;
    let control_epoch = taken.control_epoch.context("no control epoch")?;
    let mut saw_picture = false;
    loop {
        match socket.next().await?.context("the socket ended")? {
            Message::Frame(ServerFrame::ControlReady {
                control_epoch: ready,
            }) if ready == control_epoch => {
                break;
            }
            Message::Picture(header, picture) => {
                saw_picture = true;
                let number = header.number;
                tracing_line(follower, number, picture.len());
                socket.send(&ClientFrame::FrameAck { number }).await?;
            }
            Message::Frame(_) => {}
        }
    }
    // The agent left the cursor in the answer's box.
    let text = control.captcha().await?;
    let input = Input::Text { text };
    socket
        .send(&ClientFrame::Input {
            control_epoch,
            input,
        })
        .await?;
    while !saw_picture {
        if let Message::Picture(header, _) = socket.next().await?.context("the socket ended")? {
            saw_picture = true;
            let number = header.number;
            socket.send(&ClientFrame::FrameAck { number }).await?;
        }
    }
    follower.announce("el humano de la demo escribió las letras en el navegador vivo");
    let outcome = "done".to_owned();
    let back = ReturnControl {
        control_epoch,
        outcome,
    };
    client.return_control(follower.id, &back).await?;
    Ok(())
}

fn tracing_line(follower: &Follower, number: u64, size: usize) {
    if number == 1 {
        follower.say(&format!("(imagen viva recibida: {} kB)", size / 1024));
    }
}
