//! A viewer who takes nothing must not outlive their session.

use crate::common::{App, Browser, profile, task};
use domain::TaskId;
use kit::live::LiveSeal;
use kit::subjects;
use reqwest::Method;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

/// A text frame (RFC 6455, section 5.2) that asks for the next picture; its mask is zero.
fn acknowledgement() -> Vec<u8> {
    let text = r#"{"type":"frame_ack","number":1}"#;
    let length = u8::try_from(text.len()).unwrap();
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_a_socket_whose_viewer_reads_nothing() {
    let app = App::start().await;
    let by_token = app.client("ana");
    let profile = profile(&by_token).await;
    let id = task(&by_token, &profile, "AAA001").await;
    let mut ana = Browser::new(&app);
    ana.sign_in("ana", "/").await;
    let request = ana
        .bare(Method::GET, &format!("/ws/{id}"))
        .header("origin", &ana.home);
    let answer = crate::transport::upgrading(request).send().await.unwrap();
    let mut socket = answer.upgrade().await.unwrap();

    // More than the machine keeps for one connection: from then on the api waits for the viewer.
    let nats = kit::nats::connect(&app.config.nats, "test").await.unwrap();
    let owner = app.worker().await.sees(&id).await.owner().unwrap();
    let task: TaskId = id.parse().unwrap();
    let subject = subjects::live_frame(task);
    let seal = LiveSeal::new(app.desk().await.vault, owner, task);
    let picture = seal.seal_frame(&vec![0; 900_000]).await.unwrap();
    for _ in 0..30 {
        nats.publish(subject.clone(), picture.clone())
            .await
            .unwrap();
        nats.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        socket.write_all(&acknowledgement()).await.unwrap();
    }
    let out = ana.page(Method::POST, "/api/v1/auth/logout");
    assert_eq!(ana.send(out).await.status, 200);
    let since = Instant::now();
    // What is sent to a closed connection is answered by a reset, which the next one meets.
    while socket.write_all(&acknowledgement()).await.is_ok() {
        assert!(
            since.elapsed() < Duration::from_secs(6),
            "it is still open: {:?}",
            since.elapsed()
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    app.stop().await;
}
