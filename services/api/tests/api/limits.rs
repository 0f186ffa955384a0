//! How often one may ask.

use crate::common::{Answer, App, Browser, Client, eventually, profile, send, task};
use crate::transport::upgrading;
use kit::config::{Config, Rate};
use reqwest::Method;

/// At one a second these can't all be in time, however slow the machine.
const MANY: usize = 60;

/// Asks many times at once, saying of the nth request what it is forwarded for.
async fn ask(client: &Client, path: &str, forwarded: impl Fn(usize) -> String) -> Vec<Answer> {
    let requests = (0..MANY).map(|n| {
        let request = client.request(Method::GET, path);
        send(request.header("x-forwarded-for", forwarded(n)))
    });
    futures::future::join_all(requests).await
}

fn refused(answers: &[Answer]) -> usize {
    let late = answers.iter().filter(|answer| answer.status == 429);
    late.inspect(|answer| {
        assert_eq!(answer.code(), "too-many-requests");
        let wait: u32 = answer.header("retry-after").parse().unwrap();
        assert!((1..=MANY as u32).contains(&wait), "{wait}");
    })
    .count()
}

async fn limited(app: &mut App, change: impl FnOnce(&mut Config)) -> (Client, Client) {
    let config = app.node(change).await;
    let base = format!("http://{}", config.api.listen);
    let token = app.stack.oidc().unwrap().token("demo").unwrap();
    (
        Client::new(base.clone(), None),
        Client::new(base, Some(token)),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_asks_too_often_waits_whatever_it_says_of_itself() {
    let mut app = App::start_without_projector().await;
    let few = |config: &mut Config| config.api.limits.address = Rate::of(1, 10);
    let (anyone, _) = limited(&mut app, few).await;
    for forwarded in [|_| "9.9.9.9".to_owned(), |n| format!("10.0.0.{n}")] {
        let answers = ask(&anyone, "/healthz", forwarded).await;
        assert!(refused(&answers) > 0, "nobody was refused");
        assert!(answers.iter().all(|a| matches!(a.status, 200 | 429)));
    }

    let behind = |config: &mut Config| {
        config.api.limits.address = Rate::of(1, 10);
        config.api.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let (anyone, _) = limited(&mut app, behind).await;
    let answers = ask(&anyone, "/healthz", |n| format!("10.0.0.{n}")).await;
    assert_eq!(refused(&answers), 0, "each comes from elsewhere");
    let answers = ask(&anyone, "/healthz", |n| format!("10.0.1.{n}, 9.9.9.9")).await;
    assert!(refused(&answers) > 0, "all come from 9.9.9.9");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_asks_too_often_waits_wherever_they_are() {
    let mut app = App::start_without_projector().await;
    let few = |config: &mut Config| {
        config.api.limits.user = Rate::of(1, 10);
        config.api.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    };
    let (anyone, demo) = limited(&mut app, few).await;
    let path = "/api/v1/auth/me";
    let answers = ask(&demo, path, |n| format!("10.0.0.{n}")).await;
    assert!(refused(&answers) > 0, "nobody was refused");
    let answers = ask(&anyone, "/healthz", |n| format!("10.0.0.{n}")).await;
    assert_eq!(refused(&answers), 0, "others are not meant");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_are_counted_more_strictly_than_the_rest() {
    let mut app = App::start_without_projector().await;
    // The defaults.
    let (anyone, demo) = limited(&mut app, |_| ()).await;
    let browser = Browser::at(anyone.base().to_owned());
    let login = |_| send(browser.bare(Method::GET, "/api/v1/auth/login"));
    let answers = futures::future::join_all((0..MANY).map(login)).await;
    assert!(refused(&answers) > 0, "nobody was refused");
    let begun = answers.iter().filter(|a| a.status == 303).count();
    assert!(begun >= 20, "{begun} could begin");
    let answers = ask(&demo, "/api/v1/auth/me", |_| String::new()).await;
    assert_eq!(refused(&answers), 0, "the rest goes on");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_so_many_sockets_and_a_closed_one_makes_room() {
    let mut app = App::start().await;
    let (_, demo) = limited(&mut app, |config| config.api.limits.sockets = 2).await;
    let profile = profile(&demo).await;
    let path = format!("/ws/{}", task(&demo, &profile, "AAA001").await);
    let open = async || {
        let request = upgrading(demo.request(Method::GET, &path));
        request.send().await.unwrap()
    };
    let (first, second) = (open().await, open().await);
    assert_eq!(
        (first.status(), second.status()),
        (101.try_into().unwrap(), 101.try_into().unwrap())
    );
    let held = (
        first.upgrade().await.unwrap(),
        second.upgrade().await.unwrap(),
    );
    let third = Answer::of(open().await).await;
    assert_eq!((third.status, third.code()), (429, "too-many-sockets"));
    assert_eq!(third.header("retry-after"), "10");
    drop(held.0);
    eventually("room for another", async || open().await.status() == 101).await;
    app.stop().await;
}
