//! The seam of the socket: what was missed, then what happens, nothing lost and nothing twice.

use crate::world::{self, task};
use anyhow::Context;
use client::{Message, Watch};
use schemas::PublicEvent;
use schemas::rest::AmendTask;
use schemas::ws::ServerFrame;
use std::collections::BTreeMap;
use tests::Case;

async fn next(socket: &mut Watch) -> anyhow::Result<ServerFrame> {
    loop {
        let message = tokio::time::timeout(tests::PATIENCE, socket.next()).await??;
        if let Message::Frame(frame) = message.context("the socket ended")? {
            return Ok(frame);
        }
    }
}

async fn amend(case: &Case<'_>, id: domain::TaskId, cents: u32) -> anyhow::Result<u64> {
    // The random end of the id.
    let folio = format!("S{}", &id.to_string()[24..]);
    let fields = BTreeMap::from([
        ("folio".to_owned(), folio),
        ("fecha".to_owned(), tests::builders::today()),
        ("total".to_owned(), tests::builders::pesos(cents)),
    ]);
    let amendment = AmendTask {
        fields: Some(fields),
        ..AmendTask::default()
    };
    Ok(case.client.amend(id, &amendment).await?.sequence)
}

/// Sockets open and close at every sequence while the task goes on; together they bring what the
/// log holds.
#[test]
fn sockets_that_break_and_resume_bring_every_event_once() {
    world::run(async |case| {
        const AMENDMENTS: u32 = 40;
        let id = task(case).await?.task_id;
        let writing = async {
            let mut last = 0;
            for cents in 1..=AMENDMENTS {
                last = amend(case, id, 1_000 + cents).await?;
            }
            anyhow::Ok(last)
        };
        let reading = async {
            let mut came: Vec<PublicEvent> = Vec::new();
            while came.len() < AMENDMENTS as usize + 1 {
                let after = came.last().map_or(0, |e| e.sequence);
                let mut socket = case.client.watch(id, after, false).await?;
                // Each socket lives for a few events only.
                for _ in 0..3 {
                    match next(&mut socket).await? {
                        ServerFrame::Event(event) => came.push(event),
                        ServerFrame::CaughtUp { sequence } => {
                            assert!(came.last().is_none_or(|e| e.sequence <= sequence));
                        }
                        other => anyhow::bail!("{other:?}"),
                    }
                    if came.len() > AMENDMENTS as usize {
                        break;
                    }
                }
            }
            Ok(came)
        };
        let (last, came) = tokio::try_join!(writing, reading)?;
        let stored = case.events(id).await?;
        assert_eq!(came, stored);
        assert_eq!(stored.last().map(|e| e.sequence), Some(last));
        Ok(())
    });
}

#[test]
fn a_socket_replays_then_says_that_it_has_caught_up_then_goes_on() {
    world::run(async |case| {
        let id = task(case).await?.task_id;
        amend(case, id, 2_000).await?;
        let mut socket = case.client.watch(id, 1, false).await?;
        let ServerFrame::Event(missed) = next(&mut socket).await? else {
            anyhow::bail!("not what was missed");
        };
        assert_eq!(
            (missed.sequence, missed.event.as_str()),
            (2, "task.amended")
        );
        assert_eq!(
            next(&mut socket).await?,
            ServerFrame::CaughtUp { sequence: 2 }
        );
        let cancelled = case.client.command(id, "cancel").await?;
        let ServerFrame::Event(live) = next(&mut socket).await? else {
            anyhow::bail!("not what happened");
        };
        assert_eq!(
            (live.sequence, live.event.as_str()),
            (cancelled.sequence, "task.failed")
        );
        assert_eq!(live.data["class"], "cancelled");
        Ok(())
    });
}
